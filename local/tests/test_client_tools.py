from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from longwire_local import client_tools
from longwire_local.client_tools import (
    ANY_ARGUMENTS,
    MAX_ERROR,
    MAX_OUTPUT,
    MAX_PARTS,
    TOO_LONG,
    ClientTool,
    Result,
    chosen,
    run,
    split,
)
from longwire_local.errors import LocalError

# A request of a client has at most 32 KB.
MAX_REQUEST = 32 * 1024


def test_options_are_tools_by_name(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    schema = {"type": "object", "description": "Returns a song.", "properties": {"sign": {"type": "string"}}}
    file.write_text(json.dumps(schema))
    tools = chosen(["song=jq -r '.a=1'", "place=pwd"], [f"song={file}"])
    assert tools == {
        "song": ClientTool("song", "jq -r '.a=1'", schema),
        "place": ClientTool("place", "pwd", ANY_ARGUMENTS),
    }
    assert [tool.declaration() for tool in tools.values()] == [
        {"name": "song", "description": "Returns a song.", "parameters": schema},
        {"name": "place", "parameters": {"type": "object"}},
    ]


@pytest.mark.parametrize(
    ("tools", "schemas", "message"),
    [
        (["song"], [], "--tool takes NAME=COMMAND, not 'song'"),
        (["song= "], [], "--tool takes NAME=COMMAND"),
        (["a b=pwd"], [], "--tool takes NAME=COMMAND"),
        (["song=pwd", "song=ls"], [], "--tool names song twice"),
        (["song=pwd"], ["place=x.json"], "--tool-schema names place, which no --tool names"),
        (["song=pwd"], ["song=/no/such/file"], "/no/such/file has no JSON Schema"),
        (["song=pwd"], ["song={file}"], "has no JSON Schema: it is not an object"),
    ],
)
def test_an_option_that_is_no_tool_is_refused(
    tools: list[str], schemas: list[str], message: str, tmp_path: Path
) -> None:
    file = tmp_path / "list.json"
    file.write_text("[]")
    with pytest.raises(LocalError, match=message):
        chosen(tools, [schema.format(file=file) for schema in schemas])


@pytest.mark.parametrize(
    ("command", "result"),
    [
        ("cat", Result('{"sign":"WZPZ"}')),
        ("echo Elemental Hotel; echo noise >&2", Result("Elemental Hotel")),
        ("true", Result("")),
        ("printf '\\377'", Result("\ufffd")),
        ("echo out; echo 'No such station.' >&2; exit 3", Result("No such station.", failed=True)),
        ("exit 3", Result("The command ended with status 3.", failed=True)),
        ("head -c 98305 /dev/zero", Result(TOO_LONG, failed=True)),
        ("head -c 1000000 /dev/zero >&2; exit 1", Result("\0" * MAX_ERROR, failed=True)),
    ],
)
def test_the_command_reads_arguments_and_prints_the_result(command: str, result: Result) -> None:
    assert run(ClientTool("tool", command), '{"sign":"WZPZ"}') == result


def test_arguments_that_the_command_does_not_read_block_nothing() -> None:
    assert run(ClientTool("tool", "echo done"), "x" * 1_000_000) == Result("done")


def gone(process: int) -> bool:
    """Tells whether a process of a command has ended. It may still be a zombie of its parent."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def assert_gone(file: Path) -> None:
    process = int(file.read_text())
    deadline = time.monotonic() + 30
    while not gone(process):
        assert time.monotonic() < deadline, "the process goes on"
        time.sleep(0.01)


@pytest.mark.parametrize("rest", ["wait", "true"])
def test_a_command_that_takes_too_long_ends_with_what_it_started(rest: str, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    tool = ClientTool("tool", f"sleep 600 & echo $! > {pid}.new; mv {pid}.new {pid}; {rest}")
    result = run(tool, "{}", limit=2)
    assert result == Result("The command did not end within 2 s.", failed=True)
    assert_gone(pid)


def test_an_interrupt_ends_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = tmp_path / "pid"

    def interrupted(*arguments: object) -> tuple[bytes, bytes]:
        while not pid.exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(client_tools, "_read", interrupted)
    tool = ClientTool(
        "tool", f"echo $$ > {pid}.new; mv {pid}.new {pid}; trap '' TERM; while :; do sleep 600; done"
    )
    with pytest.raises(KeyboardInterrupt):
        run(tool, "{}")
    assert_gone(pid)


@pytest.mark.parametrize("character", ["x", "ä", "🙂", '"', "\\", "\n", "\x7f", "\u2028"])
@pytest.mark.parametrize("failed", [False, True])
def test_each_part_of_a_result_fits_into_a_request(character: str, failed: bool) -> None:
    text = character * (60_000 // len(character.encode()))
    parts = Result(text, failed).fields()
    key = "error" if failed else "content"
    assert "".join(part[key] for part in parts) == text
    assert [(part["part"], part["of"]) for part in parts] == [(at, len(parts)) for at in range(1, len(parts) + 1)]
    for part in parts:
        assert len(part[key].encode()) <= 24 * 1024
        request = {"action": "tool_result", "toolCallId": "tc_12345678", "id": "local-1234", **part}
        assert len(json.dumps(request, ensure_ascii=False).encode()) <= MAX_REQUEST


def test_a_short_result_is_one_request_and_an_endless_one_an_error() -> None:
    assert Result("").fields() == [{"content": ""}]
    assert Result("song").fields() == [{"content": "song"}]
    assert Result("none", failed=True).fields() == [{"error": "none"}]
    assert len(Result("x" * MAX_OUTPUT).fields()) == MAX_PARTS
    # Each newline takes two bytes of a request.
    assert Result("\n" * MAX_OUTPUT).fields() == [{"error": TOO_LONG}]
    assert Result("\0" * MAX_ERROR, failed=True).fields() == [{"error": "\0" * MAX_ERROR}]
    assert split("") == [""]
