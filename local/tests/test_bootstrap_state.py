"""Plans `terraform/bootstrap` for a recorded state of an earlier checkout, as its next run does."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from longwire_local.checkout import Checkout
from longwire_local.infra import account_endpoint
from longwire_local.terraform import TerraformUnavailable, copied, provider

ROOT = Path(__file__).parents[2]
FOLDER = "terraform/bootstrap"
# When there was one apply role for all environments. The account is invented.
BEFORE = ROOT / FOLDER / "tests" / "states" / "one_apply_role.tfstate.gz"
VARIABLES = {
    "account_id": "123456789012",
    "region": "eu-central-1",
    "subject": "repo:acme@11/longwire@22",
    "repository_id": "22",
}
MODULE = "module.github_oidc."
# The only role that is replaced, with what it had.
REPLACED = {
    f"{MODULE}aws_iam_role.apply",
    *(f'{MODULE}aws_iam_role_policy.apply["{name}"]' for name in ("roles", "state")),
    *(f'{MODULE}aws_iam_role_policy_attachment.apply["{name}"]' for name in ("identity", "read", "write")),
    *(f'{MODULE}aws_iam_policy.ci["{name}"]' for name in ("identity", "write")),
}


def planned() -> list[dict[str, Any]]:
    checkout = Checkout(ROOT)
    try:
        source = provider(checkout)
    except TerraformUnavailable as why:
        pytest.skip(str(why))
    with account_endpoint(checkout, source) as endpoint, copied(checkout, source, endpoint) as copy:
        root = copy.folder / FOLDER
        copy.init(FOLDER)
        (root / "terraform.tfstate").write_bytes(gzip.decompress(BEFORE.read_bytes()))
        (root / "before.tfvars.json").write_text(json.dumps(VARIABLES))
        options = ("-refresh=false", "-no-color", "-var-file=before.tfvars.json", "-out=before.plan")
        copy.terraform(FOLDER, "plan", *options, capture=True)
        shown = copy.terraform(FOLDER, "show", "-json", "before.plan", capture=True)
    changes: list[dict[str, Any]] = json.loads(shown)["resource_changes"]
    return changes


def test_only_the_apply_role_of_an_earlier_bootstrap_is_replaced() -> None:
    changes = planned()
    assert {each["address"] for each in changes if "delete" in each["change"]["actions"]} == REPLACED
    kept = {each["address"] for each in changes if each["change"]["actions"] in (["no-op"], ["update"])}
    assert {
        "aws_s3_bucket.state",
        f"{MODULE}aws_iam_openid_connect_provider.github[0]",
        f"{MODULE}aws_iam_policy.boundary",
        f'{MODULE}aws_iam_policy.ci["read"]',
        f"{MODULE}aws_iam_role.plan",
    } <= kept
