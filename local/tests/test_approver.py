"""The dialog about an approval, at a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

DECIDE = """
from longwire_local.approver import Approver
from longwire_local.transcript import Call
call = Call("r_1", "tc_1", "get_weather", '{\\n\\t"location":"Berlin"}')
print(Approver(print).decide(call).fields())
"""
READ_S = 60.0


class Terminal:
    """The other side of a terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._shown = ""

    def expect(self, text: str) -> None:
        """Reads until the program has shown this text."""
        deadline = time.monotonic() + READ_S
        while text not in self._shown:
            ready, _, _ = select.select([self._descriptor], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"the terminal shows {self._shown!r} without {text!r}"
            self._shown += os.read(self._descriptor, 4096).decode()
        self._shown = self._shown.partition(text)[2]

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())


def test_the_line_of_the_arguments_begins_with_the_current_ones() -> None:
    pytest.importorskip("readline")
    side, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "dumb", "INPUTRC": os.devnull, "COLUMNS": "200"}
    with subprocess.Popen(
        [sys.executable, "-c", DECIDE],
        cwd=Path(__file__).parents[1],
        env=environment,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        try:
            person = Terminal(side)
            person.expect("Allow it? [y]es, [n]o, [e]dit: ")
            person.type("e\n")
            person.expect('Arguments: {  "location":"Berlin"}')
            # Without its last character, and with another argument.
            person.type('\x7f, "days": 2}\n')
            person.expect("{'approved': True, 'editedArgs': {'location': 'Berlin', 'days': 2}}")
            assert process.wait(READ_S) == 0
        finally:
            process.kill()
            os.close(side)
