"""Runs the steps that apply, check and revert a deployment, with stand-ins for aws and terraform."""

import re
import shutil
from pathlib import Path

import pytest
from deployment import ACCOUNT, JOBS, OUTPUTS, READ_BACK, SECRETS, TOKEN, URL, Deployment
from steps import ROOT, Done, command, workflow


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    return Deployment(tmp_path)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployment, Done]:
    """An environment after its first deployment, for tests that do not change it."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    deployment = Deployment(tmp_path_factory.mktemp("first"))
    assert deployment.init().status == 0
    applied = deployment.apply()
    assert applied.status == 0, applied.log
    return deployment, applied


def assert_hidden(*done: Done) -> None:
    for each in done:
        for secret in SECRETS:
            assert secret not in each.visible
            assert all(secret not in value for value in each.outputs.values())


# The URL and the token


def test_apply_shows_neither_url_nor_token_and_the_check_gets_both(first: tuple[Deployment, Done]) -> None:
    deployment, applied = first
    checked = deployment.smoke(applied)
    assert (checked.status, checked.visible.strip()) == (0, "answered")
    assert_hidden(applied, checked)
    assert {URL, TOKEN, "a1b2c3d4e5"} <= applied.masked
    assert "Creation complete after 1s [id=***]" in applied.visible


def test_github_would_keep_every_output_of_apply(first: tuple[Deployment, Done]) -> None:
    # GitHub drops an output of a job that contains a masked value.
    _, applied = first
    assert set(applied.outputs) == {"previous", "attempt", "sealed", "dashboard"}
    assert all(mask not in value for mask in applied.masked for value in applied.outputs.values())


def test_the_summary_says_how_to_read_the_url(first: tuple[Deployment, Done]) -> None:
    summary = first[1].summary
    assert summary.startswith("## dev runs new.2.1\n")
    assert "aws apigatewayv2 get-apis --region eu-central-1" in summary
    assert "Name=='longwire-dev-websocket'" in summary
    assert "terraform -chdir=terraform output -raw websocket_url" in summary


def test_the_name_of_the_api_is_that_of_terraform() -> None:
    root = ROOT / "terraform" / "modules" / "longwire"
    assert 'name  = "${local.name}-websocket"' in (root / "main.tf").read_text()
    (stage,) = re.findall(
        r'^variable "stage" \{.*?^  default +=\s"(\w+)"$', (root / "variables.tf").read_text(), re.M | re.S
    )
    assert f'.ApiEndpoint")/{stage}"' in (ROOT / ".github" / "scripts" / "apply").read_text()


def test_init_hides_what_the_state_knows_before_a_plan(deployment: Deployment) -> None:
    shutil.copy(deployment.state / "applied.json", deployment.state / "outputs.json")
    assert {URL, "a1b2c3d4e5", ACCOUNT} <= deployment.init().masked
    # The redacted text of a plan reaches a comment, where GitHub masks nothing.
    plan = f"~ CALLBACK = {OUTPUTS['callback_endpoint']} in {ACCOUNT}, api_id = a1b2c3d4e5\n"
    shown = deployment.run({"run": f"printf '%s' '{plan}' | .github/scripts/redact"})
    assert not any(secret in shown.log for secret in SECRETS)


@pytest.mark.parametrize("job", ["plan", "plan-prod"])
def test_every_plan_that_is_shown_is_redacted(job: str) -> None:
    lines = [line for step in JOBS[job]["steps"] for line in step.get("run", "").splitlines()]
    shown = [line for line in lines if "terraform -chdir=terraform show" in line]
    assert shown
    assert all("| .github/scripts/redact" in line for line in shown)


def test_without_the_key_nothing_is_applied(deployment: Deployment) -> None:
    for key in ("", "too-short"):
        refused = deployment.apply(SMOKE_KEY=key)
        assert refused.status == 1
        assert "openssl rand -hex 32 | gh secret set SMOKE_KEY --env dev" in refused.log
    assert not deployment.called()


def test_a_replaced_key_fails_the_check_without_showing_anything(first: tuple[Deployment, Done]) -> None:
    deployment, applied = first
    checked = deployment.smoke(applied, SMOKE_KEY="f" * 64)
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


@pytest.mark.parametrize("checksum", [None, ""], ids=["of the build", "none"])
def test_another_program_than_the_one_that_was_built_does_not_run(
    first: tuple[Deployment, Done], checksum: str | None
) -> None:
    deployment, applied = first
    given = {} if checksum is None else {"SHA256": checksum}
    refused = deployment.smoke(applied, "#!/bin/sh\necho answered\n", **given)
    assert refused.status == 1
    assert "answered" not in refused.log
    assert "::error::The program of the check is not the one that was built" in refused.log


# A release that does not answer


def test_a_re_run_of_the_check_alone_approves_nothing(first: tuple[Deployment, Done]) -> None:
    deployment, applied = first
    checked = deployment.smoke(applied, GITHUB_RUN_ATTEMPT="2")
    assert checked.status == 1
    assert "re-run all jobs" in checked.log


def test_apply_outputs_the_release_that_was_live_before(deployment: Deployment) -> None:
    (deployment.state / "live").write_text("old.1.1\n")
    assert deployment.apply().outputs["previous"] == "old.1.1"


def test_the_first_deployment_has_no_previous_release(first: tuple[Deployment, Done]) -> None:
    assert first[1].outputs["previous"] == ""


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


def test_a_rollback_is_made_before_the_key_of_its_check_is_needed(deployment: Deployment) -> None:
    steps = workflow("rollback")["jobs"]["rollback"]["steps"]
    (deployment.state / "live").write_text("new.2.1\n")
    environment = {"ENVIRONMENT": "dev", "RELEASE": "", "SMOKE_KEY": "", "STATE": str(deployment.state)}
    moved = deployment.run(command(steps, "scripts/rollback"), environment)
    assert (moved.status, moved.summary.endswith("dev runs old.1.1\n")) == (0, True)
    refused = deployment.run(command(steps, "scripts/seal"), environment)
    assert refused.status == 1
    assert "gh secret set SMOKE_KEY --env dev" in refused.log


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


def test_the_refresh_uses_the_settings_of_the_environment(first: tuple[Deployment, Done]) -> None:
    (refreshed,) = (call for call in first[0].called() if "-refresh-only" in call)
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
