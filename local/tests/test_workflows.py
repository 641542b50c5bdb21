"""Compares names in GitHub's workflows with names in Terraform, and checks how the jobs depend on each other.

test_steps.py and test_gates.py run the commands of the steps.
"""

import re
from typing import Any

import pytest
from deployment import SMOKE_BUILD
from steps import EXPRESSION as GITHUB_EXPRESSION
from steps import ROOT, commands, workflow

PROJECT = "longwire"
# Expressions in a workflow, in Terraform and in a shell.
EXPRESSION = re.compile(rf"{GITHUB_EXPRESSION.pattern}|\$\{{[\w.]+\}}|\$\w+")


def text(*patterns: str) -> str:
    paths = (path for pattern in patterns for path in sorted(ROOT.glob(pattern)))
    return "\n".join(path.read_text() for path in paths if path.is_file())


def names(text: str, kind: str) -> set[str]:
    """The project's names of one kind, with `*` for each expression: `longwire-state-*-*`."""
    return set(re.findall(rf"\b{PROJECT}-{kind}[\w*-]*", EXPRESSION.sub("*", text)))


WORKFLOWS = text(".github/**/*.yml", ".github/scripts/*")
# Where an account has one region, names have no suffix.
TERRAFORM = (
    text("terraform/bootstrap/*.tf", "terraform/modules/github_oidc/*.tf")
    .replace("${var.project}", PROJECT)
    .replace("${local.suffix}", "")
)
ENVIRONMENTS = {path.stem for path in (ROOT / "terraform" / "envs").glob("*.tfvars")}
NAMES = [path.stem for path in (ROOT / ".github" / "workflows").glob("*.yml")]
JOBS = {(name, key): job for name in NAMES for key, job in workflow(name)["jobs"].items()}
DEPLOY = workflow("deploy")["jobs"]


def expanded(name: str) -> set[str]:
    """The names for all environments where a name contains one."""
    return {EXPRESSION.sub(environment, name) for environment in ENVIRONMENTS}


def environment(job: dict[str, Any]) -> str | None:
    named = job.get("environment")
    return named["name"] if isinstance(named, dict) else named


def position(job: dict[str, Any], text: str) -> int:
    """The place of the one step that uses an action or runs a command."""
    (found,) = (place for place, step in enumerate(job["steps"]) if text in step.get("uses", step.get("run", "")))
    return found


def roles(job: dict[str, Any]) -> set[str]:
    return {step["with"]["role"] for step in job.get("steps", []) if step.get("with", {}).get("role")}


def test_workflows_and_terraform_use_one_name_for_the_states_bucket() -> None:
    assert names(WORKFLOWS, "state") == names(TERRAFORM, "state") == {f"{PROJECT}-state-*-*"}


def test_workflows_and_terraform_use_one_name_for_the_boundary() -> None:
    assert names(WORKFLOWS, "boundary") == names(TERRAFORM, "boundary") == {f"{PROJECT}-boundary"}


def test_terraform_creates_each_role_that_a_job_assumes() -> None:
    assert names(WORKFLOWS, "ci") == {f"{PROJECT}-ci-*"}
    assumed = {name for job in JOBS.values() for role in roles(job) for name in expanded(role)}
    assert assumed == {"review", "plan", *(f"apply-{environment}" for environment in ENVIRONMENTS)}
    blocks = re.findall(r'^resource "aws_iam_role" "\w+" \{\n(.*?)^\}', TERRAFORM, re.M | re.S)
    created = {name for block in blocks for name in re.findall(r'^  name +=\s"(.+)"$', block, re.M)}
    assert {f"{PROJECT}-ci-{role}" for role in assumed} <= {each for name in created for each in expanded(name)}


def test_workflows_list_every_environment() -> None:
    lists = re.findall(r"(?:environment|options): \[(.+)\]", WORKFLOWS)
    assert len(lists) == 4  # plans, drift, rollback, destroy
    assert all(set(each.split(", ")) == ENVIRONMENTS for each in lists)
    assert {environment(job) for job in DEPLOY.values()} == {None, "prod-approval", *ENVIRONMENTS}


def test_terraform_trusts_every_environment() -> None:
    (trusted,) = re.findall(r'variable "environments" \{[^}]*?default +=\s\[(.*?)\]', TERRAFORM, re.S)
    assert set(re.findall(r'"(\w+)"', trusted)) == ENVIRONMENTS


# Who may do what


def test_each_role_is_assumed_where_terraform_trusts_it() -> None:
    for (name, key), job in JOBS.items():
        for role in roles(job):
            kind, _, of = role.partition("-")
            assert job["permissions"]["id-token"] == "write"
            if kind == "apply":
                assert environment(job) == of, (name, key)
            else:
                assert environment(job) is None, (name, key)
                assert (kind == "review") == (job.get("if") == "github.event_name == 'pull_request'")


def test_no_token_of_a_workflow_can_do_anything_by_default() -> None:
    assert all(workflow(name)["permissions"] == {} for name in NAMES)
    assert all("permissions" in job for job in JOBS.values())


def test_packages_of_npm_and_cargo_never_run_beside_credentials() -> None:
    for job in JOBS.values():
        for step in commands(job.get("steps", [])):
            if re.search(r"npm|cargo|rustup|scripts/(build|test)\b", step["run"]):
                assert job["permissions"] == {"contents": "read"}
                assert "secrets." not in str(job)
                assert "npm ci" not in step["run"] or "--ignore-scripts" in step["run"]


@pytest.mark.parametrize("name", ["smoke-dev", "smoke-prod"])
def test_a_check_has_no_credentials(name: str) -> None:
    job = DEPLOY[name]
    assert job["permissions"] == {"contents": "read"}
    assert environment(job) == name.removeprefix("smoke-")
    assert not roles(job)
    assert workflow("rollback")["jobs"]["smoke"]["permissions"] == job["permissions"]


def test_each_check_runs_the_program_that_its_run_has_built() -> None:
    checks = {key: job for key, job in JOBS.items() if "./.github/actions/smoke" in str(job)}
    assert set(checks) == {("deploy", "smoke-dev"), ("deploy", "smoke-prod"), ("rollback", "smoke")}
    for (name, _), job in checks.items():
        assert "build" in job["needs"]
        checked = job["steps"][position(job, "actions/smoke")]["with"]
        assert checked["checksum"] == "${{ needs.build.outputs.smoke }}"
        build = JOBS[name, "build"]
        assert build["outputs"]["smoke"] == "${{ steps.smoke.outputs.sha256 }}"
        (built,) = (step for step in build["steps"] if step.get("id") == "smoke")
        assert built["run"] == SMOKE_BUILD["run"]


def test_the_key_of_the_check_is_read_in_jobs_of_an_environment_only() -> None:
    for job in JOBS.values():
        assert "secrets." not in str(job) or environment(job)
    assert set(re.findall(r"secrets\.(\w+)", WORKFLOWS)) == {"SMOKE_KEY"}


def test_no_step_has_the_url_or_the_token_in_its_environment() -> None:
    # GitHub prints the environment and the inputs of each step before anything can mask them.
    for name in NAMES:
        assert not re.search(r"outputs\.(\w*url|token)\b", (text(f".github/workflows/{name}.yml")))
    assert "TF_VAR_auth_token" not in text(".github/**/*.yml")


def test_the_address_of_an_environment_names_region_and_deployment_only() -> None:
    assert {job["environment"]["url"] for job in DEPLOY.values() if isinstance(job.get("environment"), dict)} == {
        "${{ steps.apply.outputs.dashboard }}"
    }
    (url,) = re.findall(
        r'^output "dashboard_url" \{\n(.*?)^\}', text("terraform/modules/alarms/*.tf"), re.MULTILINE | re.DOTALL
    )
    # The rest is the name of the deployment: that of the dashboard, or what the list of alarms is searched for.
    assert set(re.findall(r"\$\{.+?\}", url)) == {"${local.region}", "${var.global_name}", "${var.name}"}


# What comes after what


def test_nothing_is_destroyed_before_the_gates_have_passed() -> None:
    steps = workflow("destroy")["jobs"]["destroy"]["steps"]
    assert "GITHUB_RUN_ATTEMPT" in steps[0]["run"]
    assert "CONFIRMATION" in steps[1]["run"]


def test_main_is_tested_before_it_is_deployed() -> None:
    assert {"ci", "e2e", "build", "attest"} <= set(DEPLOY["dev"]["needs"])
    for name in ("ci", "e2e"):
        assert DEPLOY[name]["uses"] == f"./.github/workflows/{name}.yml"
        assert set(workflow(name)["on"]) == {"pull_request", "workflow_call"}
        # Another run of the same commit must not be cancelled.
        assert workflow(name)["concurrency"]["group"].endswith("|| github.run_id }}")


def test_a_commit_is_checked_before_there_are_credentials() -> None:
    dev, prod = DEPLOY["dev"], DEPLOY["prod"]
    for job in (dev, DEPLOY["plan-prod"]):
        assert position(job, "is-head") < position(job, "actions/terraform")
    for job in (dev, prod):
        assert position(job, "give-way") < position(job, "actions/packages") < position(job, "actions/terraform")
        packages = job["steps"][position(job, "actions/packages")]["with"]
        assert packages == {"checksums": "${{ needs.build.outputs.checksums }}", "attested": True}


def test_an_approval_holds_nothing() -> None:
    gate = DEPLOY["approve-prod"]
    assert (gate["permissions"], environment(gate), "concurrency" in gate) == ({}, "prod-approval", False)
    assert "approve-prod" in DEPLOY["prod"]["needs"]
    waiting = {key for key, job in JOBS.items() if environment(job) == "prod-approval"}
    assert waiting == {("deploy", "approve-prod"), ("destroy", "approve")}
    assert "approve" not in str(workflow("rollback")["jobs"])


def test_no_job_that_changes_an_environment_cancels_another_one() -> None:
    changing = {key: job for key, job in JOBS.items() if any(role.startswith("apply") for role in roles(job))}
    assert len(changing) == 6  # dev, prod, and the two that revert them; rollback, destroy
    for job in changing.values():
        # With `single`, the default, a deployment that begins to wait would cancel a rollback that waits.
        group = {"group": f"environment-{environment(job)}", "cancel-in-progress": False, "queue": "max"}
        assert job["concurrency"] == group
    assert re.findall(r"\n +queue: (.+)", WORKFLOWS) == ["max"] * len(changing)


@pytest.mark.parametrize("name", sorted(ENVIRONMENTS))
def test_a_release_whose_check_failed_is_reverted_and_goes_no_further(name: str) -> None:
    assert DEPLOY[f"smoke-{name}"]["needs"] == ["build", name]
    revert = DEPLOY[f"revert-{name}"]
    # A check that is re-run alone fails, because it would check nothing of its attempt, and must revert nothing.
    assert " ".join(revert["if"].split()) == (
        f"${{{{ !cancelled() && needs.smoke-{name}.result == 'failure' && "
        f"needs.{name}.outputs.attempt == github.run_attempt }}}}"
    )
    assert DEPLOY[name]["outputs"]["attempt"] == "${{ steps.apply.outputs.attempt }}"
    assert roles(revert) == {f"apply-{name}"}
    (step,) = (step for step in revert["steps"] if "run" in step)
    assert step["env"]["PREVIOUS"] == f"${{{{ needs.{name}.outputs.previous }}}}"
    assert "smoke-dev" in DEPLOY["plan-prod"]["needs"]


def test_old_files_are_deleted_by_a_job_that_can_do_nothing_else() -> None:
    assert DEPLOY["prune"]["permissions"] == {"actions": "write"}
    assert [key for key, job in JOBS.items() if "write" in str(job["permissions"].get("actions"))] == [
        ("deploy", "prune")
    ]


# One provider for dev and prod of a release


def test_prod_is_planned_and_applied_with_the_provider_of_dev() -> None:
    dev = DEPLOY["dev"]
    assert dev["outputs"]["lock"] == "${{ steps.lock.outputs.base64 }}"
    kept = position(dev, ".terraform.lock.hcl")
    assert dev["steps"][kept]["id"] == "lock"
    assert position(dev, "actions/terraform") < kept < position(dev, "scripts/plan")
    for name in ("plan-prod", "prod"):
        job = DEPLOY[name]
        assert "dev" in job["needs"]
        taken = position(job, "scripts/pin")
        assert job["steps"][taken]["env"] == {"LOCK": "${{ needs.dev.outputs.lock }}"}
        assert taken < position(job, "actions/terraform")
    assert "init -input=false -lockfile=readonly" in str(DEPLOY["prod"])


def test_no_artifact_is_unpacked_where_terraform_or_a_script_is() -> None:
    # Each job of a run, also one without rights, can replace an artifact of the run.
    for name in ("dev", "plan-prod", "prod"):
        assert "actions/download-artifact" not in str(DEPLOY[name])
    paths = re.findall(
        r"uses: actions/download-artifact@.*\n(?:.*\n)*? +path: (.+)", text(".github/actions/*/*.yml")
    )
    assert set(paths) == {"target/lambda", "target/smoke"}
