"""Plans of a new deployment with many environment variables: the addresses of its queues are not known yet."""

from collections.abc import Iterator
from typing import Any

import pytest
from plans import changes, initialised

from longwire_local.errors import LocalError
from longwire_local.terraform import Copy

APPROVALS = {f"tool-{number}": {"group": "operations"} for number in range(20)}
LIMITS = {f"group-{number}": {"tokens_per_day": 100_000 + number} for number in range(60)}
ROOMS = {f"room-{number}": ["staff", "operations"] for number in range(60)}


@pytest.fixture(scope="module")
def copy() -> Iterator[Copy]:
    with initialised("terraform") as made:
        yield made


def planned(copy: Copy, variables: dict[str, Any]) -> dict[str, Any]:
    """The resources of a plan, by their addresses."""
    found = changes(copy, "terraform", {"environment": "dev", **variables})
    return {each["address"]: each["change"] for each in found}


def test_a_prompt_of_2000_japanese_characters_is_planned_as_a_parameter(copy: Copy) -> None:
    prompt = "日本語で答える。\n" * 222 + "日本"
    assert (len(prompt), len(prompt.encode())) == (2000, 5556)
    resources = planned(copy, {"system_prompt": prompt})
    parameter = resources["module.longwire.aws_ssm_parameter.system_prompt[0]"]
    assert parameter["after"]["value"] == prompt
    worker = resources['module.longwire.module.function["worker"].aws_lambda_function.this']
    (known,), (unknown,) = worker["after"]["environment"], worker["after_unknown"]["environment"]
    assert "SYSTEM_PROMPT" not in known["variables"]
    assert unknown["variables"]["SYSTEM_PROMPT_PARAMETER"]


def test_two_large_settings_fit(copy: Copy) -> None:
    planned(copy, {"worker": {"approvals": APPROVALS}, "user_limits": {"groups": LIMITS}})
    planned(copy, {"worker": {"approvals": APPROVALS}, "rooms": ROOMS})


def test_settings_that_are_too_long_together_are_refused(copy: Copy, capfd: pytest.CaptureFixture[str]) -> None:
    large = {"worker": {"approvals": APPROVALS}, "user_limits": {"groups": LIMITS}, "rooms": ROOMS}
    with pytest.raises(LocalError):
        planned(copy, large)
    # Terraform breaks the lines of a message.
    errors = " ".join(capfd.readouterr().err.replace("│", " ").split())
    for function in ("ingest", "push"):
        assert f"The environment variables of longwire-dev-{function} have " in errors
    assert "Lambda takes 4096" in errors
    assert "longwire-dev-worker" not in errors
