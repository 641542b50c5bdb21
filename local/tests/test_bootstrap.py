"""Tests of scripts/bootstrap with stand-ins for terraform, the AWS CLI and gh."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Programs of this machine on the PATH of the script and the stand-ins; there are no others.
SYSTEM = ("bash", "cat", "dirname", "env", "git", "grep", "mktemp", "mv", "rm", "touch")

# Stand-ins. Those for terraform and aws append their calls to $CALLS. Each file in the folder $ACCOUNT is a
# resource of the account.
TERRAFORM = """#!/usr/bin/env bash
shift # -chdir
echo "terraform $*" >>"$CALLS"
here="$CHECKOUT/terraform/bootstrap"
case "$1" in
  plan) [ -e "$ACCOUNT/ready" ] || exit 2 ;;
  apply) touch "$ACCOUNT/ready" "$ACCOUNT/bucket"; echo state >"$here/terraform.tfstate" ;;
  init) [[ "$*" != *-migrate-state* ]] || mv "$here/terraform.tfstate" "$ACCOUNT/state" ;;
  state) [ ! -e "$ACCOUNT/ready" ] || echo "module.github_oidc.aws_iam_openid_connect_provider.github[0]" ;;
esac
"""
AWS = """#!/usr/bin/env bash
echo "aws $1 $2" >>"$CALLS"
case "$2" in
  get-caller-identity) [ -e "$ACCOUNT/login" ] && echo 123456789012 ;;
  head-object) [ -e "$ACCOUNT/state" ] ;;
  head-bucket) [ -e "$ACCOUNT/bucket" ] ;;
  list-open-id-connect-providers) cat "$ACCOUNT/provider" 2>/dev/null || echo None ;;
  get-account) echo None ;;
esac
"""
GH = """#!/usr/bin/env bash
cat "$ACCOUNT/subject"
"""


class Machine:
    """A copy of the scripts, an account, and a PATH with the stand-ins."""

    def __init__(self, home: Path) -> None:
        self.checkout, self.account, self.calls = home / "checkout", home / "account", home / "calls"
        shutil.copytree(ROOT / "scripts", self.checkout / "scripts")
        (self.checkout / "terraform" / "bootstrap").mkdir(parents=True)
        self.account.mkdir()
        self.calls.touch()
        self.bin = home / "bin"
        self.bin.mkdir()
        for name, text in (("terraform", TERRAFORM), ("aws", AWS), ("gh", GH)):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)
        for name in SYSTEM:
            (self.bin / name).symlink_to(shutil.which(name) or name)
        self.has("login")
        self.has("subject", "true repo:acme@1/longwire@2\n")

    def has(self, thing: str, text: str = "") -> None:
        (self.account / thing).write_text(text)

    def run(self, *options: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        return self.start("--repository", "acme/longwire", *options, answer=answer)

    def start(self, *options: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": str(self.bin),
            "CALLS": str(self.calls),
            "ACCOUNT": str(self.account),
            "CHECKOUT": str(self.checkout),
            "AWS_REGION": "eu-central-1",
        }
        command = [str(self.checkout / "scripts" / "bootstrap"), *options]
        return subprocess.run(command, env=environment, input=answer, capture_output=True, text=True, check=False)

    def verbs(self) -> list[str]:
        """The commands of terraform that were run, in order, without `state list`."""
        return [call.split()[1] for call in self.called("terraform") if "state list" not in call]

    def called(self, beginning: str) -> list[str]:
        return [call for call in self.calls.read_text().splitlines() if call.startswith(beginning)]


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
    assert "gh variable set AWS_ACCOUNT_ID --repo acme/longwire --body 123456789012" in done.stdout


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
    machine.has("subject", "true \n")
    machine.run("--yes")
    assert "-var subject=repo:acme/longwire" in machine.called("terraform plan")[0]


def test_a_customised_subject_is_refused(machine: Machine) -> None:
    machine.has("subject", "false \n")
    done = machine.run("--yes")
    assert done.returncode == 1
    assert "customised" in done.stderr
    assert not machine.called("terraform")


def test_without_gh_the_subject_can_be_passed(machine: Machine) -> None:
    (machine.bin / "gh").unlink()
    refused = machine.run("--yes")
    assert refused.returncode == 1
    assert "--subject" in refused.stderr
    assert machine.run("--yes", "--subject", "repo:acme@1/longwire@2").returncode == 0


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
