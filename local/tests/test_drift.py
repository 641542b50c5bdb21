"""Tests of scripts/drift with a stand-in for terraform."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

# `plan` fails when the file with the comparison is missing.
TERRAFORM = """#!/usr/bin/env bash
case "$2" in
  plan) [ -e "$COMPARISON" ] && ls "$TF_VAR_packages" && [[ "$*" == *-refresh-only*envs/dev.tfvars* ]] ;;
  show) cat "$COMPARISON" ;;
esac
"""
CHANGED = {"address": "module.work_queue.aws_sqs_queue.jobs", "change": {"actions": ["update"]}}
GONE = {"address": "aws_sns_topic.alarms", "change": {"actions": ["delete"], "before": {"name": "secret"}}}


Plan = dict[str, Any]
Compare = Callable[[Plan | None], subprocess.CompletedProcess[str]]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "lambdas" / "worker").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "terraform").write_text(TERRAFORM)
    (tmp_path / "bin" / "terraform").chmod(0o755)
    comparison = tmp_path / "comparison.json"

    def run(plan: Plan | None) -> subprocess.CompletedProcess[str]:
        if plan is not None:
            comparison.write_text(json.dumps(plan))
        path = os.pathsep.join((str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
        environment = {"PATH": path, "COMPARISON": str(comparison)}
        command = [str(tmp_path / "scripts" / "drift"), "dev"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


def test_without_drift_the_status_is_0(compare: Compare) -> None:
    done = compare({"output_changes": {"websocket_url": {"actions": ["no-op"]}}})
    assert (done.returncode, done.stdout) == (0, "dev is as it was deployed\n")


def test_drifted_resources_are_named_without_their_values(compare: Compare) -> None:
    done = compare({"resource_drift": [CHANGED, GONE]})
    assert done.returncode == 2
    assert done.stdout.splitlines() == [f"{CHANGED['address']} has changed", f"{GONE['address']} is gone"]


def test_a_failed_plan_is_not_reported_as_no_drift(compare: Compare) -> None:
    done = compare(None)
    assert done.returncode not in (0, 2)
    assert done.stdout == ""
