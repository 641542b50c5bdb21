"""Compares the permissions boundary, which scripts/bootstrap creates, with the permissions of the functions."""

import re
from pathlib import Path

from longwire_local.facts import STAGE

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"
ACTION = re.compile(r'"((?:[a-z0-9-]+):[A-Z][A-Za-z]+)"')
# Sources with permissions of functions. The roles of GitHub's jobs are elsewhere.
PERMISSIONS = ("modules/longwire/*.tf", "modules/function/*.tf", "modules/model_access/*.tf")
# Strings in these sources that are no permission of a function: denied actions, actions of other principals, keys
# of conditions.
OTHER_ACTIONS = {
    "aws:PrincipalArn",
    "bedrock:CallWithBearerToken",
    "bedrock:InferenceProfileArn",
    "kms:ViaService",
    "lambda:InvokeFunction",
    "lambda:SourceFunctionArn",
    "sts:AssumeRole",
}


def actions(*patterns: str) -> set[str]:
    files = (file for pattern in patterns for file in TERRAFORM.glob(pattern))
    found = {action for file in files for action in ACTION.findall(file.read_text())}
    return found - OTHER_ACTIONS


def test_the_boundary_allows_exactly_the_permissions_of_the_functions() -> None:
    assert actions("modules/github_oidc/boundary.tf") == actions(*PERMISSIONS)


def test_the_boundary_and_the_apis_have_one_stage() -> None:
    for module in ("bootstrap", "modules/longwire"):
        (body,) = re.findall(
            r'^variable "stage" \{\n(.*?)^\}', (TERRAFORM / module / "variables.tf").read_text(), re.M | re.S
        )
        assert re.findall(r'^  default +=\s"(.+)"$', body, re.M) == [STAGE]
