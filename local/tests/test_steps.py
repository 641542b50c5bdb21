"""Runs the commands of the workflows' steps with stand-ins for gh, aws and terraform."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from steps import Done, Runner, action, command, workflow

KEY = "0123456789abcdef" * 4
TOKEN = "the-shared-token-of-dev"
URL = "wss://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live"
ACCOUNT = "123456789012"
OUTPUTS = {
    "api_id": "a1b2c3d4e5",
    "auth_mode": "token",
    "auth_token_parameter": "/longwire/dev/auth-token",
    "callback_endpoint": "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live",
    "dashboard_url": "https://eu-central-1.console.aws.amazon.com/cloudwatch/home#dashboards/dashboard/longwire-dev",
    "websocket_url": URL,
}
SECRETS = (TOKEN, URL, "a1b2c3d4e5", ACCOUNT)

JOBS = workflow("deploy")["jobs"]
APPLY = command(action("apply")["runs"]["steps"], "scripts/apply")
SMOKE = command(action("smoke")["runs"]["steps"], "scripts/smoke")
INIT = command(action("terraform")["runs"]["steps"], "scripts/init")
VERIFY = command(action("packages")["runs"]["steps"], "verify-packages")

# The state is a folder: `planned` is its content after an apply, `read` what AWS answers when it is read.
TERRAFORM = """
case "$*" in
  *" init "*) ;;
  *" output -json"*) cat "$STATE/outputs.json" ;;
  *" apply -refresh-only "*)
    [ ! -e "$STATE/locked" ] || exit 1
    echo "module.x.aws_apigatewayv2_stage.this: Refreshing state... [id=live]"
    cp "$STATE/read" "$STATE/state"
    echo "Apply complete! Resources: 0 added, 0 changed, 0 destroyed." ;;
  *" apply "*)
    [ ! -e "$STATE/refused" ] || { echo "Error: refused" >&2; exit 1; }
    [ -n "$TF_VAR_auth_token" ] || exit 1
    cat "$STATE/log"
    cp "$STATE/planned" "$STATE/state"
    cp "$STATE/applied.json" "$STATE/outputs.json" ;;
  *" plan -refresh-only "*)
    for option in "$@"; do case "$option" in -out=*) compared="${option#-out=}" ;; esac; done
    diff -q "$STATE/state" "$STATE/read" >/dev/null && changes='[]' || changes="$(cat "$STATE/drift.json")"
    printf '{"resource_drift": %s}' "$changes" >"$compared" ;;
  *" show -json "*) cat "${@: -1}" ;;
  *) echo "what is $*?" >&2; exit 1 ;;
esac
"""
# What Terraform prints while it creates an API, before any step can know its id.
LOG = """module.x.aws_apigatewayv2_api.this: Creating...
module.x.aws_apigatewayv2_api.this: Creation complete after 1s [id=a1b2c3d4e5]
module.x.aws_apigatewayv2_stage.this: Creation complete after 0s [id=live]
module.x.aws_lambda_permission.this: source arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/*
Outputs: websocket_url = <sensitive>
"""
AWS = f"""
case "$*" in
  *get-function-configuration*)
    [ -s "$STATE/live" ] || {{ echo "An error occurred (ResourceNotFoundException)" >&2; exit 254; }}
    [ ! -e "$STATE/denied" ] || {{ echo "An error occurred (AccessDeniedException)" >&2; exit 254; }}
    cat "$STATE/live" ;;
  *get-parameter*) echo {TOKEN} ;;
  *get-alias*) echo 8 ;;
  *list-versions-by-function*) printf '7\\told.1.1\\n8\\tnew.2.1\\n' ;;
  *update-alias*) echo old.1.1 >"$STATE/live" ;;
esac
"""
# Recorded: what the provider reads back in a plan after the first apply of a role, a queue and a stage.
READ_BACK = [
    {
        "address": 'module.longwire.module.function["worker"].aws_iam_role.this',
        "change": {
            "actions": ["update"],
            "before": {"inline_policy": []},
            "after": {"inline_policy": [{"name": "worker", "policy": "{}"}]},
        },
    },
    {
        "address": "module.longwire.module.work_queue.aws_sqs_queue.dead",
        "change": {
            "actions": ["update"],
            "before": {"redrive_allow_policy": ""},
            "after": {"redrive_allow_policy": '{"redrivePermission":"byQueue"}'},
        },
    },
    {
        "address": "module.longwire.module.websocket_api.aws_apigatewayv2_stage.this",
        "change": {
            "actions": ["update"],
            "before": {"deployment_id": ""},
            "after": {"deployment_id": "zyxwv9"},
        },
    },
]


class Deployment(Runner):
    """An environment in which `planned` is to be applied."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.state = home / "state"
        self.state.mkdir()
        self.outputs(OUTPUTS)
        for name, text in {
            "outputs.json": "{}",
            "log": LOG,
            "planned": "as planned",
            "read": "as AWS answers",
            "state": "",
            "live": "",
            "drift.json": json.dumps(READ_BACK),
        }.items():
            (self.state / name).write_text(text)
        self.stand_in("terraform", TERRAFORM)
        self.stand_in("aws", AWS)

    def outputs(self, values: dict[str, Any]) -> None:
        described = {name: {"sensitive": True, "value": value} for name, value in values.items()}
        (self.state / "applied.json").write_text(json.dumps(described))

    def init(self, environment: str = "dev") -> Done:
        given = {
            "ENVIRONMENT": environment,
            "ACCOUNT": ACCOUNT,
            "REGION": "eu-central-1",
            "STATE": str(self.state),
        }
        return self.run(INIT, given)

    def apply(self, **environment: str) -> Done:
        given = {
            "ENVIRONMENT": "dev",
            "SMOKE_KEY": KEY,
            "TF_VAR_release": "new.2.1",
            "STATE": str(self.state),
        }
        return self.run(APPLY, {**given, **environment})

    def drift(self) -> subprocess.CompletedProcess[str]:
        step = command(workflow("drift")["jobs"]["drift"]["steps"], "scripts/drift")
        done = self.run(step, {"ENVIRONMENT": "dev", "STATE": str(self.state)})
        return subprocess.CompletedProcess((), done.status, done.log)

    def smoke(self, applied: Done, **environment: str) -> Done:
        (self.home / "target" / "smoke").mkdir(parents=True, exist_ok=True)
        program = self.home / "target" / "smoke" / "smoke"
        program.write_text('#!/bin/sh\n[ "$1" = "$URL" ] && [ "$LONGWIRE_TOKEN" = "$WANTED" ] && echo answered\n')
        given = {
            "SEALED": applied.outputs["sealed"],
            "ATTEMPT": applied.outputs["attempt"],
            "SMOKE_KEY": KEY,
            "URL": URL,
            "WANTED": TOKEN,
        }
        return self.run(SMOKE, {**given, **environment})

    def revert(self, release: str, previous: str) -> Done:
        step = command(JOBS["revert-dev"]["steps"], "scripts/revert")
        return self.run(step, {"RELEASE": release, "PREVIOUS": previous, "STATE": str(self.state)})


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    return Deployment(tmp_path)


def assert_hidden(*done: Done) -> None:
    for each in done:
        for secret in SECRETS:
            assert secret not in each.visible
            assert all(secret not in value for value in each.outputs.values())


# The URL and the token


def test_apply_shows_neither_url_nor_token_and_the_check_gets_both(deployment: Deployment) -> None:
    assert deployment.init().status == 0
    applied = deployment.apply()
    assert applied.status == 0, applied.log
    checked = deployment.smoke(applied)
    assert (checked.status, checked.visible.strip()) == (0, "answered")
    assert_hidden(applied, checked)
    assert {URL, TOKEN, "a1b2c3d4e5"} <= applied.masked
    assert "Creation complete after 1s [id=***]" in applied.visible


def test_github_would_keep_every_output_of_apply(deployment: Deployment) -> None:
    # GitHub drops an output of a job that contains a masked value.
    applied = deployment.apply()
    assert set(applied.outputs) == {"previous", "attempt", "sealed", "dashboard"}
    assert all(mask not in value for mask in applied.masked for value in applied.outputs.values())


def test_the_summary_says_how_to_read_the_url(deployment: Deployment) -> None:
    summary = deployment.apply().summary
    assert summary.startswith("## dev runs new.2.1\n")
    assert "aws apigatewayv2 get-apis --region eu-central-1" in summary
    assert "Name=='longwire-dev-websocket'" in summary
    assert "terraform -chdir=terraform output -raw websocket_url" in summary


def test_the_name_of_the_api_is_that_of_terraform() -> None:
    root = Path(__file__).resolve().parents[2] / "terraform" / "modules" / "longwire"
    assert 'name  = "${local.name}-websocket"' in (root / "main.tf").read_text()
    assert 'stage = "live"' in (root / "locals.tf").read_text()


def test_init_hides_what_the_state_knows_before_a_plan(deployment: Deployment) -> None:
    shutil.copy(deployment.state / "applied.json", deployment.state / "outputs.json")
    assert {URL, "a1b2c3d4e5", ACCOUNT} <= deployment.init().masked
    # The redacted text of a plan reaches a comment, where GitHub masks nothing.
    plan = f"~ CALLBACK = {OUTPUTS['callback_endpoint']} in {ACCOUNT}, api_id = a1b2c3d4e5\n"
    shown = deployment.run({"run": f"printf '%s' '{plan}' | .github/scripts/redact"})
    assert not any(secret in shown.log for secret in SECRETS)


@pytest.mark.parametrize("job", ["plan", "plan-prod"])
def test_every_plan_that_is_shown_is_redacted(job: str) -> None:
    for step in JOBS[job]["steps"]:
        for line in step.get("run", "").splitlines():
            assert (
                "terraform show" not in line.replace("-chdir=terraform ", "") or "| .github/scripts/redact" in line
            )


def test_without_the_key_nothing_is_applied(deployment: Deployment) -> None:
    for key in ("", "too-short"):
        refused = deployment.apply(SMOKE_KEY=key)
        assert refused.status == 1
        assert "openssl rand -hex 32 | gh secret set SMOKE_KEY --env dev" in refused.log
    assert not deployment.called()


def test_a_replaced_key_fails_the_check_without_showing_anything(deployment: Deployment) -> None:
    checked = deployment.smoke(deployment.apply(), SMOKE_KEY="f" * 64)
    assert checked.status != 0
    assert "answered" not in checked.log
    assert_hidden(checked)


def test_a_deployment_of_users_is_sent_no_prompt(deployment: Deployment) -> None:
    deployment.outputs({**OUTPUTS, "auth_mode": "oidc", "auth_token_parameter": None})
    checked = deployment.smoke(deployment.apply())
    assert checked.status == 0
    assert "::warning::No prompt was sent" in checked.log
    assert not any("get-parameter" in call for call in deployment.called())


def test_a_deployment_without_credentials_is_checked_without_a_token(deployment: Deployment) -> None:
    deployment.outputs({**OUTPUTS, "auth_mode": "none", "auth_token_parameter": None})
    checked = deployment.smoke(deployment.apply(), WANTED="")
    assert (checked.status, checked.visible.strip()) == (0, "answered")


# A release that does not answer


def test_a_re_run_of_the_check_alone_approves_nothing(deployment: Deployment) -> None:
    checked = deployment.smoke(deployment.apply(), GITHUB_RUN_ATTEMPT="2")
    assert checked.status == 1
    assert "re-run all jobs" in checked.log


def test_apply_outputs_the_release_that_was_live_before(deployment: Deployment) -> None:
    (deployment.state / "live").write_text("old.1.1\n")
    assert deployment.apply().outputs["previous"] == "old.1.1"


def test_the_first_deployment_has_no_previous_release(deployment: Deployment) -> None:
    assert deployment.apply().outputs["previous"] == ""


def test_nothing_is_applied_when_the_live_release_cannot_be_read(deployment: Deployment) -> None:
    (deployment.state / "live").write_text("old.1.1\n")
    (deployment.state / "denied").touch()
    refused = deployment.apply()
    assert refused.status == 1
    assert "AccessDeniedException" in refused.log
    assert not any("apply" in call for call in deployment.called())


def test_a_broken_release_is_replaced_by_the_previous_one(deployment: Deployment) -> None:
    (deployment.state / "live").write_text("new.2.1\n")
    reverted = deployment.revert("new.2.1", "old.1.1")
    assert reverted.status == 0, reverted.log
    assert reverted.summary.endswith("dev runs old.1.1\n")
    (moved,) = (call for call in deployment.called() if "update-alias" in call)
    assert "--function-name longwire-dev-worker --name live --function-version 7" in moved


@pytest.mark.parametrize(
    ("live", "previous", "status", "why"),
    [
        ("new.2.1", "", 0, "its first release"),
        ("newer.3.1", "old.1.1", 0, "newer.3.1 is live there"),
        ("new.2.1", "new.2.1", 1, "was live before too"),
    ],
    ids=["first deployment", "a newer release is live", "the same release again"],
)
def test_what_is_not_reverted(deployment: Deployment, live: str, previous: str, status: int, why: str) -> None:
    (deployment.state / "live").write_text(f"{live}\n")
    done = deployment.revert("new.2.1", previous)
    assert done.status == status
    assert why in done.log
    assert not any("update-alias" in call for call in deployment.called())


# Drift


def test_drift_is_clean_after_an_apply_and_would_not_be_without_its_refresh(deployment: Deployment) -> None:
    (deployment.state / "locked").touch()
    applied = deployment.apply()
    assert applied.status == 0
    assert "::warning::The state was not refreshed" in applied.log
    red = deployment.drift()
    assert red.returncode == 2
    assert red.stdout.splitlines() == [f"{drift['address']} has changed" for drift in READ_BACK]

    (deployment.state / "locked").unlink()
    assert deployment.apply().status == 0
    clean = deployment.drift()
    assert (clean.returncode, clean.stdout) == (0, "dev is as it was deployed\n")


def test_the_refresh_uses_the_settings_of_the_environment(deployment: Deployment) -> None:
    deployment.apply()
    (refreshed,) = (call for call in deployment.called() if "-refresh-only" in call)
    assert "-auto-approve" in refreshed
    assert "-var-file=envs/dev.tfvars" in refreshed


def test_a_refused_apply_fails_the_step(deployment: Deployment) -> None:
    (deployment.state / "refused").touch()
    refused = deployment.apply()
    assert refused.status == 1
    assert "sealed" not in refused.outputs
    assert not any("-refresh-only" in call for call in deployment.called())


# One provider for dev and prod


@pytest.mark.parametrize("lock", [True, False])
def test_init_uses_the_provider_of_the_lock_file(deployment: Deployment, lock: bool) -> None:
    if lock:
        (deployment.home / "terraform" / ".terraform.lock.hcl").write_text("# the provider of dev")
    assert deployment.init("prod").status == 0
    (initialised,) = (call for call in deployment.called() if " init " in call)
    assert ("-lockfile=readonly" in initialised) is lock
    assert "-backend-config=key=prod/terraform.tfstate" in initialised


# Which commit may be deployed


Compare = Callable[..., Done]
GH = """
case "$*" in
  *commits/main*) echo "$HEAD" ;;
  *compare*) printf '%s\\n' "$COMPARED" ;;
  *"run list"*) printf '%s' "$ROLLBACKS" ;;
  */jobs*) echo "$JOB" ;;
esac
"""


@pytest.fixture
def head(tmp_path: Path) -> Compare:
    runner = Runner(tmp_path)
    runner.stand_in("gh", GH)

    def run(head: str, status: str = "ahead", *files: str) -> Done:
        compared = "\n".join((status, str(len(files)), *files))
        step = command(JOBS["dev"]["steps"], "is-head")
        return runner.run(step, {"GITHUB_SHA": "1111", "HEAD": head, "COMPARED": compared})

    return run


def test_the_head_of_main_is_deployed(head: Compare) -> None:
    assert head("1111").status == 0


def test_an_older_commit_is_refused_also_in_a_re_run(head: Compare) -> None:
    refused = head("2222", "ahead", "docs/deploy.md", "lambdas/worker/src/main.rs")
    assert refused.status == 1
    assert "1111 is not the head of main, which is 2222" in refused.log


def test_a_commit_that_main_no_longer_has_is_refused(head: Compare) -> None:
    assert head("2222", "diverged", "docs/deploy.md").status == 1


def test_more_files_than_the_api_lists_are_refused(head: Compare) -> None:
    assert head("2222", "ahead", *(f"docs/{number}.md" for number in range(300))).status == 1


def test_later_commits_of_documents_are_ignored(head: Compare) -> None:
    # They start no deployment, so nothing else would deploy this commit.
    assert head("2222", "ahead", "docs/deploy.md", "README.md", "LICENSE").status == 0


@pytest.mark.parametrize(
    "file", ["simulator/knowledge/hours.md", "docs.rs", "LICENSES/a", "terraform/envs/dev.tfvars"]
)
def test_other_files_are_no_documents(head: Compare, file: str) -> None:
    assert head("2222", "ahead", file).status == 1


def test_documents_are_the_same_files_in_the_trigger_and_in_the_check() -> None:
    assert workflow("deploy")["on"]["push"]["paths-ignore"] == ["docs/**", "*.md", "LICENSE"]
    text = (Path(__file__).resolve().parents[2] / ".github" / "scripts" / "is-head").read_text()
    assert r"documents='^(docs/.*|[^/]*\.md|LICENSE)$'" in text


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


def test_the_files_of_the_last_five_runs_are_kept(tmp_path: Path) -> None:
    if not shutil.which("jq"):
        pytest.skip("needs jq, which plays gh's --jq")
    runner = Runner(tmp_path)
    runner.stand_in("gh", '[[ "$*" == *DELETE* ]] || jq -r "${@: -1}" <"$ARTIFACTS"')
    artifacts = [
        {
            "id": number,
            "created_at": f"2026-11-{number:02}T00:00:00Z",
            "expired": number == 1,
            "workflow_run": {"head_branch": "a-branch" if number == 9 else "main"},
        }
        for number in (3, 9, 1, 2, 8, 7, 6, 5, 4)
    ]
    (tmp_path / "artifacts.json").write_text(json.dumps({"artifacts": artifacts}))
    done = runner.run(JOBS["prune"]["steps"][0], {"ARTIFACTS": str(tmp_path / "artifacts.json")})
    assert done.status == 0, done.log
    deleted = [call.rsplit("/", 1)[1] for call in runner.called() if "DELETE" in call]
    assert deleted == ["3", "2"]
