"""Compares names in GitHub's workflows with names in Terraform, which have no other connection."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "longwire"
# Expressions in a workflow, in Terraform and in a shell.
EXPRESSION = re.compile(r"\$\{\{.+?\}\}|\$\{[\w.]+\}|\$\w+")


def text(*patterns: str) -> str:
    return "\n".join(path.read_text() for pattern in patterns for path in sorted(ROOT.glob(pattern)))


def names(text: str, kind: str) -> set[str]:
    """The project's names of one kind, with `*` for each expression: `longwire-state-*-*`."""
    return set(re.findall(rf"\b{PROJECT}-{kind}[\w*-]*", EXPRESSION.sub("*", text)))


WORKFLOWS = text(".github/**/*.yml")
TERRAFORM = text("terraform/bootstrap/*.tf", "terraform/modules/github_oidc/*.tf").replace(
    "${var.project}", PROJECT
)
ENVIRONMENTS = {path.stem for path in (ROOT / "terraform" / "envs").glob("*.tfvars")}


def test_workflows_and_terraform_use_one_name_for_the_states_bucket() -> None:
    assert names(WORKFLOWS, "state") == names(TERRAFORM, "state") == {f"{PROJECT}-state-*-*"}


def test_workflows_and_terraform_use_one_name_for_the_boundary() -> None:
    assert names(WORKFLOWS, "boundary") == names(TERRAFORM, "boundary") == {f"{PROJECT}-boundary"}


def test_terraform_creates_each_role_that_a_job_assumes() -> None:
    assert names(WORKFLOWS, "ci") == {f"{PROJECT}-ci-*"}
    assumed = {f"{PROJECT}-ci-{role}" for role in re.findall(r"^ +role: (\w+)$", WORKFLOWS, re.M)}
    created = set(re.findall(r'^resource "aws_iam_role" "\w+" \{\n  name +=\s"(.+)"$', TERRAFORM, re.M))
    assert assumed == created


def test_workflows_list_every_environment() -> None:
    lists = re.findall(r"(?:environment|options): \[(.+)\]", WORKFLOWS)
    assert len(lists) == 4  # plans, drift, rollback, destroy
    assert all(set(each.split(", ")) == ENVIRONMENTS for each in lists)
    assert set(re.findall(r"environment:\n +name: (\w+)$", WORKFLOWS, re.M)) == ENVIRONMENTS


def test_terraform_trusts_every_environment() -> None:
    (trusted,) = re.findall(r'variable "environments" \{[^}]*?default +=\s\[(.*?)\]', TERRAFORM, re.S)
    assert set(re.findall(r'"(\w+)"', trusted)) == ENVIRONMENTS
