"""From the lines of a run to what a person reads: the answer on one side, everything else on the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Line = dict[str, Any]


class RunFailed(Exception):
    """The run, or the request for it, ended without success; the text is for people."""


@dataclass
class Transcript:
    """Reads the lines of one run in order; `answer` gets text as it comes, `note` whole remarks."""

    answer: Callable[[str], None]
    note: Callable[[str], None]
    _arguments: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _texts: int = 0

    def read(self, line: Line) -> bool:
        """Takes one line; True when the run ended with success. Raises RunFailed when it did not."""
        kind = line.get("type")
        if kind in ("RUN_ERROR", "error"):
            raise RunFailed(_failure(line))
        if kind is None and "message" in line:
            # API Gateway's own words: throttled or timed out.
            raise RunFailed(str(line["message"]))
        if kind == "RUN_FINISHED":
            _need_success(line)
            return True
        if handler := self._handlers().get(str(kind)):
            handler(line)
        return False

    def _handlers(self) -> dict[str, Callable[[Line], None]]:
        return {
            "TEXT_MESSAGE_START": self._text_start,
            "TEXT_MESSAGE_CONTENT": self._text,
            "TOOL_CALL_START": self._call_start,
            "TOOL_CALL_ARGS": self._call_arguments,
            "TOOL_CALL_END": self._call_end,
            "TOOL_CALL_RESULT": self._call_result,
            "CUSTOM": self._custom,
        }

    def _text_start(self, _: Line) -> None:
        if self._texts:
            self.answer("\n")
        self._texts += 1

    def _text(self, line: Line) -> None:
        self.answer(str(line.get("delta", "")))

    def _call_start(self, line: Line) -> None:
        call = str(line.get("toolCallId"))
        self._names[call] = str(line.get("toolCallName"))
        self._arguments[call] = ""

    def _call_arguments(self, line: Line) -> None:
        call = str(line.get("toolCallId"))
        self._arguments[call] = self._arguments.get(call, "") + str(line.get("delta", ""))

    def _call_end(self, line: Line) -> None:
        call = str(line.get("toolCallId"))
        self.note(f"-> {self._names.get(call, call)} {self._arguments.get(call, '')}".rstrip())

    def _call_result(self, line: Line) -> None:
        call = str(line.get("toolCallId"))
        outcome = line.get("metadata", {}).get("lw.outcome", "success")
        said = "" if outcome == "success" else f" ({outcome})"
        self.note(f"<- {self._names.get(call, call)}{said}: {line.get('content', '')}")

    def _custom(self, line: Line) -> None:
        if line.get("name") == "lw.status":
            self.note(str(line.get("value", {}).get("text", "")))


def lines(frame: str | bytes) -> list[Line]:
    """The JSON objects of a frame (JSON Lines); an empty frame has none.

    Raises RunFailed for anything else: we asked for longwire.v1 and were answered with something else.
    """
    text = frame.decode() if isinstance(frame, bytes) else frame
    try:
        parsed = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise RunFailed(f"a frame is not JSON Lines: {text[:200]!r}") from error
    if not all(isinstance(line, dict) for line in parsed):
        raise RunFailed(f"a frame holds something that is not an object: {text[:200]!r}")
    return parsed


def _need_success(line: Line) -> None:
    outcome = line.get("outcome") or {}
    kind = outcome.get("type", "success")
    if kind != "success":
        reason = line.get("metadata", {}).get("lw.reason")
        raise RunFailed(f"the run was {kind}" + (f": {reason}" if reason else ""))


def _failure(line: Line) -> str:
    message = str(line.get("message", "the run failed"))
    return f"{message} ({line['code']})" if "code" in line else message
