"""Approvals of calls by a person at the terminal, against a server that plays a script."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from scripted import Backend, call, finished, text
from websocket_server import serving

from longwire_local.client import ask, chat
from longwire_local.client_tools import ClientTool
from longwire_local.transcript import Event, RunFailed

BERLIN = '{"location":"Berlin"}'
QUESTION = "Allow it? [y]es, [n]o, [e]dit: "
SHOWN = f"? get_weather {BERLIN}\nThe assistant wants to call the tool get_weather.\n"
CANCELLED: Event = {"type": "ack", "id": "ID", "action": "cancel", "status": "cancelled"}


def interrupted(run: str, *calls: str) -> Event:
    """The end of a run that asks for approvals of these calls of get_weather."""
    message = "The assistant wants to call the tool get_weather."
    interrupts = [
        {"id": f"i_{call}", "reason": "tool_call", "message": message, "toolCallId": call} for call in calls
    ]
    outcome = {"type": "interrupt", "interrupts": interrupts}
    return {"type": "RUN_FINISHED", "threadId": "t_1", "runId": run, "outcome": outcome}


def asked(*calls: str) -> list[Event]:
    """Events of run r_1, which asks for approvals of these calls."""
    return [*(event for name in calls for event in call(name, "get_weather", BERLIN)), interrupted("r_1", *calls)]


def ack(*pending: str, **fields: Any) -> Event:
    status, run = ("accepted", "r_1") if pending else ("queued", "r_2")
    ack = {"type": "ack", "id": "ID", "action": "approval", "threadId": "t_1", "runId": run, "status": status}
    return {**ack, "pending": list(pending), **fields}


def refused(code: str, message: str, **fields: Any) -> Event:
    return {"type": "error", "id": "ID", "code": code, "message": message, **fields}


def approval(interrupt: str, **fields: Any) -> Event:
    return {"action": "approval", "interruptId": interrupt, **fields}


class Keyboard(StringIO):
    """A terminal at which a person types these lines."""

    def isatty(self) -> bool:
        return True


def inputs(*lines: str | type[BaseException]) -> Callable[..., str]:
    """A stand-in for input(): each call returns a line, or raises an exception."""
    remaining = iter(lines)

    def line(*_: str) -> str:
        if isinstance(line := next(remaining), str):
            return line
        raise line

    return line


Typed = Callable[[str], None]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    return lambda lines: monkeypatch.setattr("sys.stdin", Keyboard(lines))


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def url(backend: Backend) -> Iterator[str]:
    with serving(backend.serve) as url:
        yield url


def test_an_approved_call_is_made_and_the_next_run_is_the_answer(
    backend: Backend, url: str, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    result = {"type": "TOOL_CALL_RESULT", "toolCallId": "tc_1", "content": "sunny"}
    backend.script = [asked("tc_1"), [ack(), result, text("It is sunny."), finished("r_2")]]
    typed("y\n")
    ask(url, None, "Hey!", 30.0)
    assert backend.named("approval") == [approval("i_tc_1", approved=True)]
    out, err = capsys.readouterr()
    assert out == "It is sunny.\n"
    assert err == f"-> get_weather {BERLIN}\n{SHOWN}{QUESTION}<- get_weather: sunny\n"


@pytest.mark.parametrize(
    ("lines", "fields"), [("n\n too expensive \n", {"reason": "too expensive"}), ("n\n\n", {})]
)
def test_a_denial_has_a_reason_if_the_person_gives_one(
    backend: Backend, url: str, typed: Typed, lines: str, fields: Event
) -> None:
    backend.script = [asked("tc_1"), [ack(), finished("r_2")]]
    typed(lines)
    ask(url, None, "Hey!", 30.0)
    assert backend.named("approval") == [approval("i_tc_1", approved=False, **fields)]


def test_any_other_line_asks_again(
    backend: Backend, url: str, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    backend.script = [asked("tc_1"), [ack(), finished("r_2")]]
    typed("\nmaybe\nyn\n Y \n")
    ask(url, None, "Hey!", 30.0)
    assert backend.named("approval") == [approval("i_tc_1", approved=True)]
    assert capsys.readouterr().err.count(QUESTION) == 4


def test_edited_arguments_are_asked_for_until_they_are_an_object(
    backend: Backend, url: str, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    backend.script = [asked("tc_1"), [ack(), finished("r_2")]]
    bad = ["", '{"location":', "[1]", '{"x":NaN}', '{"x":1e999}', r'{"x":"\ud800"}']
    typed("\n".join(["e", *bad, '{"location": "Malmö"}', ""]))
    ask(url, None, "Hey!", 30.0)
    assert backend.named("approval") == [approval("i_tc_1", approved=True, editedArgs={"location": "Malmö"})]
    assert capsys.readouterr().err.count("This is not a JSON object: ") == len(bad)


def test_a_decision_that_the_server_finds_invalid_is_asked_for_again(
    backend: Backend, url: str, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    invalid = refused("invalid_message", "`editedArgs` has no `location`.")
    backend.script = [asked("tc_1"), [invalid], [ack(), finished("r_2")]]
    typed('e\n{}\ne\n{"location":"Oslo"}\n')
    ask(url, None, "Hey!", 30.0)
    assert backend.named("approval") == [
        approval("i_tc_1", approved=True, editedArgs={}),
        approval("i_tc_1", approved=True, editedArgs={"location": "Oslo"}),
    ]
    err = capsys.readouterr().err
    assert err.count(f"`editedArgs` has no `location`. (invalid_message)\n{QUESTION}") == 1


def test_the_end_of_input_cancels_the_wait_and_denies_nothing(backend: Backend, url: str, typed: Typed) -> None:
    backend.script = [asked("tc_1"), [CANCELLED]]
    typed("n\n")
    with pytest.raises(RunFailed, match="there is no decision"):
        ask(url, None, "Hey!", 30.0)
    assert backend.named("approval") == []
    assert backend.named("cancel") == [{"action": "cancel", "runId": "r_1"}]


def test_an_interrupt_of_the_dialog_cancels_the_wait(
    backend: Backend, url: str, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.script = [asked("tc_1", "tc_2"), [ack("tc_2")], [CANCELLED]]
    typed("")
    monkeypatch.setattr("builtins.input", inputs("y", KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        ask(url, None, "Hey!", 30.0)
    assert backend.named("approval") == [approval("i_tc_1", approved=True)]
    assert backend.named("cancel") == [{"action": "cancel", "runId": "r_1"}]


def test_without_a_terminal_ask_says_how_to_answer_and_leaves_the_wait(
    backend: Backend, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.script = [asked("tc_1", "tc_2"), []]
    monkeypatch.setattr("sys.stdin", StringIO("y\ny\n"))
    with pytest.raises(RunFailed) as failure:
        ask(url, None, "Hey!", 30.0)
    assert str(failure.value).splitlines() == [
        "calls wait for an approval, and stdin is no terminal; answer with another client:",
        f"i_tc_1: get_weather {BERLIN}",
        '  {"action": "approval", "threadId": "t_1", "interruptId": "i_tc_1", "approved": true}',
        f"i_tc_2: get_weather {BERLIN}",
        '  {"action": "approval", "threadId": "t_1", "interruptId": "i_tc_2", "approved": true}',
    ]
    assert [request["action"] for request in backend.requests] == ["prompt"]


def test_chat_asks_and_goes_on_after_a_cancelled_wait(
    backend: Backend, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", inputs("Hey!", "y", "Again!", EOFError, "Bye!", EOFError))
    again = [*call("tc_2", "get_weather", BERLIN), interrupted("r_3", "tc_2")]
    backend.script = [asked("tc_1"), [ack(), finished("r_2")], again, [CANCELLED], [finished("r_4")]]
    chat(url, None, 30.0)
    actions = [request["action"] for request in backend.requests]
    assert actions == ["prompt", "approval", "prompt", "cancel", "prompt"]
    assert "error: there is no decision" in capsys.readouterr().err


def test_calls_of_the_client_follow_the_approved_ones_of_a_step(
    backend: Backend, url: str, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    song = call("tc_2", "top_song", '{"sign":"WZPZ"}')
    result = {"type": "TOOL_CALL_RESULT", "toolCallId": "tc_1", "content": "sunny"}
    backend.script = [
        # The run that follows makes the approved call. The call of the client began in the first run.
        [*call("tc_1", "get_weather", BERLIN), *song, interrupted("r_1", "tc_1")],
        [ack(), result, finished("r_2", "tc_2")],
        [ack(action="tool_result"), *call("tc_3", "get_weather", BERLIN), interrupted("r_3", "tc_3")],
        [ack(), text("Done."), finished("r_4")],
    ]
    typed("y\nn\n\n")
    ask(url, None, "Hey!", 30.0, {"top_song": ClientTool("top_song", "cat")})
    assert backend.requests[0]["tools"] == [{"name": "top_song", "parameters": {"type": "object"}}]
    assert [request["action"] for request in backend.requests[1:]] == ["approval", "tool_result", "approval"]
    assert backend.named("tool_result") == [
        {"action": "tool_result", "toolCallId": "tc_2", "content": '{"sign":"WZPZ"}'}
    ]
    assert backend.named("approval") == [
        approval("i_tc_1", approved=True),
        approval("i_tc_3", approved=False),
    ]
    assert capsys.readouterr().out == "Done.\n"


def test_a_call_on_which_another_client_decided_is_not_asked_for(backend: Backend, url: str, typed: Typed) -> None:
    backend.script = [asked("tc_1", "tc_2", "tc_3"), [ack("tc_3")], [ack(), finished("r_2")]]
    typed("y\nn\n\n")
    ask(url, None, "Hey!", 30.0)
    assert backend.named("approval") == [
        approval("i_tc_1", approved=True),
        approval("i_tc_3", approved=False),
    ]


def test_a_user_who_may_not_decide_on_one_call_decides_on_the_others(
    backend: Backend, url: str, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    forbidden = refused("forbidden", "Only the group ops approves this call.")
    backend.script = [asked("tc_1", "tc_2"), [forbidden], [ack("tc_1")], []]
    typed("y\ny\n")
    with pytest.raises(RunFailed, match=r"^Only the group ops approves this call\. \(forbidden\)$"):
        ask(url, None, "Hey!", 30.0)
    assert [request["action"] for request in backend.requests] == ["prompt", "approval", "approval"]
    assert f"Only the group ops approves this call. (forbidden)\n{SHOWN}" in capsys.readouterr().err


@pytest.mark.parametrize("code", ["forbidden", "not_pending", "interrupt_expired"])
def test_a_refused_decision_fails_the_turn_and_leaves_the_wait(
    backend: Backend, url: str, typed: Typed, code: str
) -> None:
    backend.script = [asked("tc_1"), [refused(code, "No.")], []]
    typed("y\n")
    with pytest.raises(RunFailed, match=rf"^No\. \({code}\)$"):
        ask(url, None, "Hey!", 30.0)
    assert [request["action"] for request in backend.requests] == ["prompt", "approval"]


def test_the_run_that_follows_a_decision_of_another_client_is_not_awaited(
    backend: Backend, url: str, typed: Typed
) -> None:
    backend.script = [asked("tc_1"), [ack(duplicate=True)], []]
    typed("y\n")
    with pytest.raises(RunFailed, match=r"another client has decided, and gets the answer \(run r_2\)$"):
        ask(url, None, "Hey!", 30.0)


def test_a_decision_is_sent_again_while_the_server_asks_for_it(backend: Backend, url: str, typed: Typed) -> None:
    again = refused("unavailable", "Try again.", retryable=True, retryAfterMs=1)
    backend.script = [asked("tc_1"), [again], [ack(duplicate=True), finished("r_2")]]
    typed("y\n")
    ask(url, None, "Hey!", 30.0)
    assert backend.named("approval") == [approval("i_tc_1", approved=True)] * 2


def test_the_time_of_the_person_is_not_that_of_the_answer(
    backend: Backend, url: str, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = 0.0

    def slowly() -> str:
        nonlocal later
        later = 3600.0
        return "y"

    now = time.monotonic
    monkeypatch.setattr("longwire_local.exchange.time.monotonic", lambda: now() + later)
    monkeypatch.setattr("builtins.input", slowly)
    typed("")
    backend.script = [asked("tc_1"), [ack(), finished("r_2")]]
    ask(url, None, "Hey!", 30.0)
    assert backend.named("approval") == [approval("i_tc_1", approved=True)]
