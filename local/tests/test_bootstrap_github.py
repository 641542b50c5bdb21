"""Tests of `scripts/bootstrap --github`: the model, the repository, and the first deployment."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bootstrap_machine import Machine

MODEL = "eu.anthropic.claude-sonnet-5-5"

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="the stand-in for gh needs jq")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def github(machine: Machine, *options: str) -> subprocess.CompletedProcess[str]:
    return machine.run("--github", "--yes", *options)


def changes(machine: Machine) -> list[str]:
    """The calls of gh that change something, without those that read."""
    verbs = ("--method PUT", "--method POST", "--method DELETE", "gh variable", "gh secret", "gh workflow")
    return [call for call in machine.called("gh") if any(verb in call for verb in verbs)]


def reviewers(environment: dict[str, Any]) -> list[str]:
    rules = (rule for rule in environment["protection_rules"] if rule["type"] == "required_reviewers")
    return [f"{each['type']}:{each['reviewer']['id']}" for rule in rules for each in rule["reviewers"]]


def environment(*ids: int, branches: tuple[str, ...] = ("main",), **rule: Any) -> dict[str, Any]:
    """An environment that is there before the script runs."""
    named = [{"type": "User", "reviewer": {"id": each}} for each in ids]
    review = {"type": "required_reviewers", "prevent_self_review": False, "reviewers": named} | rule
    return {
        "protection_rules": [{"type": "branch_policy"}, *([review] if ids else [])],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
        "branches": [{"id": number, "name": name, "type": "branch"} for number, name in enumerate(branches)],
        "secrets": {},
    }


def test_the_first_run_prepares_the_repository(machine: Machine) -> None:
    done = github(machine, "--model", MODEL)
    assert done.returncode == 0, done.stderr
    state = machine.on_github
    assert state["variables"] == {
        "AWS_ACCOUNT_ID": "123456789012",
        "AWS_REGION": "eu-central-1",
        "MODEL_ID": MODEL,
    }
    assert list(state["environments"]) == ["prod-approval", "dev", "prod"]
    for name, made in state["environments"].items():
        assert made["deployment_branch_policy"] == {"protected_branches": False, "custom_branch_policies": True}
        assert [(each["type"], each["name"]) for each in made["branches"]] == [("branch", "main")]
        assert reviewers(made) == (["User:11"] if name == "prod-approval" else [])
    keys = [state["environments"][name]["secrets"]["SMOKE_KEY"] for name in ("dev", "prod")]
    assert all(len(key) == 64 for key in keys)
    assert keys[0] != keys[1]
    assert state["environments"]["prod-approval"]["secrets"] == {}
    # No argument of a program has a key.
    assert not any(key in call for key in keys for call in machine.called(""))


def test_the_first_deployment_is_started_and_followed_to_the_approval(machine: Machine) -> None:
    done = github(machine, "--model", MODEL)
    assert machine.called("gh workflow") == ["gh workflow run deploy.yml --repo acme/longwire --ref main"]
    # The run is the new one.
    assert "following https://github.com/acme/longwire/actions/runs/101" in done.stdout
    assert "in_progress: build" in done.stdout
    assert "dev is deployed and has answered" in done.stdout
    assert "the run waits for an approval" in done.stdout
    assert "npx --yes wscat" in done.stdout
    assert "--name /longwire/dev/auth-token" in done.stdout


def test_a_second_run_changes_nothing(machine: Machine) -> None:
    github(machine, "--model", MODEL)
    machine.repository(answered="success")
    machine.calls.write_text("")
    done = github(machine)
    assert done.returncode == 0, done.stderr
    assert changes(machine) == []
    assert "dev has answered with everything that main deploys" in done.stdout
    assert "npx --yes wscat" in done.stdout


def test_a_second_run_changes_what_differs(machine: Machine) -> None:
    github(machine, "--model", MODEL)
    machine.repository(answered="success")
    machine.calls.write_text("")
    done = github(machine, "--model", "eu.amazon.nova-pro-v1:0")
    assert done.returncode == 0, done.stderr
    assert changes(machine) == [
        "gh variable set MODEL_ID --repo acme/longwire --body eu.amazon.nova-pro-v1:0",
        "gh workflow run deploy.yml --repo acme/longwire --ref main",
    ]


def test_a_commit_that_is_not_deployed_is_deployed(machine: Machine) -> None:
    github(machine, "--model", MODEL)
    machine.repository(answered="failure")
    machine.calls.write_text("")
    github(machine)
    assert changes(machine) == ["gh workflow run deploy.yml --repo acme/longwire --ref main"]


@pytest.mark.parametrize(
    ("status", "files", "deploys"),
    [
        ("ahead", ["terraform/bootstrap/bootstrap.auto.tfvars", "docs/deploy.md", "README.md"], False),
        ("ahead", ["docs/deploy.md", "terraform/envs/dev.tfvars"], True),
        ("diverged", [], True),
    ],
)
def test_a_commit_that_changes_the_deployment_is_deployed(
    machine: Machine, status: str, files: list[str], deploys: bool
) -> None:
    github(machine, "--model", MODEL)
    machine.repository(
        answered="success", compared={"status": status, "files": [{"filename": name} for name in files]}
    )
    machine.calls.write_text("")
    github(machine)
    assert bool(machine.called("gh workflow")) is deploys


def test_a_failed_run_fails_with_the_command_for_its_log(machine: Machine) -> None:
    machine.repository(following=[{"status": "completed", "conclusion": "failure", "jobs": []}])
    done = github(machine, "--model", MODEL)
    assert done.returncode == 1
    assert "the run ended as failure" in done.stderr
    assert "gh run view 101 --repo acme/longwire --log-failed" in done.stderr


def test_a_run_without_an_approval_is_followed_to_its_end(machine: Machine) -> None:
    machine.repository(following=[{"status": "completed", "conclusion": "success", "jobs": []}])
    done = github(machine, "--model", MODEL)
    assert done.returncode == 0, done.stderr
    assert "waits for an approval" not in done.stdout


def test_the_first_run_needs_a_model(machine: Machine) -> None:
    done = github(machine)
    assert done.returncode == 1
    assert "--model" in done.stderr
    assert not machine.called("terraform")
    assert not changes(machine)


def test_the_model_is_called_once_before_anything_changes(machine: Machine) -> None:
    machine.has("refusal", "An error occurred (AccessDeniedException) when calling the Converse operation: No.\n")
    done = github(machine, "--model", MODEL)
    assert done.returncode == 1
    (call,) = machine.called("aws bedrock-runtime")
    assert f"--model-id {MODEL}" in call
    assert '{"maxTokens":16}' in call
    assert "--cli-read-timeout 60" in call
    assert not machine.called("terraform")
    assert not changes(machine)


CATALOG = "https://eu-central-1.console.aws.amazon.com/bedrock/home?region=eu-central-1#/model-catalog"
ERROR = "An error occurred ({}) when calling the Converse operation: {}\n"


@pytest.mark.parametrize(
    ("kind", "message", "page"),
    [
        (
            "ResourceNotFoundException",
            "Model use case details have not been submitted for this account.",
            f"{CATALOG}/serverless/anthropic.claude-sonnet-5-5",
        ),
        (
            "AccessDeniedException",
            "You don't have access to the model with the specified model ID.",
            f"{CATALOG}/serverless/anthropic.claude-sonnet-5-5",
        ),
        (
            "AccessDeniedException",
            "Model access is denied due to IAM user or service role is not authorized to perform the required AWS "
            "Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe).",
            f"{CATALOG}/serverless/anthropic.claude-sonnet-5-5",
        ),
        (
            "AccessDeniedException",
            "Model access is denied due to INVALID_PAYMENT_INSTRUMENT:A valid payment instrument is needed.",
            "https://console.aws.amazon.com/billing/home#/paymentmethods",
        ),
        (
            "AccessDeniedException",
            "User: x is not authorized to perform: y with an explicit deny in a service control policy",
            "https://console.aws.amazon.com/organizations/v2/home/policies/service-control-policy",
        ),
        (
            "ValidationException",
            "Invocation of model ID x with on-demand throughput isn\u2019t supported. Retry your request with the "
            "ID or ARN of an inference profile that contains this model.",
            "https://eu-central-1.console.aws.amazon.com/bedrock/home?region=eu-central-1#/inference-profiles",
        ),
        ("ValidationException", "The provided model identifier is invalid.", CATALOG),
        ("ResourceNotFoundException", "This model version has reached the end of its life.", CATALOG),
    ],
)
def test_a_refused_model_names_the_page_to_open(machine: Machine, kind: str, message: str, page: str) -> None:
    machine.has("refusal", ERROR.format(kind, message))
    done = github(machine, "--model", MODEL)
    assert done.returncode == 1
    assert page in done.stderr


def test_a_model_without_on_demand_throughput_names_its_profiles(machine: Machine) -> None:
    machine.has("refusal", ERROR.format("ValidationException", "on-demand throughput isn\u2019t supported"))
    done = github(machine, "--model", "anthropic.claude-sonnet-5-5")
    assert "Those of eu-central-1 are: eu.anthropic.claude-sonnet-5-5." in done.stderr


def test_a_throttled_call_is_no_refusal(machine: Machine) -> None:
    machine.has("refusal", ERROR.format("ThrottlingException", "Too many tokens per day."))
    done = github(machine, "--model", MODEL)
    assert done.returncode == 0, done.stderr
    assert "warning" in done.stderr


def test_named_reviewers_approve_prod(machine: Machine) -> None:
    github(machine, "--model", MODEL, "--reviewer", "ann", "--reviewer", "me")
    assert reviewers(machine.on_github["environments"]["prod-approval"]) == ["User:12", "User:11"]


def test_an_unknown_reviewer_is_refused(machine: Machine) -> None:
    done = github(machine, "--model", MODEL, "--reviewer", "nobody")
    assert done.returncode == 1
    assert "no user nobody" in done.stderr


def test_chosen_reviewers_stay(machine: Machine) -> None:
    machine.repository(environments={"prod-approval": environment(77, prevent_self_review=True)})
    github(machine, "--model", MODEL)
    assert machine.on_github["environments"]["prod-approval"] == environment(77, prevent_self_review=True)


def test_a_change_of_reviewers_keeps_the_other_rules(machine: Machine) -> None:
    gate = environment(77, prevent_self_review=True)
    gate["protection_rules"].append({"type": "wait_timer", "wait_timer": 30})
    machine.repository(environments={"prod-approval": gate})
    github(machine, "--model", MODEL, "--reviewer", "ann")
    changed = machine.on_github["environments"]["prod-approval"]
    assert reviewers(changed) == ["User:12"]
    assert {"type": "wait_timer", "wait_timer": 30} in changed["protection_rules"]
    assert any(rule.get("prevent_self_review") for rule in changed["protection_rules"])


def test_reviewers_of_prod_move_to_the_gate(machine: Machine) -> None:
    machine.repository(environments={"prod": environment(77)})
    github(machine, "--model", MODEL)
    made = machine.on_github["environments"]
    assert reviewers(made["prod-approval"]) == ["User:77"]
    assert reviewers(made["prod"]) == []
    # The gate is there before prod is without reviewers.
    puts = [call for call in changes(machine) if "--method PUT" in call]
    assert [call.split("/environments/")[1].split()[0] for call in puts] == ["prod-approval", "dev", "prod"]


def test_environments_are_limited_to_main(machine: Machine) -> None:
    machine.repository(environments={"dev": environment(branches=("release/*", "main", "*"))})
    github(machine, "--model", MODEL)
    assert [each["name"] for each in machine.on_github["environments"]["dev"]["branches"]] == ["main"]


def test_a_key_that_is_there_stays(machine: Machine) -> None:
    machine.repository(environments={"dev": environment() | {"secrets": {"SMOKE_KEY": "k"}}})
    github(machine, "--model", MODEL)
    assert machine.on_github["environments"]["dev"]["secrets"] == {"SMOKE_KEY": "k"}


def test_disabled_workflows_are_turned_on(machine: Machine) -> None:
    workflow = {"id": 5, "path": ".github/workflows/deploy.yml"}
    machine.repository(enabled=False, workflows=[workflow | {"state": "disabled_fork"}])
    github(machine, "--model", MODEL)
    assert machine.on_github["enabled"] is True
    assert machine.on_github["workflows"] == [workflow | {"state": "active"}]


def test_a_plan_without_reviewers_is_explained(machine: Machine) -> None:
    machine.repository(plan="team")
    done = github(machine, "--model", MODEL)
    assert done.returncode == 1
    assert "no required reviewers" in done.stderr
    assert "--unprotected" in done.stderr
    assert not machine.called("gh workflow")


def test_unprotected_goes_on_without_reviewers(machine: Machine) -> None:
    machine.repository(plan="team")
    done = github(machine, "--model", MODEL, "--unprotected")
    assert done.returncode == 0, done.stderr
    assert "prod is deployed as soon as dev has passed its check" in done.stderr
    made = machine.on_github["environments"]
    assert {name: [each["name"] for each in one["branches"]] for name, one in made.items()} == {
        "prod-approval": ["main"],
        "dev": ["main"],
        "prod": ["main"],
    }
    assert reviewers(made["prod-approval"]) == []


def test_unprotected_goes_on_without_environments(machine: Machine) -> None:
    machine.repository(plan="free")
    refused = github(machine, "--model", MODEL)
    assert refused.returncode == 1
    assert "no environments for private repositories" in refused.stderr
    done = github(machine, "--model", MODEL, "--unprotected")
    assert done.returncode == 0, done.stderr
    state = machine.on_github
    assert state["environments"] == {}
    # One key of the repository, which jobs of all environments get.
    assert len(state["secrets"]["SMOKE_KEY"]) == 64
    assert done.stderr.count("warning") == 1


def test_a_public_repository_is_warned_about(machine: Machine) -> None:
    public = machine.on_github["repository"] | {"visibility": "public"}
    machine.repository(repository=public, plan="free")
    done = github(machine, "--model", MODEL)
    assert done.returncode == 0, done.stderr
    assert "is public" in done.stderr


def test_only_an_administrator_of_the_repository_goes_on(machine: Machine) -> None:
    other = machine.on_github["repository"] | {"permissions": {"admin": False}}
    machine.repository(repository=other)
    done = github(machine, "--model", MODEL)
    assert done.returncode == 1
    assert "administrator" in done.stderr
    assert not machine.called("terraform")


@pytest.mark.parametrize(
    ("call", "purpose"),
    [
        ("variable set MODEL_ID", "set the variable MODEL_ID"),
        ("api repos/acme/longwire/actions/permissions", "answer 'gh api repos/acme/longwire/actions/permissions'"),
        ("--method PUT repos/acme/longwire/environments/dev", "protect the environment dev"),
        ("--method POST repos/acme/longwire/environments/dev", "limit dev to main"),
        ("secret set SMOKE_KEY", "set the secret SMOKE_KEY"),
        ("workflow run", "start the workflow deploy"),
    ],
)
def test_a_failure_of_gh_says_what_was_not_done(machine: Machine, call: str, purpose: str) -> None:
    machine.repository(forbidden=[call])
    done = github(machine, "--model", MODEL)
    assert done.returncode == 1
    assert f"GitHub would not {purpose}" in done.stderr
    assert "HTTP 403" in done.stderr
    assert "gh auth" in done.stderr


def test_a_run_after_a_failure_goes_on(machine: Machine) -> None:
    machine.repository(forbidden=["secret set"])
    github(machine, "--model", MODEL)
    machine.repository(forbidden=[])
    done = github(machine)
    assert done.returncode == 0, done.stderr
    assert machine.on_github["environments"]["dev"]["secrets"]


def test_environments_of_the_options_are_made(machine: Machine) -> None:
    github(machine, "--model", MODEL, "-var", 'environments=["dev","test","prod"]')
    assert sorted(machine.on_github["environments"]) == ["dev", "prod", "prod-approval", "test"]


def test_without_a_shared_token_the_command_has_none(machine: Machine) -> None:
    (machine.account / "token").unlink()
    done = github(machine, "--model", MODEL)
    assert "auth-token" not in done.stdout
    assert "identity provider" in done.stdout


def test_with_a_domain_the_command_names_it(machine: Machine) -> None:
    machine.has("domain")
    done = github(machine, "--model", MODEL)
    assert 'wscat -c "wss://DOMAIN"' in done.stdout
    assert "apigatewayv2" not in done.stdout
