"""What the workflows call things against what Terraform calls them: they find each other by names only."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "longwire"
# How a workflow, Terraform and a shell write what is not known yet.
UNKNOWN = re.compile(r"\$\{\{.+?\}\}|\$\{[\w.]+\}|\$\w+")


def text(*patterns: str) -> str:
    return "\n".join(path.read_text() for pattern in patterns for path in sorted(ROOT.glob(pattern)))


def names(text: str, kind: str) -> set[str]:
    """The project's names of one kind, with `*` for what is not known: `longwire-state-*-*`."""
    return set(re.findall(rf"\b{PROJECT}-{kind}[\w*-]*", UNKNOWN.sub("*", text)))


WORKFLOWS = text(".github/**/*.yml")
TERRAFORM = text("terraform/bootstrap/*.tf", "terraform/modules/github_oidc/*.tf").replace(
    "${var.project}", PROJECT
)
ENVIRONMENTS = {path.stem for path in (ROOT / "terraform" / "envs").glob("*.tfvars")}


def test_the_states_bucket_has_one_name() -> None:
    assert names(WORKFLOWS, "state") == names(TERRAFORM, "state") == {f"{PROJECT}-state-*-*"}


def test_the_boundary_has_one_name() -> None:
    assert names(WORKFLOWS, "boundary") == names(TERRAFORM, "boundary") == {f"{PROJECT}-boundary"}


def test_each_role_that_a_job_takes_is_made() -> None:
    assert names(WORKFLOWS, "ci") == {f"{PROJECT}-ci-*"}
    taken = {f"{PROJECT}-ci-{role}" for role in re.findall(r"^ +role: (\w+)$", WORKFLOWS, re.M)}
    made = set(re.findall(r'^resource "aws_iam_role" "\w+" \{\n  name +=\s"(.+)"$', TERRAFORM, re.M))
    assert taken == made


def test_every_workflow_knows_the_environments() -> None:
    lists = re.findall(r"(?:environment|options): \[(.+)\]", WORKFLOWS)
    assert len(lists) == 4  # plans, drift, rollback, destroy
    assert all(set(each.split(", ")) == ENVIRONMENTS for each in lists)
    assert set(re.findall(r"environment:\n +name: (\w+)$", WORKFLOWS, re.M)) == ENVIRONMENTS


def test_the_trusted_environments_are_those_that_there_are() -> None:
    (trusted,) = re.findall(r'variable "environments" \{[^}]*?default +=\s\[(.*?)\]', TERRAFORM, re.S)
    assert set(re.findall(r'"(\w+)"', trusted)) == ENVIRONMENTS
