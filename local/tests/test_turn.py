"""Calls of tools that the program runs, against a server that plays a script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scripted import Backend, call, finished, text
from websocket_server import serving

from longwire_local import client_tools
from longwire_local.client import ask
from longwire_local.client_tools import ClientTool
from longwire_local.transcript import Event, RunFailed

ECHO = {"top_song": ClientTool("top_song", "cat")}


ACK: Event = {"type": "ack", "id": "ID", "action": "tool_result", "runId": "r_2", "status": "queued"}


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def url(backend: Backend) -> Iterator[str]:
    with serving(backend.serve) as url:
        yield url


def test_the_command_of_a_call_is_run_and_the_next_run_is_the_answer(
    backend: Backend, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    backend.script = [
        [*call("tc_1", "top_song", '{"sign":', '"WZPZ"}'), finished("r_1", "tc_1")],
        # The first run's end comes twice, and the next run begins before the `ack`.
        [finished("r_1", "tc_1"), text("It is a song."), ACK, finished("r_2")],
    ]
    ask(url, None, "What is played?", 30.0, ECHO)
    declared = [{"name": "top_song", "parameters": {"type": "object"}}]
    assert backend.named("prompt") == [{"action": "prompt", "prompt": "What is played?", "tools": declared}]
    result = {"action": "tool_result", "toolCallId": "tc_1", "content": '{"sign":"WZPZ"}'}
    assert backend.named("tool_result") == [result]
    out, err = capsys.readouterr()
    assert out == "It is a song.\n"
    assert err == '-> top_song {"sign":"WZPZ"}\n$ cat\n<- top_song: {"sign":"WZPZ"}\n'


def test_calls_are_answered_in_their_order_and_in_parts(backend: Backend, url: str) -> None:
    tools = {
        "long": ClientTool("long", "head -c 50000 /dev/zero | tr '\\0' x"),
        "failing": ClientTool("failing", "echo No such station. >&2; exit 1"),
    }
    calls = [*call("tc_1", "failing"), *call("tc_2", "long", "{}")]
    backend.script = [[*calls, finished("r_1", "tc_2", "tc_1")], [ACK], [ACK], [ACK], [ACK, finished("r_2")]]
    ask(url, None, "Hey!", 30.0, tools)
    *parts, failed = backend.named("tool_result")
    assert [(part["toolCallId"], part["part"], part["of"]) for part in parts] == [
        ("tc_2", 1, 3),
        ("tc_2", 2, 3),
        ("tc_2", 3, 3),
    ]
    assert "".join(part["content"] for part in parts) == "x" * 50_000
    assert failed == {"action": "tool_result", "toolCallId": "tc_1", "error": "No such station."}


def test_a_result_is_sent_again_while_the_server_asks_for_it(backend: Backend, url: str) -> None:
    again = {"type": "error", "id": "ID", "code": "rate_limited", "retryable": True, "retryAfterMs": 1}
    backend.script = [
        [*call("tc_1", "top_song"), finished("r_1", "tc_1")],
        [again],
        [again],
        [ACK, finished("r_2")],
    ]
    ask(url, None, "Hey!", 30.0, ECHO)
    result = {"action": "tool_result", "toolCallId": "tc_1", "content": "{}"}
    assert backend.named("tool_result") == [result] * 3


def test_a_result_that_is_refused_ends_the_wait(backend: Backend, url: str) -> None:
    refused = {"type": "error", "id": "ID", "code": "not_pending", "message": "Not pending."}
    cancelled = {"type": "ack", "id": "ID", "action": "cancel", "status": "cancelled"}
    backend.script = [[*call("tc_1", "top_song"), finished("r_1", "tc_1")], [refused], [cancelled]]
    with pytest.raises(RunFailed, match=r"Not pending\. \(not_pending\)"):
        ask(url, None, "Hey!", 30.0, ECHO)
    assert backend.named("cancel") == [{"action": "cancel", "runId": "r_1"}]


def test_a_call_of_another_client_is_named_and_left_to_it(backend: Backend, url: str) -> None:
    calls = [*call("tc_1", "top_song"), *call("tc_2", "get_location")]
    backend.script = [[*calls, finished("r_1", "tc_1", "tc_2")], [ACK], [ACK]]
    with pytest.raises(RunFailed, match=r"results of another client's tools: get_location$"):
        ask(url, None, "Hey!", 30.0, ECHO)
    assert [request["action"] for request in backend.requests] == ["prompt", "tool_result"]


def test_an_interrupt_of_a_command_cancels_the_wait(
    backend: Backend, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(client_tools, "run", interrupted)
    cancelled = {"type": "ack", "id": "ID", "action": "cancel", "status": "cancelled"}
    backend.script = [[*call("tc_1", "top_song"), finished("r_1", "tc_1")], [cancelled]]
    with pytest.raises(KeyboardInterrupt):
        ask(url, None, "Hey!", 30.0, ECHO)
    assert backend.named("cancel") == [{"action": "cancel", "runId": "r_1"}]
