import json
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from longwire_local.profiles import bedrock

ARN = "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.amazon.nova-lite-v1:0"


@pytest.mark.parametrize("identifier", ["us.amazon.nova-lite-v1:0", ARN])
def test_a_profile_is_found_by_id_and_arn(identifier: str) -> None:
    with bedrock() as variables:
        url = variables["AWS_ENDPOINT_URL_BEDROCK"]
        with urlopen(f"{url}/inference-profiles/{quote(identifier, safe='')}", timeout=5) as response:
            found = json.load(response)
    assert found["inferenceProfileArn"] == ARN
    assert found["models"] == [{"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"}]


def test_another_operation_is_refused() -> None:
    with bedrock() as variables, pytest.raises(HTTPError, match="404"):
        urlopen(f"{variables['AWS_ENDPOINT_URL_BEDROCK']}/foundation-models", timeout=5)
