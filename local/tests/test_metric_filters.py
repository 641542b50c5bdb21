"""Tests of the deployed metric filters with recorded log lines of a worker. The lines are from the log of a local
stack with AWS_LAMBDA_LOG_FORMAT=JSON; Rust tests compare the code with them (shared/runner/src/finish.rs,
shared/tools/src/guard.rs). CloudWatch's own matching can only be tested in AWS: `aws logs test-metric-filter`.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from captures import captured

# A line of a function's log.
Line = dict[str, Any]

ALARMS = Path(__file__).parents[2] / "terraform" / "modules" / "alarms"

# The forms of a filter pattern in the module: one field that equals a word, or does not; several joined by &&; or
# several of these, joined by ||.
TERM = re.compile(r'\$\.([\w.]+) (!?=) \\"([^\\]+)\\"')
ALL = rf"\({TERM.pattern}\)(?: && \({TERM.pattern}\))+"
FORM = re.compile(rf"\{{ (?:{TERM.pattern}|{ALL}|\({ALL}\)(?: \|\| \({ALL}\))+) \}}")
PATTERN = re.compile(r'pattern\s+= "(.*)"$', re.MULTILINE)
ENTRY = re.compile(r"^    (\w+) = \{\n(.*?)^    \}", re.MULTILINE | re.DOTALL)


def recorded() -> list[Line]:
    return [json.loads(line) for line in (ALARMS / "tests" / "worker.jsonl").read_text().splitlines()]


def entries() -> dict[str, tuple[str, list[str]]]:
    """The pattern and the fields of the dimensions of each metric in metrics.tf, by name."""
    found = {}
    for name, body in ENTRY.findall((ALARMS / "metrics.tf").read_text()):
        pattern = captured(PATTERN, body)
        dimensions = re.findall(r'"\$\.([\w.]+)"', body.replace(pattern, ""))
        found[name] = (pattern, dimensions)
    return found


def field(line: Line, path: str) -> object:
    value: Any = line
    for name in path.split("."):
        value = value.get(name, {})
    return value


def matches(pattern: str, line: Line) -> bool:
    """Tells whether a line matches. A field that the line lacks neither equals a word nor differs from it."""

    def holds(path: str, operator: str, word: str) -> bool:
        value = field(line, path)
        return value != {} and (value == word) == (operator == "=")

    return any(all(holds(*term) for term in TERM.findall(part)) for part in pattern.split("||"))


def report(status: str) -> Line:
    """A line of Lambda about an invocation (AWS Lambda, "Lambda Telemetry API event schema reference")."""
    return {
        "time": "2026-11-27T10:00:00.000Z",
        "type": "platform.report",
        "record": {
            "requestId": "76b5b946-b672-4e52-9f6b-59c97eab937b",
            "metrics": {"durationMs": 900000.0},
            "status": status,
        },
    }


def test_the_module_has_the_expected_metrics() -> None:
    assert set(entries()) == {"RunsEnded", "RunsFailed", "ToolCalls", "Errors", "ServerErrors"}


@pytest.mark.parametrize("name", ["RunsEnded", "RunsFailed", "ToolCalls", "Errors"])
def test_patterns_have_the_form_that_this_test_reads(name: str) -> None:
    assert FORM.fullmatch(entries()[name][0])


@pytest.mark.parametrize("name", ["RunsEnded", "RunsFailed", "ToolCalls", "Errors"])
def test_patterns_match_the_event_and_never_the_sentence(name: str) -> None:
    pattern, _ = entries()[name]
    paths = [path for path, _, _ in TERM.findall(pattern)]
    assert "fields.event" in paths
    assert "fields.message" not in paths


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("RunsEnded", [("run_ended", status) for status in ("cancelled", "failed", "finished")]),
        ("RunsFailed", [("run_ended", "failed")]),
        ("ToolCalls", [("tool_finished", "Error"), ("tool_finished", "Success")]),
        ("Errors", [("post_refused", "")]),
    ],
)
def test_each_filter_matches_its_lines_of_a_recorded_log(name: str, counted: list[tuple[str, str]]) -> None:
    pattern, dimensions = entries()[name]
    lines = [line for line in recorded() if matches(pattern, line)]
    told = [(f["event"], f.get("status") or f.get("outcome") or "") for f in (line["fields"] for line in lines)]
    assert sorted(told) == counted
    for line in lines:
        assert all(isinstance(field(line, path), str) for path in dimensions)


@pytest.mark.parametrize(
    ("status", "counts"), [("success", False), ("error", True), ("failure", True), ("timeout", True)]
)
def test_a_failed_invocation_is_an_error(status: str, counts: bool) -> None:
    pattern, _ = entries()["Errors"]
    assert matches(pattern, report(status)) == counts


def test_a_failed_run_is_no_other_error() -> None:
    pattern, _ = entries()["Errors"]
    assert not matches(pattern, {"level": "ERROR", "fields": {"event": "run_failed", "error": "throttled"}})
    assert not matches(pattern, {"level": "WARN", "fields": {"event": "run_write_failed", "error": "timeout"}})
    assert matches(pattern, {"level": "ERROR", "fields": {"event": "notify_failed", "error": "AccessDenied"}})
