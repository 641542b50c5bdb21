"""Compares the local deployment with Terraform's plans. Both are equal but for the differences listed here.

scripts/test writes the plans to .longwire/plans. Where terraform cannot run there are none, and the tests skip.
"""

import json
from pathlib import Path

import got
import planned
import pytest
from got import Shape

from longwire_local import facts
from longwire_local.deploy import Deployment
from longwire_local.environment import Endpoints
from longwire_local.options import Options
from longwire_local.package import write_zip

ROOT = Path(__file__).parents[2]
PLANS = ROOT / ".longwire" / "plans"
STAND_IN = "the local stack has stand-ins for these services"

# Expected differences by path, each with its reason. An entry without a difference also fails the test.
LOCAL_ONLY = {
    **{
        f"functions.{name}.environment.{variable}": STAND_IN
        for name, function in facts.FUNCTIONS.items()
        for variable in function.environment
        if variable.startswith("AWS_ENDPOINT_URL_")
    },
    "functions.worker.environment.WEATHER_GEOCODING_URL": STAND_IN,
    "functions.worker.environment.WEATHER_FORECAST_URL": STAND_IN,
    "functions.ingest.environment.ROOMS": "the local stack has a room to try",
    "functions.push.environment.ROOMS": "the local stack has a room to try",
    "functions.worker.environment.KNOWLEDGE_BASE_ID": "the simulator has one; an account may have none",
}
PLAN_ONLY = {
    "functions.ingest.environment.ON_GONE": "a deployment sets the policy; the local stack uses the default",
    "functions.ingest.environment.THREAD_TTL_HOURS": "ingest and worker need one value; a deployment sets both",
    "functions.push.environment.THREAD_TTL_HOURS": "push starts runs as ingest does; a deployment sets both",
    "functions.worker.environment.THREAD_TTL_HOURS": "ingest and worker need one value; a deployment sets both",
}
UNEQUAL = {
    "event sources.worker.at once": "tests have many runs at once; AWS has quotas and costs",
    "event sources.replay.at once": "the default fits into the quota of a new account",
    "event sources.push.at once": "the default fits into the quota of a new account",
}


def planned_for(name: str) -> Shape:
    path = PLANS / f"{name}.json"
    if not path.exists():
        pytest.skip("no plan: terraform cannot run here, or scripts/test has not run it")
    return planned.load(path, ROOT / "terraform" / "modules" / "work_queue" / "main.tf")


@pytest.fixture
def plan() -> Shape:
    return planned_for("defaults")


@pytest.fixture(scope="module")
def deployed(ministack: str, tmp_path_factory: pytest.TempPathFactory) -> Shape:
    """The shape of a MiniStack with all resources that `up` creates; the functions have no code."""
    deployment = Deployment(ministack)
    folder = tmp_path_factory.mktemp("package")
    program = folder / "bootstrap"
    program.write_text("never called")
    write_zip(program, folder / "function.zip")
    deploy(deployment, (folder / "function.zip").read_bytes())
    return got.shape(deployment.clients)


def deploy(deployment: Deployment, code: bytes) -> None:
    deployment.create_tables()
    queues = deployment.create_queues()
    at = Endpoints(
        "http://m",
        "http://s",
        "http://m/api",
        queues["runs"],
        queues["runs-dead"],
        queues["replays"],
        queues["pushes"],
    )
    api = deployment.create_gateway()
    options = Options(auth="token")  # as in dev and prod
    for name in facts.FUNCTIONS:
        deployment.create_function(name, code, at, options)
    deployment.create_routes(api)
    deployment.create_event_sources()
    deployment.create_change_sources()
    deployment.create_schedules()
    deployment.create_push_topic()
    deployment.create_event_bus(options)


def leaves(value: object, path: str = "") -> Shape:
    """The values in nested objects by their path; an empty object is a value."""
    if not isinstance(value, dict) or not value:
        return {path: value}
    found: Shape = {}
    for key, below in value.items():
        found |= leaves(below, f"{path}.{key}" if path else key)
    return found


def test_the_local_deployment_equals_the_plan(deployed: Shape, plan: Shape) -> None:
    here, there = leaves(deployed), leaves(plan)
    local_only = {path: here[path] for path in here.keys() - there.keys()}
    plan_only = {path: there[path] for path in there.keys() - here.keys()}
    unequal = {path: (here[path], there[path]) for path in here.keys() & there.keys() if here[path] != there[path]}

    assert {path: value for path, value in local_only.items() if path not in LOCAL_ONLY} == {}, "not in the plan"
    assert {path: value for path, value in plan_only.items() if path not in PLAN_ONLY} == {}, (
        "not in the local stack"
    )
    assert {path: both for path, both in unequal.items() if path not in UNEQUAL} == {}, "(local, planned)"
    explained = [set(LOCAL_ONLY), set(PLAN_ONLY), set(UNEQUAL)]
    assert explained == [set(local_only), set(plan_only), set(unequal)], "an explained difference no longer exists"


def test_both_shapes_have_every_kind_of_resource(deployed: Shape, plan: Shape) -> None:
    assert deployed.keys() == plan.keys()
    assert all(deployed.values()) and all(plan.values())


def test_queues_leave_room_for_clients_in_a_new_account(plan: Shape) -> None:
    # Of the ten concurrent executions of a new account, four are for what no queue invokes
    # (terraform/modules/longwire/concurrency.tf).
    taken = [source["at once"] for source in plan["event sources"].values() if "at once" in source]
    assert len(taken) == 3
    assert sum(taken) <= 6


def test_up_with_terraform_deploys_the_same_resources(deployed: Shape) -> None:
    here, there = leaves(deployed), leaves(planned_for("local"))
    # The plan may add only settings that a deployment always sets.
    assert {path: value for path, value in there.items() if here.get(path) != value} == dict.fromkeys(
        PLAN_ONLY, True
    )
    assert here.keys() - there.keys() == set()


def test_the_plan_has_the_outputs_for_the_description_of_a_stack() -> None:
    planned_for("local")
    outputs = json.loads((PLANS / "local.json").read_text())["output_changes"]
    assert {
        "api_id",
        "queue_url",
        "dead_letter_url",
        "replay_queue_url",
        "replay_dead_letter_url",
        "push_queue_url",
        "push_dead_letter_url",
        "push_topic_arn",
        "event_bus",
        "tables",
        "functions",
    } <= outputs.keys()
