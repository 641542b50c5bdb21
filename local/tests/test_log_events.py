"""docs/operations.md against the events that the functions log."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A log statement at a level that a deployment stores; DEBUG and TRACE are for development.
STATEMENT = re.compile(r"tracing::(?:info|warn|error)!\((.*?)\);", re.DOTALL)
EVENT = re.compile(r'\s*event = "([a-z][a-z_]*)",')
ROW = re.compile(r"^\| `([a-z_]+)` \| [\w, ]+ \| (?:INFO|WARN|ERROR) \|", re.MULTILINE)


def statements() -> dict[str, list[str]]:
    """Log statements of the functions, by source file; the tests of a file come after its code."""
    sources = [path for folder in ("shared", "lambdas") for path in (ROOT / folder).glob("*/src/**/*.rs")]
    return {str(path): STATEMENT.findall(path.read_text().split("#[cfg(test)]")[0]) for path in sources}


def test_every_log_line_begins_with_its_event() -> None:
    without = {path: line for path, lines in statements().items() for line in lines if not EVENT.match(line)}
    assert without == {}


def test_every_event_is_documented() -> None:
    logged = {match.group(1) for lines in statements().values() for line in lines if (match := EVENT.match(line))}
    assert logged == set(ROW.findall((ROOT / "docs" / "operations.md").read_text()))
