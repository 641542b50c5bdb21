"""The deployed metric filters against lines that a worker wrote. The lines were taken from the log of a local
stack with AWS_LAMBDA_LOG_FORMAT=JSON; Rust tests hold the code to them (lambdas/worker/src/ending.rs,
shared/src/tools/guard.rs). CloudWatch's own matching can only be tried in AWS: `aws logs test-metric-filter`.
"""

import json
import re
from pathlib import Path

import pytest

ALARMS = Path(__file__).parents[2] / "terraform" / "modules" / "alarms"

# The forms of a filter that the module uses: fields that are equal to words, all of them.
TERM = re.compile(r'\$\.([\w.]+) = \\"([^\\]+)\\"')
FORM = re.compile(r"\{ (?:%s|\(%s\)(?: && \(%s\))+) \}" % ((TERM.pattern,) * 3))
ENTRY = re.compile(r"^    (\w+) = \{\n(.*?)^    \}", re.MULTILINE | re.DOTALL)


def recorded():
    return [json.loads(line) for line in (ALARMS / "tests" / "worker.jsonl").read_text().splitlines()]


def entries():
    """Name, pattern and the fields of the dimensions of each metric in metrics.tf."""
    found = {}
    for name, body in ENTRY.findall((ALARMS / "metrics.tf").read_text()):
        pattern = re.search(r'pattern\s+= "(.*)"$', body, re.MULTILINE).group(1)
        dimensions = re.findall(r'"\$\.([\w.]+)"', body.replace(pattern, ""))
        found[name] = (pattern, dimensions)
    return found


def field(line, path):
    for name in path.split("."):
        line = line.get(name, {})
    return line


def matches(pattern, line):
    return all(field(line, path) == word for path, word in TERM.findall(pattern))


def test_the_module_has_these_metrics():
    assert set(entries()) == {"RunsEnded", "RunsFailed", "ToolCalls", "ServerErrors"}


@pytest.mark.parametrize("name", ["RunsEnded", "RunsFailed", "ToolCalls"])
def test_patterns_have_a_form_that_is_read_here(name):
    assert FORM.fullmatch(entries()[name][0])


@pytest.mark.parametrize("name", ["RunsEnded", "RunsFailed", "ToolCalls"])
def test_patterns_match_the_event_and_never_the_sentence(name):
    pattern, _ = entries()[name]
    paths = [path for path, _ in TERM.findall(pattern)]
    assert "fields.event" in paths
    assert "fields.message" not in paths


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("RunsEnded", [("run_ended", status) for status in ("cancelled", "failed", "finished")]),
        ("RunsFailed", [("run_ended", "failed")]),
        ("ToolCalls", [("tool_finished", "Error"), ("tool_finished", "Success")]),
    ],
)
def test_what_each_counts_of_a_real_log(name, counted):
    pattern, dimensions = entries()[name]
    lines = [line for line in recorded() if matches(pattern, line)]
    told = [(f["event"], f.get("status") or f.get("outcome")) for f in (line["fields"] for line in lines)]
    assert sorted(told) == counted
    for line in lines:
        assert all(isinstance(field(line, path), str) for path in dimensions)
