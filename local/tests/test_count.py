"""How scripts/test adds up what its steps print."""

import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def summary(tmp_path: Path, steps: str) -> tuple[str, int]:
    """The last line and the status of a script with these steps."""
    script = f'source "{SCRIPTS}/lib-count.sh"\nlogs="{tmp_path}"\n{steps}\nsummary'
    result = subprocess.run(["bash", "-c", script], check=False, capture_output=True, text=True)
    return result.stdout.splitlines()[-1], result.returncode


@pytest.mark.parametrize(
    ("said", "passed", "failed"),
    [
        ("test result: ok. 3 passed; 0 failed; 0 ignored", 3, 0),
        ("4 passed in 0.05s", 4, 0),
        ("1 failed, 4 passed in 0.05s", 4, 1),
        ("# pass 7", 7, 0),
        ("Success! 6 passed, 0 failed.", 6, 0),
        ("Failure! 4 passed, 3 failed, 2 skipped.", 4, 3),
        ("Success! 6 passed, 0 failed.\nSuccess! 2 passed, 0 failed.", 8, 0),
    ],
)
def test_a_step_that_counts_its_own_tests(tmp_path: Path, said: str, passed: int, failed: int) -> None:
    last = summary(tmp_path, f"count x printf '%s\\n' '{said}'")
    assert last == (f"{passed} passed, {failed} failed", int(failed > 0))


def test_a_step_that_ran_no_test_failed(tmp_path: Path) -> None:
    assert summary(tmp_path, "count x echo nothing") == ("0 passed, 1 failed", 1)
    assert summary(tmp_path, "count x sh -c 'echo 4 passed in 1s; exit 3'") == ("4 passed, 1 failed", 1)


def test_what_is_skipped_is_counted_and_told(tmp_path: Path) -> None:
    assert summary(tmp_path, "check x true\nskip y 'no terraform'") == ("1 passed, 0 failed, 1 skipped", 0)
