"""A person at the terminal, who decides whether the server makes a call."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .transcript import Call, Event, Interrupt

QUESTION = "Allow it? [y]es, [n]o, [e]dit: "
REASON = "Reason (optional): "
ARGUMENTS = "Arguments: "
# Control characters that JSON allows between its tokens, and only there (RFC 8259, section 2).
ONE_LINE = str.maketrans("\t\r\n", "   ")


@dataclass(frozen=True)
class Decision:
    """Decision on a call: approved, perhaps with other arguments, or denied, perhaps for a reason."""

    approved: bool
    reason: str = ""
    edited_arguments: dict[str, Any] | None = None

    def fields(self) -> Event:
        """Fields of the request `approval` that sends the decision."""
        reason = {"reason": self.reason} if self.reason else {}
        edited = {} if self.edited_arguments is None else {"editedArgs": self.edited_arguments}
        return {"approved": self.approved, **reason, **edited}


@dataclass(frozen=True)
class Approver:
    """Dialog with the person. `note` shows whole remarks."""

    note: Callable[[str], None]

    def show(self, interrupt: Interrupt) -> None:
        """Shows the call, and why it waits."""
        self.note(f"? {interrupt.call.text()}")
        self.note(interrupt.message)

    def decide(self, call: Call) -> Decision:
        """Asks until there is a decision. Raises EOFError at the end of input."""
        while True:
            match _line(QUESTION).strip().lower():
                case "y":
                    return Decision(approved=True)
                case "n":
                    return Decision(approved=False, reason=_line(REASON).strip())
                case "e":
                    return Decision(approved=True, edited_arguments=self._edited(call))

    def _edited(self, call: Call) -> dict[str, Any]:
        text = (call.arguments or "{}").translate(ONE_LINE)
        while True:
            text = _edited_line(ARGUMENTS, text)
            try:
                return _object(text)
            except (ValueError, RecursionError) as error:
                self.note(f"This is not a JSON object: {error}")


def _object(text: str) -> dict[str, Any]:
    """Parses a JSON object that a request can carry. Raises ValueError for any other text."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("the value has another type")
    # Python also reads NaN, infinite numbers, and halves of surrogate pairs, which UTF-8 does not have.
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def _edited_line(question: str, text: str) -> str:
    """Reads a line, which begins with the text if readline is available."""
    try:
        import readline
    except ImportError:
        return _line(question)
    readline.set_startup_hook(lambda: readline.insert_text(text))
    try:
        return _line(question)
    finally:
        readline.set_startup_hook()


def _line(question: str) -> str:
    # readline needs the question, to draw the line again. A question in a redirected stdout would not be seen.
    if sys.stdout.isatty():
        return input(question)
    print(question, end="", file=sys.stderr, flush=True)
    return input()
