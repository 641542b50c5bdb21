"""The deployed metric filters against lines that a worker wrote. The lines were taken from the log of a local
stack with AWS_LAMBDA_LOG_FORMAT=JSON; Rust tests hold the code to them (lambdas/worker/src/ending.rs,
shared/src/tools/guard.rs). CloudWatch's own matching can only be tried in AWS: `aws logs test-metric-filter`.
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

# The forms of a filter that the module uses: fields that are equal to words, all of them.
TERM = re.compile(r'\$\.([\w.]+) = \\"([^\\]+)\\"')
FORM = re.compile(r"\{ (?:%s|\(%s\)(?: && \(%s\))+) \}" % ((TERM.pattern,) * 3))
PATTERN = re.compile(r'pattern\s+= "(.*)"$', re.MULTILINE)
ENTRY = re.compile(r"^    (\w+) = \{\n(.*?)^    \}", re.MULTILINE | re.DOTALL)


def recorded() -> list[Line]:
    return [json.loads(line) for line in (ALARMS / "tests" / "worker.jsonl").read_text().splitlines()]


def entries() -> dict[str, tuple[str, list[str]]]:
    """Name, pattern and the fields of the dimensions of each metric in metrics.tf."""
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
    return all(field(line, path) == word for path, word in TERM.findall(pattern))


def test_the_module_has_these_metrics() -> None:
    assert set(entries()) == {"RunsEnded", "RunsFailed", "ToolCalls", "ServerErrors"}


@pytest.mark.parametrize("name", ["RunsEnded", "RunsFailed", "ToolCalls"])
def test_patterns_have_a_form_that_is_read_here(name: str) -> None:
    assert FORM.fullmatch(entries()[name][0])


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("RunsEnded", [("the run ended", status) for status in ("cancelled", "failed", "finished")]),
        ("RunsFailed", [("the run ended", "failed")]),
        ("ToolCalls", [("a tool ran", "Error"), ("a tool ran", "Success")]),
    ],
)
def test_what_each_counts_of_a_real_log(name: str, counted: list[tuple[str, str]]) -> None:
    pattern, dimensions = entries()[name]
    lines = [line for line in recorded() if matches(pattern, line)]
    told = [(f["message"], f.get("status") or f.get("outcome")) for f in (line["fields"] for line in lines)]
    assert sorted(told) == counted
    for line in lines:
        assert all(isinstance(field(line, path), str) for path in dimensions)
