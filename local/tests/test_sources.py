"""The variables a function gets against those that its sources read."""

import re
from pathlib import Path

import pytest

from longwire_local import facts

LAMBDAS = Path(__file__).parents[2] / "lambdas"

# shared::env is the only thing that reads variables; its functions take the name first.
READS = re.compile(
    r'\b(?:required|optional|parsed|within|converted|seconds|millis|hours_or_never|number)\(\s*"([A-Z_]+)"'
)


def variables_read_by(name: str) -> set[str]:
    files = (LAMBDAS / name / "src").glob("**/*.rs")
    return {variable for file in files for variable in READS.findall(file.read_text())}


def test_there_is_a_folder_for_each_function() -> None:
    assert sorted(folder.name for folder in LAMBDAS.iterdir()) == sorted(facts.FUNCTIONS)


@pytest.mark.parametrize("name", facts.FUNCTIONS)
def test_a_function_gets_what_its_sources_read(name: str) -> None:
    function = facts.FUNCTIONS[name]
    given = {*function.environment, *function.optional}
    # The SDK's own, which no source of ours names.
    given = {variable for variable in given if not variable.startswith("AWS_")}
    assert given == variables_read_by(name)
