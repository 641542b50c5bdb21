"""docs/settings.md against the variables that the functions get and against Terraform's variables."""

import re
from pathlib import Path

from longwire_local.facts import FUNCTIONS

ROOT = Path(__file__).parents[2]
# A row of a table whose first cell is one variable of ours: variable, functions, Terraform variable.
ROW = re.compile(r"^\| `(?!AWS_)([A-Z_]+)` \| ([\w, ]+) \|(?: `([\w.]+)`)?", re.MULTILINE)
VARIABLES = (ROOT / "terraform" / "modules" / "longwire" / "variables.tf").read_text()


def documented() -> dict[str, tuple[set[str], str]]:
    rows = ROW.findall((ROOT / "docs" / "settings.md").read_text())
    return {name: (set(functions.split(", ")), variable) for name, functions, variable in rows}


def terraform_variables() -> set[str]:
    attributes = re.search(r'variable "worker" \{.*?object\(\{(.*?)\}\)', VARIABLES, re.DOTALL)
    assert attributes is not None
    return {
        *re.findall(r'^variable "(\w+)"', VARIABLES, re.MULTILINE),
        *(f"worker.{name}" for name in re.findall(r"(\w+)\s+= optional", attributes.group(1))),
    }


def test_every_variable_is_documented_with_its_functions() -> None:
    expected: dict[str, set[str]] = {}
    for function, facts in FUNCTIONS.items():
        for name in (*facts.environment, *facts.auth, *facts.optional):
            if not name.startswith("AWS_"):
                expected.setdefault(name, set()).add(function)
    assert {name: functions for name, (functions, _) in documented().items()} == expected


def test_terraform_variables_of_settings_exist() -> None:
    named = {variable for _, variable in documented().values() if variable}
    assert named <= terraform_variables()


def test_every_setting_of_the_worker_object_is_documented() -> None:
    of_worker = {name for name in terraform_variables() if name.startswith("worker.")}
    assert of_worker <= {variable for _, variable in documented().values()}
