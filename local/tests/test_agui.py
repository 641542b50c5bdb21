"""The events and the requests of the protocol, read with AG-UI's own models for Python (`ag-ui-protocol`).

The models accept unknown fields, and `null` in place of an absent value. So each event is also written again and
compared, and its fields must all be known. The order of events is checked by the end-to-end tests alone, because
there is no validator of it for Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ag_ui.core import PROTOCOL_VERSION, Event, RunAgentInput
from pydantic import BaseModel, TypeAdapter, ValidationError

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "docs" / "protocol.md"
SNAPSHOT = ROOT / "shared" / "protocol" / "tests" / "it" / "snapshots" / "it__format__agui.snap"

# Transcripts of the last end-to-end tests in this checkout (tests/harness/transcripts.mjs). There may be none.
RECORDED = ROOT / ".longwire" / "tests" / "transcripts"

# An event on a line of its own; `<` precedes what a client received.
EVENT = re.compile(r'^(?:< |\s+)?(\{"type":"[A-Z].*\})$', re.MULTILINE)

EVENTS: TypeAdapter[BaseModel] = TypeAdapter(Event)

INTERRUPT = {
    "id": "i_tc_9x",
    "reason": "tool_call",
    "message": "The assistant wants to call the tool get_weather.",
    "toolCallId": "tc_9x",
    "responseSchema": {
        "type": "object",
        "properties": {"approved": {"type": "boolean"}},
        "required": ["approved"],
    },
    "expiresAt": "2026-11-28T13:00:00Z",
}
FINISHED = {"type": "RUN_FINISHED", "threadId": "t1", "runId": "r1"}
CONTENT = {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1", "delta": "Hey!"}
INPUT: dict[str, Any] = {"threadId": "t1", "runId": "r1", "messages": []}


def read(event: str) -> BaseModel:
    """Reads an event without converting types, and by the names on the wire alone."""
    return EVENTS.validate_json(event, strict=True, by_alias=True, by_name=False)


def read_input(request: str) -> RunAgentInput:
    return RunAgentInput.model_validate_json(request, strict=True, by_alias=True, by_name=False)


def unknown(value: object) -> Iterator[str]:
    """Names of the fields, at any depth, that the models do not know."""
    if isinstance(value, BaseModel):
        yield from value.model_extra or ()
        for name in type(value).model_fields:
            yield from unknown(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from unknown(item)


def assert_event(line: str) -> None:
    event = read(line)
    assert list(unknown(event)) == [], line
    assert json.loads(event.model_dump_json(by_alias=True)) == json.loads(line)


def run_requests() -> list[str]:
    """The examples of the action `run`."""
    found = re.search(r"^### `run`\n```jsonl\n(.*?)```", PROTOCOL.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1].splitlines()


def test_the_models_are_of_the_version_that_events_name() -> None:
    assert PROTOCOL_VERSION == "1.0"


@pytest.mark.parametrize("source", [PROTOCOL, SNAPSHOT], ids=lambda path: path.name)
def test_events_of_a_document_are_events_of_agui(source: Path) -> None:
    events = EVENT.findall(source.read_text())
    assert len(events) > 20
    for event in events:
        assert_event(event)


def test_recorded_events_are_events_of_agui() -> None:
    for file in sorted(RECORDED.glob("*.jsonl")):
        for line in file.read_text().splitlines(keepends=True):
            # The last line may still be written.
            events = json.loads(line)["events"] if line.endswith("\n") else []
            for event in events:
                assert_event(json.dumps(event))


def test_examples_of_run_are_inputs_of_agui() -> None:
    for request in run_requests():
        fields = set(unknown(read_input(request)))
        assert fields <= {"action", "id"}, request


@pytest.mark.parametrize(
    "event",
    [
        {**FINISHED, "outcome": {"type": "success", "pendingToolCallIds": ["tc_9x"]}},
        {**FINISHED, "outcome": {"type": "cancelled"}, "metadata": {"lw.seq": 9, "lw.reason": "user"}},
        {**FINISHED, "outcome": {"type": "interrupt", "interrupts": [INTERRUPT]}},
        {"type": "RUN_STARTED", "threadId": "t1", "runId": "r1", "protocolVersion": "1.0", "input": INPUT},
    ],
)
def test_outcomes_and_the_version_are_known(event: dict[str, Any]) -> None:
    assert_event(json.dumps(event))


@pytest.mark.parametrize(
    "event",
    [
        {"type": "LW_STATUS"},
        {"type": "RUN_FINISHED", "threadId": "t1"},
        {"type": "RUN_FINISHED", "thread_id": "t1", "run_id": "r1"},
        {**FINISHED, "outcome": {"type": "paused"}},
        {**FINISHED, "outcome": {"type": "interrupt", "interrupts": []}},
        {**FINISHED, "outcome": {"type": "interrupt", "interrupts": [{"id": "i_tc_9x"}]}},
        {**FINISHED, "outcome": {"type": "success", "pendingToolCallIds": "tc_9x"}},
        {**FINISHED, "usage": [{"inputTokens": "5"}]},
    ],
)
def test_other_events_are_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(json.dumps(event))


@pytest.mark.parametrize(
    "event",
    [
        {**CONTENT, "unknown": 1},
        {**CONTENT, "metadata": None},
        {**FINISHED, "outcome": {"type": "success", "interrupts": [INTERRUPT]}},
    ],
)
def test_what_the_models_let_pass_is_found_by_the_comparison(event: dict[str, Any]) -> None:
    line = json.dumps(event)
    read(line)
    with pytest.raises(AssertionError):
        assert_event(line)


@pytest.mark.parametrize(
    "answer",
    [
        {"interruptId": "i_tc_9x", "status": "resolved", "payload": {"approved": True, "editedArgs": {}}},
        {"interruptId": "i_tc_9x", "status": "cancelled"},
    ],
)
def test_answers_to_interrupts_are_known(answer: dict[str, Any]) -> None:
    assert list(unknown(read_input(json.dumps({**INPUT, "resume": [answer]})))) == []


@pytest.mark.parametrize("answer", [{"interruptId": "i_tc_9x"}, {"interruptId": "i_tc_9x", "status": "later"}])
def test_other_answers_are_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_input(json.dumps({**INPUT, "resume": [answer]}))
