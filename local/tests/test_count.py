"""Tests of the counts in scripts/lib-count.sh."""

import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def lines(tmp_path: Path, steps: str) -> tuple[list[str], int]:
    """The output and the exit status of a script with these steps."""
    script = f'source "{SCRIPTS}/lib-count.sh"\nlogs="{tmp_path}"\n{steps}\nsummary'
    result = subprocess.run(["bash", "-c", script], check=False, capture_output=True, text=True)
    return result.stdout.splitlines(), result.returncode


def summary(tmp_path: Path, steps: str) -> tuple[str, int]:
    """The last line and the exit status of a script with these steps."""
    output, status = lines(tmp_path, steps)
    return output[-1], status


@pytest.mark.parametrize(
    ("output", "passed", "failed"),
    [
        ("test result: ok. 3 passed; 0 failed; 0 ignored", 3, 0),
        ("4 passed in 0.05s", 4, 0),
        ("1 failed, 4 passed in 0.05s", 4, 1),
        ("1 passed in 0.05s\nruns: 264 finished, 5 failed; 32 texts taken in; 72 waits in 51 cases", 1, 0),
        ("# pass 7", 7, 0),
        ("Success! 6 passed, 0 failed.", 6, 0),
        ("Failure! 4 passed, 3 failed, 2 skipped.", 4, 3),
        ("Success! 6 passed, 0 failed.\nSuccess! 2 passed, 0 failed.", 8, 0),
    ],
)
def test_a_steps_own_counts_are_added_up(tmp_path: Path, output: str, passed: int, failed: int) -> None:
    last = summary(tmp_path, f"count x printf '%s\\n' '{output}'")
    assert last == (f"{passed} passed, {failed} failed", int(failed > 0))


def test_a_step_without_a_test_counts_as_failed(tmp_path: Path) -> None:
    assert summary(tmp_path, "count x echo nothing") == ("0 passed, 1 failed", 1)
    assert summary(tmp_path, "count x sh -c 'echo 4 passed in 1s; exit 3'") == ("4 passed, 1 failed", 1)


def test_skipped_steps_are_counted(tmp_path: Path) -> None:
    assert summary(tmp_path, "check x true\nskip y 'no terraform'") == ("1 passed, 0 failed, 1 skipped", 0)


CARGO = """test a::passes ... ok
test a::fails ... FAILED
test result: FAILED. 1 passed; 1 failed; 0 ignored"""

PYTEST = """FAILED tests/test_a.py::test_b - assert 1 == 2
1 failed, 4 passed in 0.05s"""

NODE = """▶ a group
  ✖ a test (2.1ms)
    AssertionError [ERR_ASSERTION]: twice
✖ a group (3.4ms)
# pass 0
# fail 2

✖ failing tests:

test at a.test.mjs:2:42
✖ a test (2.1ms)
  AssertionError [ERR_ASSERTION]: twice
      at a.test.mjs:2:72

test at a.test.mjs:3:1
✖ another test (0.7ms)
  Error: no reply
▶ the next file"""


@pytest.mark.parametrize(
    ("output", "failing"),
    [
        (CARGO, ["a::fails"]),
        (PYTEST, ["tests/test_a.py::test_b - assert 1 == 2"]),
        (NODE, ["a test: AssertionError [ERR_ASSERTION]: twice", "another test: Error: no reply"]),
    ],
)
def test_the_summary_names_the_failing_tests(tmp_path: Path, output: str, failing: list[str]) -> None:
    (tmp_path / "output").write_text(output)
    printed, _ = lines(tmp_path, f'count "a step" cat "{tmp_path}/output" >/dev/null')
    assert printed[1:-1] == ["FAILED: a step", *(f"  {test}" for test in failing)]
