"""Runs the steps that decide what may be deployed, with stand-ins for gh, aws and terraform."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from steps import ROOT, Done, Runner, action, command, workflow

JOBS = workflow("deploy")["jobs"]
VERIFY = command(action("packages")["runs"]["steps"], "verify-packages")

# The plan that waits for approval


@pytest.fixture
def keep(tmp_path: Path) -> tuple[Runner, Done]:
    runner = Runner(tmp_path)
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    # Copies between the folder and the checkout: `aws s3 cp --no-progress --quiet FROM TO`.
    runner.stand_in(
        "aws", f'from="${{5/#s3:*\\//{bucket}/}}" to="${{6/#s3:*\\//{bucket}/}}"; exec cp "$from" "$to"'
    )
    runner.stand_in("terraform", "")
    (runner.home / "terraform" / "tfplan").write_text("the plan")
    (runner.home / "terraform" / ".terraform.lock.hcl").write_text("the provider")
    kept = runner.run(command(JOBS["plan-prod"]["steps"], "s3 cp"), {"BUCKET": "states"})
    assert kept.status == 0, kept.log
    shutil.rmtree(runner.home / "terraform")
    (runner.home / "terraform").mkdir()
    return runner, kept


def take(runner: Runner, kept: Done) -> Done:
    step = command(JOBS["prod"]["steps"], "s3 cp")
    return runner.run(step, {"BUCKET": "states", "NAME": kept.outputs["name"], "SHA256": kept.outputs["sha256"]})


def test_the_approved_plan_is_applied_with_its_provider(keep: tuple[Runner, Done]) -> None:
    runner, kept = keep
    assert kept.outputs["name"] == "77-1.tar"
    taken = take(runner, kept)
    assert taken.status == 0, taken.log
    assert (runner.home / "terraform" / "tfplan").read_text() == "the plan"
    assert (runner.home / "terraform" / ".terraform.lock.hcl").read_text() == "the provider"
    assert runner.called()[-1] == "terraform -chdir=terraform init -input=false -lockfile=readonly"


def test_another_plan_than_the_approved_one_is_refused(keep: tuple[Runner, Done], tmp_path: Path) -> None:
    runner, kept = keep
    (tmp_path / "bucket" / "77-1.tar").write_text("another plan")
    assert take(runner, kept).status == 1
    assert not (runner.home / "terraform" / "tfplan").exists()


# The account

ACCOUNT = command(action("aws")["runs"]["steps"], "check-account")
OPTIONS = """# Options of scripts/bootstrap
account_id    = "123456789012"
region        = "eu-central-1"
repository_id = "4711"
"""


def check_account(tmp_path: Path, options: str | None, account: str, region: str) -> Done:
    runner = Runner(tmp_path)
    if options is not None:
        file = runner.home / "terraform" / "bootstrap" / "bootstrap.auto.tfvars"
        file.parent.mkdir()
        file.write_text(options)
    return runner.run(ACCOUNT, {"ACCOUNT": account, "REGION": region})


def test_the_account_is_compared_before_a_role_is_assumed() -> None:
    steps = action("aws")["runs"]["steps"]
    assert steps.index(ACCOUNT) < next(
        place for place, step in enumerate(steps) if "configure-aws-credentials" in step.get("uses", "")
    )
    assert ACCOUNT["env"] == {"ACCOUNT": "${{ inputs.account }}", "REGION": "${{ inputs.region }}"}


@pytest.mark.parametrize("options", [OPTIONS, OPTIONS.replace("  ", ""), OPTIONS.replace('2"', '2" # ours')])
def test_the_account_of_the_bootstrap_is_used(tmp_path: Path, options: str) -> None:
    done = check_account(tmp_path, options, "123456789012", "eu-central-1")
    assert (done.status, done.log) == (0, "")


@pytest.mark.parametrize(
    ("account", "region", "variable"),
    [
        ("999999999999", "eu-central-1", "AWS_ACCOUNT_ID"),
        ("123456789012", "us-east-1", "AWS_REGION"),
        ("1234", "eu-central-1", "AWS_ACCOUNT_ID"),
        ("123456789012", ".*", "AWS_REGION"),
    ],
)
def test_another_account_or_region_is_refused(tmp_path: Path, account: str, region: str, variable: str) -> None:
    refused = check_account(tmp_path, OPTIONS, account, region)
    assert refused.status == 1
    assert f"::error::The variable {variable} of the repository is not" in refused.log
    assert "terraform/bootstrap/bootstrap.auto.tfvars" in refused.log
    assert "123456789012" not in refused.log


@pytest.mark.parametrize("missing", ["account_id", "region"])
def test_options_without_the_account_or_the_region_are_refused(tmp_path: Path, missing: str) -> None:
    options = "".join(line for line in OPTIONS.splitlines(keepends=True) if not line.startswith(missing))
    account = "" if missing == "account_id" else "123456789012"
    region = "" if missing == "region" else "eu-central-1"
    assert check_account(tmp_path, options, account, region).status == 1


def test_before_the_options_are_committed_a_warning_names_the_command(tmp_path: Path) -> None:
    done = check_account(tmp_path, None, "123456789012", "eu-central-1")
    assert done.status == 0
    (command,) = re.findall(
        r"^   (git add terraform/bootstrap.*)$", (ROOT / "docs" / "deploy.md").read_text(), re.M
    )
    assert done.log.startswith("::warning::")
    assert command in done.log


# The provider of dev


def test_prod_gets_the_lock_file_of_dev_and_no_other_file(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    lock = runner.home / "terraform" / ".terraform.lock.hcl"
    lock.write_text("# the provider of dev, ≥ 6\n" * 100)
    kept = runner.run(command(JOBS["dev"]["steps"], ".terraform.lock.hcl"))
    assert kept.status == 0, kept.log
    for job in ("plan-prod", "prod"):
        lock.unlink()
        before = set(runner.home.rglob("*"))
        taken = runner.run(command(JOBS[job]["steps"], "scripts/pin"), {"LOCK": kept.outputs["base64"]})
        assert taken.status == 0, taken.log
        assert lock.read_text() == "# the provider of dev, ≥ 6\n" * 100
        assert set(runner.home.rglob("*")) - before == {lock}


@pytest.mark.parametrize("lock", ["", "%%%"])
def test_prod_is_not_planned_without_the_lock_file_of_dev(tmp_path: Path, lock: str) -> None:
    runner = Runner(tmp_path)
    refused = runner.run(command(JOBS["plan-prod"]["steps"], "scripts/pin"), {"LOCK": lock})
    assert refused.status == 1
    assert "::error::The lock file of the provider" in refused.log
    assert not (runner.home / "terraform" / ".terraform.lock.hcl").exists()


INIT = command(action("terraform")["runs"]["steps"], "scripts/init")
PROVIDERS = ROOT / "terraform" / "providers.tfrc"


@pytest.mark.parametrize("job", ["init", "prod"])
def test_terraform_installs_the_provider_of_aws_only(tmp_path: Path, job: str) -> None:
    # It would install every provider that the state names, so whoever can write a state could run programs.
    runner = Runner(tmp_path)
    runner.stand_in(
        "terraform", '[ "$2" != init ] || echo "reads $TF_CLI_CONFIG_FILE" >>"$CALLS"; [ "$2" = init ] || echo {}'
    )
    runner.stand_in("aws", "touch 77-1.tar")
    runner.stand_in("sha256sum", "cat >/dev/null")
    runner.stand_in("tar", "")
    step = INIT if job == "init" else command(JOBS["prod"]["steps"], "s3 cp")
    given = {
        "ENVIRONMENT": "dev",
        "ACCOUNT": "123456789012",
        "REGION": "eu-central-1",
        "BUCKET": "states",
        "NAME": "77-1.tar",
        "SHA256": "",
    }
    done = runner.run(step, given)
    assert done.status == 0, done.log
    (read,) = (call for call in runner.called() if call.startswith("reads "))
    assert read == f"reads {runner.home}/terraform/providers.tfrc"


def test_the_provider_of_aws_comes_from_the_registry_and_no_other_does() -> None:
    lines = [line.strip() for line in PROVIDERS.read_text().splitlines() if not line.startswith("#")]
    assert lines == [
        "provider_installation {",
        "direct {",
        'include = ["registry.terraform.io/hashicorp/aws"]',
        "}",
        "}",
    ]
    sources = {
        source
        for file in (ROOT / "terraform").glob("**/*.tf")
        for source in re.findall(r'^ +source += "(\w+/\w+)"$', file.read_text(), re.M)
    }
    assert sources == {"hashicorp/aws"}


def test_terraform_refuses_another_provider_that_the_state_names(tmp_path: Path) -> None:
    if not shutil.which("terraform"):
        pytest.skip("needs terraform")
    state = {
        "version": 4,
        "terraform_version": "1.11.0",
        "serial": 1,
        "lineage": "a",
        "resources": [
            {
                "mode": "managed",
                "type": "other_thing",
                "name": "this",
                "provider": 'provider["registry.terraform.io/other/other"]',
                "instances": [],
            }
        ],
    }
    (tmp_path / "terraform.tfstate").write_text(json.dumps(state))
    (tmp_path / "main.tf").touch()
    given = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": str(PROVIDERS),
    }
    refused = subprocess.run(
        ("terraform", f"-chdir={tmp_path}", "init", "-input=false", "-no-color"),
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "was not found in any of the search locations" in " ".join(refused.stderr.split())


def test_the_documented_commands_install_the_provider_of_aws_only() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    commands = page.split("### A plan on your machine")[1].split("```")[1]
    assert commands.index("providers.tfrc") < commands.index("terraform -chdir=terraform init")
    assert 'export TF_CLI_CONFIG_FILE="$PWD/terraform/providers.tfrc"' in commands


# Which commit may be deployed


Compare = Callable[..., Done]
GH = """
case "$*" in
  *commits/main*) echo "$HEAD" ;;
  *compare*) printf '%s\\n' "$COMPARED" ;;
  *"run list"*"--branch main --event workflow_dispatch"*) printf '%s' "$ROLLBACKS" ;;
  *"run list"*) echo 99 ;;
  */jobs*) echo "$JOB" ;;
esac
"""


@pytest.fixture
def head(tmp_path: Path) -> Compare:
    runner = Runner(tmp_path)
    runner.stand_in("gh", GH)

    def run(head: str, status: str = "ahead", *files: str, job: str = "dev") -> Done:
        compared = "\n".join((status, str(len(files)), *files))
        step = command(JOBS[job]["steps"], "is-head")
        return runner.run(step, {"GITHUB_SHA": "1111", "HEAD": head, "COMPARED": compared})

    return run


@pytest.mark.parametrize("job", ["dev", "plan-prod"])
def test_the_head_of_main_is_deployed(head: Compare, job: str) -> None:
    assert head("1111", job=job).status == 0


@pytest.mark.parametrize("job", ["dev", "plan-prod"])
def test_an_older_commit_is_refused_also_in_a_re_run(head: Compare, job: str) -> None:
    refused = head("2222", "ahead", "docs/deploy.md", "lambdas/worker/src/main.rs", job=job)
    assert refused.status == 1
    assert "1111 is not the head of main, which is 2222" in refused.log


def test_a_commit_that_main_no_longer_has_is_refused(head: Compare) -> None:
    assert head("2222", "diverged", "docs/deploy.md").status == 1


def test_more_files_than_the_api_lists_are_refused(head: Compare) -> None:
    assert head("2222", "ahead", *(f"docs/{number}.md" for number in range(300))).status == 1


def test_the_options_of_bootstrap_are_ignored(head: Compare) -> None:
    # They are committed while the first plan for prod is made or waits, and deploy nothing.
    assert head("2222", "ahead", "terraform/bootstrap/bootstrap.auto.tfvars", job="plan-prod").status == 0
    assert head("2222", "ahead", "terraform/bootstrap/main.tf").status == 1


def test_later_commits_of_documents_are_ignored(head: Compare) -> None:
    # They start no deployment, so nothing else would deploy this commit.
    assert head("2222", "ahead", "docs/deploy.md", "README.md", "LICENSE").status == 0


@pytest.mark.parametrize(
    "file", ["simulator/knowledge/hours.md", "docs.rs", "LICENSES/a", "terraform/envs/dev.tfvars"]
)
def test_other_files_are_no_documents(head: Compare, file: str) -> None:
    assert head("2222", "ahead", file).status == 1


def test_documents_are_the_same_files_in_the_trigger_and_in_the_check() -> None:
    assert workflow("deploy")["on"]["push"]["paths-ignore"] == [
        "docs/**",
        "*.md",
        "LICENSE",
        "terraform/bootstrap/bootstrap.auto.tfvars",
    ]
    text = (ROOT / ".github" / "scripts" / "is-head").read_text()
    assert r"documents='^(docs/.*|[^/]*\.md|LICENSE|terraform/bootstrap/bootstrap\.auto\.tfvars)$'" in text


@pytest.mark.parametrize("job", ["dev", "prod"])
@pytest.mark.parametrize(
    ("rollbacks", "status", "allowed"),
    [("", "", True), ("81\n", "completed", True), ("81\n", "pending", False), ("81\n", "queued", False)],
    ids=["no rollback", "one that is being checked", "one that waits", "one that starts"],
)
def test_a_deployment_gives_way_to_a_rollback(
    tmp_path: Path, job: str, rollbacks: str, status: str, allowed: bool
) -> None:
    runner = Runner(tmp_path)
    runner.stand_in("gh", GH)
    step = command(JOBS[job]["steps"], "give-way")
    done = runner.run(step, {"ROLLBACKS": rollbacks, "JOB": status})
    assert (done.status == 0) is allowed
    assert any(f'"rollback {job}"' in call for call in runner.called())
    assert allowed or "Run 81 waits" in done.log


def test_rollbacks_have_the_name_that_deployments_look_for() -> None:
    assert workflow("rollback")["run-name"] == "rollback ${{ inputs.environment }}"
    assert "rollback" in workflow("rollback")["jobs"]


# The end of an environment


@pytest.mark.parametrize(("attempt", "allowed"), [("1", True), ("2", False), ("11", False), ("", False)])
def test_an_approved_destroy_is_not_repeated_by_a_re_run(tmp_path: Path, attempt: str, allowed: bool) -> None:
    step = command(workflow("destroy")["jobs"]["destroy"]["steps"], "GITHUB_RUN_ATTEMPT")
    done = Runner(tmp_path).run(step, {"GITHUB_RUN_ATTEMPT": attempt})
    assert (done.status == 0) is allowed
    assert allowed or "::error::A re-run destroys nothing" in done.log


# The zip files


@pytest.fixture
def verify(tmp_path: Path) -> Compare:
    runner = Runner(tmp_path)
    runner.stand_in("gh", '[[ "$*" != *"${BAD:-none}"* ]]')
    packages = runner.home / "target" / "lambda"
    packages.mkdir(parents=True)
    for name in ("ingest", "worker"):
        (packages / f"{name}.zip").write_text(name)
    build = command(JOBS["build"]["steps"], "checksums")
    runner.run(build, {"GITHUB_RUN_NUMBER": "41"})
    printed = (runner.temporary / "GITHUB_OUTPUT").read_text()
    assert printed.startswith("name=c0ffeec0ffee.41.1\n")
    checksums = printed.split("checksums<<END\n")[1].split("\nEND")[0]

    def run(change: Callable[[Path], object] = lambda _: None, **environment: str) -> Done:
        change(packages)
        given = {"CHECKSUMS": checksums, "ATTESTED": "true", "PRIVATE": "false"}
        done = runner.run(VERIFY, {**given, **environment})
        return Done(done.status, done.log, {"gh": "\n".join(runner.called())}, "")

    return run


def test_attested_files_of_this_commit_are_accepted(verify: Compare) -> None:
    done = verify()
    assert done.status == 0, done.log
    verified = done.outputs["gh"].splitlines()
    assert [call.split()[3] for call in verified] == ["ingest.zip", "worker.zip"]
    for call in verified:
        assert "--repo acme/chat --source-digest c0ffee" in call
        assert "--source-ref refs/heads/main" in call
        assert "--signer-workflow acme/chat/.github/workflows/deploy.yml" in call


def test_a_file_without_a_valid_attestation_is_refused(verify: Compare) -> None:
    refused = verify(BAD="worker.zip")
    assert refused.status == 1
    assert "worker.zip has no valid attestation" in refused.log


def test_private_repositories_compare_the_checksums_and_say_so(verify: Compare) -> None:
    done = verify(PRIVATE="true", BAD="worker.zip")
    assert (done.status, done.outputs["gh"]) == (0, "")
    assert "GitHub attests no files of private repositories" in done.log


@pytest.mark.parametrize("private", ["true", "false"])
@pytest.mark.parametrize(
    "change",
    [
        lambda packages: (packages / "worker.zip").write_text("another"),
        lambda packages: (packages / "worker.zip").unlink(),
        lambda packages: (packages / "another.zip").touch(),
    ],
    ids=["changed", "missing", "added"],
)
def test_other_files_than_those_of_the_build_are_refused(
    verify: Compare, change: Callable[[Path], object], private: str
) -> None:
    assert verify(change, PRIVATE=private).status == 1


def test_a_build_without_checksums_is_refused(verify: Compare) -> None:
    assert verify(CHECKSUMS="").status == 1


def test_files_that_are_no_longer_kept_are_explained(tmp_path: Path) -> None:
    step = command(action("packages")["runs"]["steps"], "could not be downloaded")
    assert step["if"] == "steps.download.outcome != 'success'"
    done = Runner(tmp_path).run(step)
    assert done.status == 1
    assert "approve a newer run" in done.log


def test_the_files_of_the_last_five_runs_are_kept_and_those_of_forks_are_ignored(tmp_path: Path) -> None:
    if not shutil.which("jq"):
        pytest.skip("needs jq, which plays gh's --jq")
    runner = Runner(tmp_path)
    runner.stand_in("gh", '[[ "$*" == *DELETE* ]] || jq -r "${@: -1}" <"$ARTIFACTS"')
    # A fork's branch may be called main, too.
    forks = range(10, 16)
    artifacts = [
        {
            "id": number,
            "created_at": f"2026-11-{number:02}T00:00:00Z",
            "expired": number == 1,
            "workflow_run": {
                "head_branch": "a-branch" if number == 9 else "main",
                "head_repository_id": 815 if number in forks else 4711,
                "repository_id": 4711,
            },
        }
        for number in (3, 9, 1, 2, 8, 7, 6, 5, 4, *forks)
    ]
    (tmp_path / "artifacts.json").write_text(json.dumps({"artifacts": artifacts}))
    done = runner.run(JOBS["prune"]["steps"][0], {"ARTIFACTS": str(tmp_path / "artifacts.json")})
    assert done.status == 0, done.log
    deleted = [call.rsplit("/", 1)[1] for call in runner.called() if "DELETE" in call]
    assert deleted == ["3", "2"]
