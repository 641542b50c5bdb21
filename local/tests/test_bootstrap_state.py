"""Plans `terraform/bootstrap` for a recorded state of an earlier checkout, as its next run does."""

from pathlib import Path

from plans import changes, initialised, restore

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


def test_only_the_apply_role_of_an_earlier_bootstrap_is_replaced() -> None:
    with initialised(FOLDER) as copy:
        restore(copy, FOLDER, BEFORE)
        changed = changes(copy, FOLDER, VARIABLES)
    assert {each["address"] for each in changed if "delete" in each["change"]["actions"]} == REPLACED
    kept = {each["address"] for each in changed if each["change"]["actions"] in (["no-op"], ["update"])}
    assert {
        "aws_s3_bucket.state",
        f"{MODULE}aws_iam_openid_connect_provider.github[0]",
        f"{MODULE}aws_iam_policy.boundary",
        f'{MODULE}aws_iam_policy.ci["read"]',
        f"{MODULE}aws_iam_role.plan",
    } <= kept
