"""Compares the variables in facts.py with those that the functions' sources read."""

import re
from pathlib import Path

import pytest

from longwire_local import facts

LAMBDAS = Path(__file__).parents[2] / "lambdas"

# Only functions of longwire_lambda::env read variables; their first argument is the name.
READS = re.compile(
    r'\b(?:required|required_converted|optional|parsed|within|converted|seconds|millis|hours_or_never|number)\(\s*"([A-Z_]+)"'
)


def variables_read_by(name: str) -> set[str]:
    files = (LAMBDAS / name / "src").glob("**/*.rs")
    return {variable for file in files for variable in READS.findall(file.read_text())}


def test_each_function_has_a_folder() -> None:
    assert sorted(folder.name for folder in LAMBDAS.iterdir()) == sorted(facts.FUNCTIONS)


@pytest.mark.parametrize("name", facts.FUNCTIONS)
def test_each_function_gets_the_variables_that_its_sources_read(name: str) -> None:
    function = facts.FUNCTIONS[name]
    variables = {*function.environment, *function.auth, *function.optional}
    # Variables of the SDK are not in the functions' sources.
    variables = {variable for variable in variables if not variable.startswith("AWS_")}
    assert variables == variables_read_by(name)
