import os
import re
from pathlib import Path

import pytest

from longwire_local import infra, terraform
from longwire_local.checkout import Checkout

ROOT = Path(__file__).parents[2]
# Writes down its arguments and prints an empty plan.
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $2 $3" >>"$CALLS"
echo '{}'
"""


class Machine:
    """Both programs on PATH, of which neither does anything, and registries that answer."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._calls = folder / "calls"
        self.asked: list[str] = []
        for name in terraform.REGISTRIES:
            (folder / name).write_text(PROGRAM)
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        monkeypatch.setenv("CALLS", str(self._calls))
        monkeypatch.setattr(terraform, "_registry_answers", self._answers)

    def _answers(self, registry: str) -> bool:
        self.asked.append(registry)
        return True

    def programs(self) -> set[str]:
        return {call.split()[0] for call in self._calls.read_text().splitlines()}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_terraform_runs_by_default(machine: Machine) -> None:
    assert infra.main(["validate"]) == 0
    assert machine.programs() == {"terraform"}
    assert machine.asked == ["registry.terraform.io"]


@pytest.mark.parametrize("command", ["validate", "test"])
def test_opentofu_runs_instead_and_uses_its_own_registry(machine: Machine, command: str) -> None:
    assert infra.main(["--program", "tofu", command]) == 0
    assert machine.programs() == {"tofu"}
    assert machine.asked == ["registry.opentofu.org"]


def test_opentofu_gets_no_test_files_that_it_cannot_read(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    left_out = {
        f"{file.relative_to(ROOT)}"
        for file in (ROOT / "terraform").glob("**/tests/*.tftest.hcl")
        if "override_during" in file.read_text()
    }
    assert infra.main(["--program", "tofu", "test"]) == 0
    said = re.findall(r"^(\S+)\.\.\. left out", capsys.readouterr().out, re.M)
    assert len(said) == len(left_out) > 0
    assert set(said) == left_out
    # Terraform runs all of them.
    assert infra.main(["test"]) == 0
    assert "left out" not in capsys.readouterr().out


def test_another_program_is_refused(machine: Machine) -> None:
    with pytest.raises(SystemExit):
        infra.main(["--program", "terragrunt", "validate"])


def test_a_missing_program_is_named(checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(terraform.TerraformUnavailable, match="tofu is not installed"):
        terraform.provider(checkout, "tofu")


@pytest.mark.parametrize("file", [".terraform-version", ".opentofu-version"])
def test_the_versions_of_continuous_integration_are_those_that_the_page_names(file: str) -> None:
    version = (ROOT / file).read_text().strip()
    assert re.fullmatch(r"1\.\d+\.\d+", version)
    assert version in (ROOT / "docs" / "deploy.md").read_text()
