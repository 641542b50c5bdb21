"""Text for the terminal from the events of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]


class RunFailed(Exception):
    """The run failed, was cancelled, or was refused; the message is for the user."""


@dataclass(frozen=True)
class Call:
    """Call that a client makes or approves. The thread waits for it since the end of `run`."""

    run: str
    id: str
    name: str
    arguments: str

    def text(self) -> str:
        """The call for people."""
        return f"{self.name} {self.arguments}".rstrip()


@dataclass(frozen=True)
class Interrupt:
    """Call of a tool of the server that needs an approval. `message` is for the person who decides."""

    thread: str
    id: str
    message: str
    call: Call


@dataclass
class Transcript:
    """Reads the events of one run after another. `answer` gets the answer's text in pieces, `note` whole remarks.

    `pending` are the calls that the last run left to clients, `interrupts` those that need an approval, both
    in the order of the model. Their names and arguments may be events of earlier runs.
    """

    answer: Callable[[str], None]
    note: Callable[[str], None]
    pending: list[Call] = field(default_factory=list)
    interrupts: list[Interrupt] = field(default_factory=list)
    _ended: set[str] = field(default_factory=set)
    _arguments: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _texts: int = 0

    def read(self, event: Event) -> bool:
        """Reads one event. Returns True at the end of a run that succeeded or needs approvals.

        Raises RunFailed at any other end.
        """
        kind = event.get("type")
        if "specversion" in event:
            # A CloudEvent that a service posted by itself. Its type may be any text.
            self._pushed(event)
            return False
        if kind in ("RUN_ERROR", "error"):
            raise RunFailed(failure(event))
        if kind is None and "message" in event:
            # A message of API Gateway itself, for instance when it throttles.
            raise RunFailed(str(event["message"]))
        if kind == "RUN_FINISHED":
            return self._finished(event)
        if handler := self._handlers().get(str(kind)):
            handler(event)
        return False

    def _finished(self, event: Event) -> bool:
        run = str(event.get("runId"))
        if run in self._ended:
            # An event whose delivery was not confirmed is sent again.
            return False
        self._ended.add(run)
        outcome = _outcome(event)
        self.pending = [self._call(run, str(call)) for call in outcome.get("pendingToolCallIds", [])]
        self.interrupts = [self._interrupt(event, interrupt) for interrupt in outcome.get("interrupts", [])]
        return True

    def _interrupt(self, event: Event, interrupt: dict[str, Any]) -> Interrupt:
        return Interrupt(
            thread=str(event.get("threadId")),
            id=str(interrupt.get("id")),
            message=str(interrupt.get("message", "")),
            call=self._call(str(event.get("runId")), str(interrupt.get("toolCallId"))),
        )

    def _call(self, run: str, call: str) -> Call:
        return Call(run, call, self._names.get(call, call), self._arguments.get(call, ""))

    def _handlers(self) -> dict[str, Callable[[Event], None]]:
        return {
            "TEXT_MESSAGE_START": self._text_start,
            "TEXT_MESSAGE_CONTENT": self._text,
            "TOOL_CALL_START": self._call_start,
            "TOOL_CALL_ARGS": self._call_arguments,
            "TOOL_CALL_END": self._call_end,
            "TOOL_CALL_RESULT": self._call_result,
            "CUSTOM": self._custom,
            "push": lambda event: self._pushed(event.get("event", {})),
        }

    def _text_start(self, _: Event) -> None:
        if self._texts:
            self.answer("\n")
        self._texts += 1

    def _text(self, event: Event) -> None:
        self.answer(str(event.get("delta", "")))

    def _call_start(self, event: Event) -> None:
        call = str(event.get("toolCallId"))
        self._names[call] = str(event.get("toolCallName"))
        self._arguments[call] = ""

    def _call_arguments(self, event: Event) -> None:
        call = str(event.get("toolCallId"))
        self._arguments[call] = self._arguments.get(call, "") + str(event.get("delta", ""))

    def _call_end(self, event: Event) -> None:
        call = str(event.get("toolCallId"))
        self.note(f"-> {self._names.get(call, call)} {self._arguments.get(call, '')}".rstrip())

    def _call_result(self, event: Event) -> None:
        call = str(event.get("toolCallId"))
        outcome = event.get("metadata", {}).get("lw.outcome", "success")
        remark = "" if outcome == "success" else f" ({outcome})"
        self.note(f"<- {self._names.get(call, call)}{remark}: {event.get('content', '')}")

    def _custom(self, event: Event) -> None:
        if event.get("name") == "lw.status":
            self.note(str(event.get("value", {}).get("text", "")))

    def _pushed(self, event: Event) -> None:
        self.note(f"push: {json.dumps(event, ensure_ascii=False)}")


def events(frame: str | bytes) -> list[Event]:
    """Parses a frame of JSON Lines; an empty frame has no events. Raises RunFailed for any other frame."""
    text = frame.decode() if isinstance(frame, bytes) else frame
    try:
        parsed = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise RunFailed(f"a frame is not JSON Lines: {text[:200]!r}") from error
    if not all(isinstance(event, dict) for event in parsed):
        raise RunFailed(f"a frame holds something that is not an object: {text[:200]!r}")
    return parsed


def _outcome(event: Event) -> dict[str, Any]:
    """The outcome of a run. Raises RunFailed when the run neither succeeded nor needs approvals."""
    outcome: dict[str, Any] = event.get("outcome") or {}
    kind = outcome.get("type", "success")
    if kind not in ("success", "interrupt"):
        reason = event.get("metadata", {}).get("lw.reason")
        raise RunFailed(f"the run was {kind}" + (f": {reason}" if reason else ""))
    return outcome


def failure(event: Event) -> str:
    """Text for people about a failed run or a refused request."""
    message = str(event.get("message", "the run failed"))
    return f"{message} ({event['code']})" if "code" in event else message
