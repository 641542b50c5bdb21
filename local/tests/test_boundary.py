"""The permissions boundary, which scripts/bootstrap makes, against the rights that the functions get."""

import re
from pathlib import Path

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"
ACTION = re.compile(r'"((?:[a-z0-9-]+):[A-Z][A-Za-z]+)"')
# Where functions get rights from. The roles of GitHub's jobs are no functions.
RIGHTS = ("*.tf", "modules/function/*.tf", "modules/model_access/*.tf")
# What is denied, what others do to a function, and a condition's key.
NO_RIGHTS = {
    "bedrock:CallWithBearerToken",
    "bedrock:InferenceProfileArn",
    "lambda:InvokeFunction",
    "sts:AssumeRole",
}


def actions(*patterns: str) -> set[str]:
    files = (file for pattern in patterns for file in TERRAFORM.glob(pattern))
    return {action for file in files for action in ACTION.findall(file.read_text())}


def test_the_boundary_holds_what_functions_may_and_nothing_else() -> None:
    assert actions("modules/github_oidc/boundary.tf") == actions(*RIGHTS) - NO_RIGHTS
