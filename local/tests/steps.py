"""Runs the steps of GitHub's workflows as a runner does, with stand-ins for the programs that they call."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")


def workflow(name: str) -> dict[str, Any]:
    return _parsed(GITHUB / "workflows" / f"{name}.yml")


def action(name: str) -> dict[str, Any]:
    return _parsed(GITHUB / "actions" / name / "action.yml")


def _parsed(path: Path) -> dict[str, Any]:
    parsed: dict[Any, Any] = yaml.safe_load(path.read_text())
    # YAML 1.1 reads the key `on` as true.
    return {"on" if key is True else str(key): value for key, value in parsed.items()}


def commands(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps with a command, and those of the composite actions that the others use."""
    found: list[dict[str, Any]] = []
    for step in steps:
        uses = step.get("uses", "")
        if uses.startswith("./.github/actions/"):
            found += commands(action(Path(uses).name)["runs"]["steps"])
        elif "run" in step:
            found.append(step)
    return found


def command(steps: list[dict[str, Any]], text: str) -> dict[str, Any]:
    """The one step whose command contains a text."""
    (found,) = (step for step in commands(steps) if text in step["run"])
    return found


@dataclass(frozen=True)
class Done:
    """Result of a step."""

    status: int
    log: str
    outputs: dict[str, str]
    summary: str

    @property
    def masked(self) -> set[str]:
        return set(re.findall(r"^::add-mask::(.+)$", self.log, re.MULTILINE))

    @property
    def visible(self) -> str:
        """Everything that people can read: the log without its masked values, and the summary.

        GitHub masks a value in the lines after the one that masks it.
        """
        masks: list[str] = []
        shown = []
        for line in self.log.splitlines():
            if line.startswith("::add-mask::"):
                masks.append(line.removeprefix("::add-mask::"))
                continue
            for mask in masks:
                line = line.replace(mask, "***")  # noqa: PLW2901
            shown.append(line)
        return "\n".join((*shown, self.summary))


class Runner:
    """A checkout with the scripts, and a folder with stand-ins that comes first in PATH."""

    def __init__(self, home: Path) -> None:
        self.home = home / "checkout"
        self.bin = home / "bin"
        self.temporary = home / "temporary"
        for folder in (
            self.bin,
            self.temporary,
            self.home / "terraform" / "envs",
            self.home / "lambdas" / "worker",
        ):
            folder.mkdir(parents=True)
        shutil.copytree(GITHUB, self.home / ".github")
        shutil.copytree(ROOT / "scripts", self.home / "scripts")
        self.calls = home / "calls"
        self.calls.touch()

    def stand_in(self, name: str, text: str) -> None:
        """Writes a program in bash, which also adds its arguments to `calls`."""
        program = self.bin / name
        program.write_text(f'#!/usr/bin/env bash\necho "{name} $*" >>"$CALLS"\n{text}\n')
        program.chmod(0o755)

    def called(self) -> list[str]:
        return self.calls.read_text().splitlines()

    def run(self, step: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Done:
        """Runs the command of a step. `environment` replaces those of its `env` that only GitHub can compute."""
        files = {name: self.temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        given = {
            "PATH": os.pathsep.join((str(self.bin), str(Path(sys.executable).parent), os.environ["PATH"])),
            "RUNNER_TEMP": str(self.temporary),
            "CALLS": str(self.calls),
            "GITHUB_REPOSITORY": "acme/chat",
            "GITHUB_SHA": "c0ffee" * 6 + "c0ff",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "77",
            "AWS_REGION": "eu-central-1",
            "HOME": str(self.temporary),
            **{name: str(file) for name, file in files.items()},
        }
        plain = {name: value for name, value in step.get("env", {}).items() if not EXPRESSION.search(str(value))}
        done = subprocess.run(
            (*BASH, "-c", step["run"]),
            cwd=self.home,
            env={**given, **plain, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        outputs = dict(
            line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines() if "=" in line
        )
        return Done(done.returncode, done.stdout, outputs, files["GITHUB_STEP_SUMMARY"].read_text())
