import json
import re
from pathlib import Path

import pytest
from captures import captured

from longwire_local import applied
from longwire_local.applied import DERIVED_SETTINGS, Outputs, apply, variables
from longwire_local.checkout import Checkout
from longwire_local.errors import LocalError
from longwire_local.facts import FUNCTIONS
from longwire_local.options import Options
from longwire_local.terraform import Provider


def test_terraform_outputs_are_read() -> None:
    printed = {
        "api_id": "abc",
        "queue_url": "http://m/q",
        "dead_letter_url": "http://m/dead",
        "replay_queue_url": "http://m/replays",
        "replay_dead_letter_url": "http://m/replays-dead",
        "push_queue_url": "http://m/pushes",
        "push_dead_letter_url": "http://m/push-dead",
        "push_topic_arn": "arn:aws:sns:us-east-1:000000000000:longwire-local-pushes",
        "event_bus": "longwire-local",
        "tables": {"threads": "longwire-local-threads"},
        "functions": {"worker": {"function_name": "longwire-local-worker", "alias": "live", "version": "1"}},
        "websocket_url": "wss://abc.execute-api.us-east-1.amazonaws.com/live",
    }
    outputs = Outputs.of(
        json.dumps({name: {"sensitive": False, "value": value} for name, value in printed.items()})
    )
    assert outputs == Outputs(
        "abc",
        "http://m/q",
        "http://m/dead",
        "http://m/replays",
        "http://m/replays-dead",
        "http://m/pushes",
        "http://m/push-dead",
        "arn:aws:sns:us-east-1:000000000000:longwire-local-pushes",
        "longwire-local",
        {"threads": "longwire-local-threads"},
        {"worker": "longwire-local-worker"},
    )
    assert outputs.management("http://m:1") == "http://m:1/_aws/execute-api/abc/live"


def test_every_setting_of_a_function_has_a_variable(tmp_path: Path) -> None:
    # Terraform ignores values without a variable, and unknown attributes of an object.
    chosen = {
        name: "1" for function in FUNCTIONS.values() for name in function.optional if name not in DERIVED_SETTINGS
    }
    values = variables("http://m", "http://s", tmp_path, Options(chosen))
    terraform = Path(__file__).parents[2] / "terraform"
    root = (terraform / "variables.tf").read_text()
    assert values.keys() <= set(re.findall(r'^variable "(\w+)"', root, re.MULTILINE))
    product = (terraform / "modules" / "longwire" / "variables.tf").read_text()
    attributes = captured(re.compile(r'variable "worker" \{.*?object\(\{(.*?)\}\)', re.DOTALL), product)
    assert values["worker"].keys() <= set(re.findall(r"(\w+)\s+= optional", attributes))
    assert {name.lower() for name in chosen} <= values.keys() | values["worker"].keys()


def test_model_fields_are_passed_as_an_object(tmp_path: Path) -> None:
    values = variables("http://m", "http://s", tmp_path, Options({"MODEL_FIELDS": '{"top_k": 5}'}))
    assert values["worker"]["model_fields"] == {"top_k": 5}


def test_approvals_are_passed_as_an_object(tmp_path: Path) -> None:
    values = variables("http://m", "http://s", tmp_path, Options({"APPROVALS": '{"kb_lookup": {"group": "ops"}}'}))
    assert values["worker"]["approvals"] == {"kb_lookup": {"group": "ops"}}


def test_rooms_are_passed_as_an_object(tmp_path: Path) -> None:
    values = variables("http://m", "http://s", tmp_path, Options({"ROOMS": '{"ops": ["staff"]}'}))
    assert values["rooms"] == {"ops": ["staff"]}
    assert variables("http://m", "http://s", tmp_path, Options())["rooms"] == {"lobby": ["*"]}


def test_deploying_with_the_stand_in_provider_is_refused(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applied, "provider", lambda _: Provider(False, {}))
    with pytest.raises(LocalError, match="the stand-in deploys nothing"):
        apply(checkout, "http://m", "http://s", tmp_path, Options())


def test_the_parameter_of_a_prompt_is_left_to_terraform(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applied, "provider", lambda _: Provider(True, {}))
    with pytest.raises(
        LocalError, match="SYSTEM_PROMPT_PARAMETER is a setting that Terraform derives from SYSTEM_PROMPT"
    ):
        apply(checkout, "http://m", "http://s", tmp_path, Options({"SYSTEM_PROMPT_PARAMETER": "/prompt"}))
