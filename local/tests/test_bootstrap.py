"""Tests of scripts/bootstrap: the account, and the options that it remembers.

test_bootstrap_github.py has the repository.
"""

import re
import subprocess
from pathlib import Path

import pytest
from bootstrap_machine import ROOT, Machine

from longwire_local.module_readme import blocks


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_run_applies_and_moves_the_state(machine: Machine) -> None:
    done = machine.run(answer="yes\n")
    assert done.returncode == 0, done.stderr
    assert machine.verbs() == ["init", "plan", "apply", "init"]
    moved = machine.called("terraform init")[-1]
    assert "-backend-config=bucket=longwire-state-123456789012-eu-central-1" in moved
    assert "-backend-config=key=bootstrap/terraform.tfstate" in moved
    assert "-backend-config=use_lockfile=true" in moved
    assert not (machine.checkout / "terraform/bootstrap/terraform.tfstate").exists()
    assert "./scripts/bootstrap --github --model" in done.stdout
    assert not machine.called("aws bedrock-runtime")


def test_only_the_answer_yes_applies(machine: Machine) -> None:
    done = machine.run(answer="y\n")
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert not machine.called("terraform apply")


def test_a_second_run_uses_the_moved_state_and_changes_nothing(machine: Machine) -> None:
    machine.run("--yes")
    machine.calls.write_text("")
    done = machine.run("--yes")
    assert done.returncode == 0, done.stderr
    assert machine.verbs() == ["init", "plan"]
    assert "-backend-config=bucket=" in machine.called("terraform init")[0]


def test_an_existing_oidc_provider_is_used(machine: Machine) -> None:
    arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    machine.has("provider", arn + "\n")
    machine.run("--yes")
    assert f"-var=github_provider_arn={arn}" in machine.called("terraform plan")[0]


def test_a_provider_in_the_state_stays_managed(machine: Machine) -> None:
    machine.run("--yes")
    machine.has("provider", "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com\n")
    machine.calls.write_text("")
    machine.run("--yes")
    assert "github_provider_arn" not in machine.called("terraform plan")[0]


def test_the_subject_prefix_comes_from_github(machine: Machine) -> None:
    machine.run("--yes")
    assert "-var subject=repo:acme@1/longwire@2" in machine.called("terraform plan")[0]


def test_without_a_prefix_the_subject_is_the_repository(machine: Machine) -> None:
    machine.repository(subject={"use_default": True})
    machine.run("--yes")
    assert "-var subject=repo:acme/longwire" in machine.called("terraform plan")[0]


def test_a_customised_subject_is_refused(machine: Machine) -> None:
    machine.repository(subject={"use_default": False, "include_claim_keys": ["repo"]})
    done = machine.run("--yes")
    assert done.returncode == 1
    assert "customised" in done.stderr
    assert not machine.called("terraform")


def test_the_number_of_the_repository_comes_from_github(machine: Machine) -> None:
    machine.run("--yes")
    assert "-var repository_id=22" in machine.called("terraform plan")[0]


def test_without_gh_subject_and_number_can_be_passed(machine: Machine) -> None:
    (machine.bin / "gh").unlink()
    refused = machine.run("--yes")
    assert refused.returncode == 1
    assert "--subject" in refused.stderr
    refused = machine.run("--yes", "--subject", "repo:acme@1/longwire@2")
    assert refused.returncode == 1
    assert "--repository-id" in refused.stderr
    done = machine.run("--yes", "--subject", "repo:acme@1/longwire@2", "--repository-id", "22")
    assert done.returncode == 0, done.stderr
    # A later run remembers them.
    assert machine.run("--yes").returncode == 0
    assert "-var repository_id=22" in machine.called("terraform plan")[-1]


def test_a_number_with_other_characters_is_refused(machine: Machine) -> None:
    done = machine.run("--yes", "--repository-id", "22*")
    assert done.returncode == 1
    assert "not a number" in done.stderr
    assert not machine.called("terraform")


def test_without_credentials_nothing_is_planned(machine: Machine) -> None:
    (machine.account / "login").unlink()
    done = machine.run("--yes")
    assert done.returncode == 1
    assert "log in" in done.stderr
    assert not machine.called("terraform")


def test_a_bucket_without_a_state_is_not_taken_over(machine: Machine) -> None:
    machine.has("bucket")
    done = machine.run("--yes")
    assert done.returncode == 1
    assert "holds no bootstrap state" in done.stderr
    assert not machine.called("terraform plan")


def test_an_interrupted_run_is_continued(machine: Machine) -> None:
    machine.has("bucket")
    machine.has("ready")
    (machine.checkout / "terraform/bootstrap/terraform.tfstate").write_text("state")
    done = machine.run("--yes")
    assert done.returncode == 0, done.stderr
    assert not machine.called("terraform apply")
    assert "-migrate-state" in machine.called("terraform init")[-1]


def test_a_missing_tool_is_named(machine: Machine) -> None:
    (machine.bin / "terraform").unlink()
    done = machine.run("--yes")
    assert done.returncode == 1
    assert "terraform was not found" in done.stderr


def test_the_bucket_is_named_after_the_project(machine: Machine) -> None:
    machine.run("--yes", "-var", "project=acme")
    assert "-var project=acme" in machine.called("terraform plan")[0]
    assert "-backend-config=bucket=acme-state-123456789012-eu-central-1" in machine.called("terraform init")[-1]


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/longwire",
        "https://github.com/acme/longwire.git",
        "git@github.com:acme/longwire.git",
        "ssh://git@github.com/acme/longwire.git",
    ],
)
def test_the_repository_is_read_from_the_git_remote(machine: Machine, url: str) -> None:
    for arguments in (["init", "--quiet"], ["remote", "add", "origin", url]):
        subprocess.run(["git", "-C", str(machine.checkout), *arguments], check=True)
    done = machine.start("--yes")
    assert done.returncode == 0, done.stderr
    assert "repository  acme/longwire," in done.stdout


def test_a_remote_outside_github_requires_the_repository_option(machine: Machine) -> None:
    for arguments in (["init", "--quiet"], ["remote", "add", "origin", "https://example.com/acme/longwire"]):
        subprocess.run(["git", "-C", str(machine.checkout), *arguments], check=True)
    done = machine.start("--yes")
    assert done.returncode == 1
    assert "--repository" in done.stderr


def test_options_are_remembered(machine: Machine) -> None:
    machine.run(
        "--yes", "--region", "eu-west-1", "-var", 'domain_names={prod=["chat.example.com"]}', "-var=vpc=true"
    )
    assert machine.memory.read_text().splitlines()[1:] == [
        'domain_names = {prod=["chat.example.com"]}',
        "vpc = true",
        'account_id = "123456789012"',
        'region = "eu-west-1"',
        'subject = "repo:acme@1/longwire@2"',
        'repository_id = "22"',
    ]
    machine.calls.write_text("")
    done = machine.run("--yes")
    assert done.returncode == 0, done.stderr
    # Terraform reads the file by itself.
    (plan,) = machine.called("terraform plan")
    assert "-var region=eu-west-1" in plan
    assert "domain_names" not in plan


def test_an_option_replaces_the_remembered_one(machine: Machine) -> None:
    machine.run("--yes", "-var", "project=acme", "-var", 'kms_key_arns=["one"]')
    former = machine.memory.read_text()
    machine.run("--yes")
    assert machine.memory.read_text() == former
    machine.calls.write_text("")
    machine.run("--yes", "-var", 'kms_key_arns=["two"]')
    assert machine.memory.read_text() == former.replace('kms_key_arns = ["one"]\n', "").replace(
        'account_id = "', 'kms_key_arns = ["two"]\naccount_id = "'
    )
    # The name of the project is remembered, too.
    assert "-backend-config=bucket=acme-state-123456789012-eu-central-1" in machine.called("terraform init")[-1]


def test_a_text_is_written_as_a_literal(machine: Machine) -> None:
    machine.run("--yes", "-var", r'branch=a"b\c${d}%{e}')
    assert r'branch = "a\"b\\c$${d}%%{e}"' in machine.memory.read_text()


def test_nothing_is_remembered_before_it_is_applied(machine: Machine) -> None:
    machine.run("-var", "project=acme", answer="no\n")
    assert not machine.memory.exists()


def test_a_value_of_several_lines_is_left_to_its_author(machine: Machine) -> None:
    machine.memory.write_text('domain_names = {\n  prod = ["chat.example.com"]\n}\n')
    done = machine.run("--yes", "-var", 'domain_names={prod=["example.com"]}')
    assert done.returncode == 1
    assert "domain_names has several lines" in done.stderr
    assert machine.memory.read_text() == 'domain_names = {\n  prod = ["chat.example.com"]\n}\n'
    assert [file.name for file in machine.memory.parent.glob("*.auto.tfvars*")] == ["bootstrap.auto.tfvars"]


def test_a_value_of_several_lines_is_refused(machine: Machine) -> None:
    done = machine.run("--yes", "-var", 'environments=["dev",\n"prod"]')
    assert done.returncode == 1
    assert "-var environments: write the value on one line" in done.stderr


def test_credentials_of_another_account_are_refused(machine: Machine) -> None:
    machine.memory.write_text('account_id = "999999999999"\n')
    done = machine.run("--yes")
    assert done.returncode == 1
    assert "written for 999999999999" in done.stderr
    assert not machine.called("terraform")


def test_a_repository_commits_what_is_remembered(machine: Machine) -> None:
    subprocess.run(["git", "-C", str(machine.checkout), "init", "--quiet"], check=True)
    done = machine.run("--yes")
    assert "git add terraform/bootstrap/bootstrap.auto.tfvars && git commit" in done.stdout
    for arguments in (
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "All"],
    ):
        subprocess.run(["git", "-C", str(machine.checkout), *arguments], check=True)
    assert "git add" not in machine.run("--yes").stdout


@pytest.mark.parametrize(("limit", "warned"), [("1000", False), ("38", False), ("37", True), ("10", True)])
def test_a_low_limit_of_lambda_is_reported(machine: Machine, limit: str, warned: bool) -> None:
    envs = machine.checkout / "terraform" / "envs"
    envs.mkdir()
    (envs / "prod.tfvars").write_text("worker_concurrency  = 20\n")
    machine.has("limit", f"{limit}\n")
    done = machine.run("--yes")
    assert done.returncode == 0, done.stderr
    assert f"{limit} functions at once" in done.stdout
    assert "dev 10 (worker_concurrency 2), prod 28 (worker_concurrency 20)" in done.stdout
    assert ("request-service-quota-increase" in done.stdout) is warned


def test_the_script_counts_as_the_plan_does() -> None:
    script = (ROOT / "scripts" / "lib-account.sh").read_text()
    product = ROOT / "terraform" / "modules" / "longwire"
    variables = blocks("variable", (product / "variables.tf").read_text())
    (each,) = re.findall(r"^EACH_QUEUE=(\d+)$", script, re.M)
    for queue in ("worker", "replay", "push"):
        assert re.findall(r"^  default += (\d+)$", variables[f"{queue}_concurrency"], re.M) == [each]
    (others,) = re.findall(r"^ALL_ELSE=(\d+)$", script, re.M)
    assert re.findall(r"^  other_executions += (\d+)$", (product / "concurrency.tf").read_text(), re.M) == [others]


def test_a_new_account_runs_two_workers(machine: Machine) -> None:
    machine.has("limit", "10\n")
    assert "a worker_concurrency of 2 in dev, 2 in prod" in machine.run("--yes").stdout


def test_an_unknown_limit_stops_nothing(machine: Machine) -> None:
    (machine.account / "limit").unlink()
    done = machine.run("--yes")
    assert done.returncode == 0, done.stderr
    assert "AccessDenied" in done.stderr
