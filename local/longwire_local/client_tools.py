"""Tools of the client: commands of a shell that `ask` and `chat` run when the model calls them."""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import LocalError

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
ANY_ARGUMENTS: dict[str, Any] = {"type": "object"}

LIMIT_S = 60.0
KILL_AFTER_S = 1.0
# A result has at most four parts of 24 KB. Each of them is a request, which has less than 32 KB of JSON.
MAX_PARTS = 4
MAX_PART = 24 * 1024
MAX_PART_JSON = 31 * 1024
MAX_OUTPUT = MAX_PARTS * MAX_PART
# Its JSON fits into one request, whatever its characters are.
MAX_ERROR = 4 * 1024
CHUNK = 64 * 1024


@dataclass(frozen=True)
class ClientTool:
    """Tool whose calls are runs of a command: arguments as JSON on stdin, the result on stdout."""

    name: str
    command: str
    parameters: dict[str, Any] = field(default_factory=lambda: ANY_ARGUMENTS)

    def declaration(self) -> dict[str, Any]:
        """The tool as a prompt names it. The description of the schema is that of the tool."""
        described = {"description": text} if isinstance(text := self.parameters.get("description"), str) else {}
        return {"name": self.name, **described, "parameters": self.parameters}


@dataclass(frozen=True)
class Result:
    """Result of a call, or the text of its failure."""

    text: str
    failed: bool = False

    def fields(self) -> list[dict[str, Any]]:
        """Fields of the requests `tool_result` that send the result: one request, or one for each part."""
        key = "error" if self.failed else "content"
        parts = split(self.text)
        if len(parts) > MAX_PARTS:
            return [{"error": TOO_LONG}]
        if len(parts) == 1:
            return [{key: self.text}]
        return [{key: part, "part": at, "of": len(parts)} for at, part in enumerate(parts, 1)]


TOO_LONG = f"The result is longer than {MAX_OUTPUT // 1024} KB."


def chosen(tools: Sequence[str], schemas: Sequence[str]) -> dict[str, ClientTool]:
    """Tools of the options NAME=COMMAND and NAME=FILE, by name; a file has the JSON Schema of the arguments.

    Raises LocalError for an option that is none of the two, a repeated name, and a file that cannot be used.
    """
    commands = _pairs("--tool", "COMMAND", tools)
    files = _pairs("--tool-schema", "FILE", schemas)
    if unknown := files.keys() - commands.keys():
        raise LocalError(f"--tool-schema names {', '.join(sorted(unknown))}, which no --tool names.")
    parameters = {name: _schema(Path(file)) for name, file in files.items()}
    return {
        name: ClientTool(name, command, parameters.get(name, ANY_ARGUMENTS)) for name, command in commands.items()
    }


def _pairs(option: str, value: str, words: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for word in words:
        name, _, text = word.partition("=")
        if not NAME.fullmatch(name) or not text.strip():
            raise LocalError(f"{option} takes NAME={value}, not {word!r}.")
        if name in pairs:
            raise LocalError(f"{option} names {name} twice.")
        pairs[name] = text
    return pairs


def _schema(file: Path) -> dict[str, Any]:
    try:
        schema = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise LocalError(f"{file} has no JSON Schema: {error}") from error
    if not isinstance(schema, dict):
        raise LocalError(f"{file} has no JSON Schema: it is not an object.")
    return schema


def run(tool: ClientTool, arguments: str, limit: float = LIMIT_S) -> Result:
    """Runs the command with these arguments for at most `limit` seconds.

    Everything that the command started ends with an exception too, such as KeyboardInterrupt.
    """
    # A file, as a command that reads nothing would block a pipe.
    with tempfile.TemporaryFile() as stdin:
        stdin.write(arguments.encode(errors="replace"))
        stdin.seek(0)
        # A session of its own, so that a signal reaches the command with all that it started.
        process = subprocess.Popen(
            tool.command,
            shell=True,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    with process:
        try:
            return _result(process, time.monotonic() + limit, limit)
        finally:
            _end(process)


def _result(process: subprocess.Popen[bytes], deadline: float, limit: float) -> Result:
    try:
        output, errors = _read(process, deadline)
        status = process.wait(max(0.0, deadline - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired):
        return Result(f"The command did not end within {limit:g} s.", failed=True)
    except OverflowError:
        return Result(TOO_LONG, failed=True)
    if status != 0:
        said = errors.decode(errors="replace").strip()
        return Result(said or f"The command ended with status {status}.", failed=True)
    return Result(output.decode(errors="replace").rstrip("\n"))


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes]:
    """Reads stdout, and the end of stderr, until both are closed.

    Raises TimeoutError at the deadline, and OverflowError when stdout is too long.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr = process.stdout.fileno(), process.stderr.fileno()
    kept = {stdout: b"", stderr: b""}
    with selectors.DefaultSelector() as selector:
        for pipe in kept:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready and time.monotonic() >= deadline:
                raise TimeoutError
            for key, _ in ready:
                data = os.read(key.fd, CHUNK)
                if not data:
                    selector.unregister(key.fd)
                kept[key.fd] += data
            kept[stderr] = kept[stderr][-MAX_ERROR:]
            if len(kept[stdout]) > MAX_OUTPUT:
                raise OverflowError
    return kept[stdout], kept[stderr]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the command and what it started, unless its end was awaited. The shell may end before the rest."""
    if process.returncode is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(KILL_AFTER_S)


def split(text: str) -> list[str]:
    """Splits a text between characters, so that each part fits into a request. An empty text is one part."""
    parts, begin, size, size_json = [], 0, 0, 0
    for at, character in enumerate(text):
        more = len(character.encode())
        more_json = _json_bytes(character, more)
        if size + more > MAX_PART or size_json + more_json > MAX_PART_JSON:
            parts.append(text[begin:at])
            begin, size, size_json = at, 0, 0
        size, size_json = size + more, size_json + more_json
    return [*parts, text[begin:]]


def _json_bytes(character: str, size: int) -> int:
    """Bytes of a character in a text of JSON (RFC 8259, section 7)."""
    if character in '"\\\n\r\t\b\f':
        return 2
    return 6 if character < " " else size
