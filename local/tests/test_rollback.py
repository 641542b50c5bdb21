"""Tests of scripts/rollback with a stand-in for the AWS CLI."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ("awk", "basename", "bash", "cat", "dirname", "env", "sort", "wc")

# A stand-in for the AWS CLI. The account is a file with each function's live version and its versions' releases.
AWS = """import json, os, sys
from pathlib import Path
account = Path(os.environ["ACCOUNT"])
functions = json.loads(account.read_text())
options = dict(zip(sys.argv[3::2], sys.argv[4::2]))
name, verb = options["--function-name"], sys.argv[2]
if name not in functions or name in os.environ.get("REFUSES", "") and verb == "update-alias":
    sys.exit(254)
function = functions[name]
if verb == "get-alias":
    print(function["live"])
elif verb == "list-versions-by-function":
    print("\\n".join(f"{version}\\t{release}" for version, release in function["versions"].items()))
else:
    function["live"] = options["--function-version"]
    account.write_text(json.dumps(functions))
"""


class Deployment:
    def __init__(self, home: Path) -> None:
        self.home, self.account = home, home / "account.json"
        shutil.copytree(ROOT / "scripts", home / "scripts")
        for key in ("ingest", "worker"):
            (home / "lambdas" / key).mkdir(parents=True)
        self.bin = home / "bin"
        self.bin.mkdir()
        for name in SYSTEM:
            (self.bin / name).symlink_to(shutil.which(name) or name)
        (self.bin / "aws").write_text(f"#!{sys.executable}\n{AWS}")
        (self.bin / "aws").chmod(0o755)

    def has(self, **functions: tuple[str, dict[str, str]]) -> None:
        """Sets the functions: `worker=("3", {"2": "old", "3": "new"})` has two versions, of which 3 is live."""
        described = {
            f"longwire-dev-{key}": dict(zip(("live", "versions"), function, strict=True))
            for key, function in functions.items()
        }
        self.account.write_text(json.dumps(described))

    def live(self) -> dict[str, str]:
        functions = json.loads(self.account.read_text())
        return {name.removeprefix("longwire-dev-"): function["live"] for name, function in functions.items()}

    def roll_back(self, *options: str, answer: str = "", refuses: str = "") -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.bin), "ACCOUNT": str(self.account), "REFUSES": refuses}
        command = [str(self.home / "scripts" / "rollback"), "dev", *options]
        return subprocess.run(command, env=environment, input=answer, capture_output=True, text=True, check=False)


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def test_every_function_returns_to_the_previous_release(deployment: Deployment) -> None:
    # Versions are numbers: 10 comes after 9.
    deployment.has(ingest=("10", {"8": "a", "9": "b", "10": "c"}), worker=("3", {"1": "a", "2": "b", "3": "c"}))
    done = deployment.roll_back("--yes")
    assert done.returncode == 0, done.stderr
    assert deployment.live() == {"ingest": "9", "worker": "2"}
    assert done.stdout.endswith("dev runs b\n")


def test_the_to_option_selects_an_earlier_or_later_release(deployment: Deployment) -> None:
    deployment.has(ingest=("3", {"1": "a", "2": "b", "3": "c"}), worker=("3", {"1": "a", "2": "b", "3": "c"}))
    deployment.roll_back("--yes", "--to", "a")
    assert deployment.live() == {"ingest": "1", "worker": "1"}
    deployment.roll_back("--yes", "--to", "c")
    assert deployment.live() == {"ingest": "3", "worker": "3"}


def test_functions_of_different_releases_are_not_moved(deployment: Deployment) -> None:
    deployment.has(ingest=("2", {"1": "a", "2": "b"}), worker=("3", {"1": "a", "2": "b", "3": "b2"}))
    done = deployment.roll_back("--yes")
    assert done.returncode == 1
    assert "--to" in done.stderr
    assert deployment.live() == {"ingest": "2", "worker": "3"}


def test_an_interrupted_rollback_is_completed_with_the_to_option_only(deployment: Deployment) -> None:
    versions = {"1": "a", "2": "b", "3": "c"}
    deployment.has(ingest=("3", versions), worker=("3", versions))
    stopped = deployment.roll_back("--yes", refuses="longwire-dev-worker")
    assert stopped.returncode == 1
    assert "--to b" in stopped.stderr
    assert deployment.live() == {"ingest": "2", "worker": "3"}
    assert deployment.roll_back("--yes").returncode == 1
    assert deployment.roll_back("--yes", "--to", "b").returncode == 0
    assert deployment.live() == {"ingest": "2", "worker": "2"}


def test_a_function_without_an_earlier_version_stays(deployment: Deployment) -> None:
    deployment.has(ingest=("1", {"1": "b"}), worker=("2", {"1": "a", "2": "b"}))
    done = deployment.roll_back("--yes")
    assert done.returncode == 0, done.stderr
    assert deployment.live() == {"ingest": "1", "worker": "1"}


def test_the_first_release_cannot_be_rolled_back(deployment: Deployment) -> None:
    deployment.has(ingest=("1", {"1": "a"}), worker=("1", {"1": "a"}))
    done = deployment.roll_back("--yes")
    assert done.returncode == 1
    assert "nothing to go back to" in done.stderr


def test_an_unknown_release_moves_nothing(deployment: Deployment) -> None:
    deployment.has(ingest=("2", {"1": "a", "2": "b"}), worker=("2", {"1": "a", "2": "b"}))
    assert deployment.roll_back("--yes", "--to", "z").returncode == 1
    assert deployment.live() == {"ingest": "2", "worker": "2"}


def test_only_the_answer_yes_moves(deployment: Deployment) -> None:
    deployment.has(ingest=("2", {"1": "a", "2": "b"}), worker=("2", {"1": "a", "2": "b"}))
    assert deployment.roll_back(answer="y\n").returncode == 1
    assert deployment.live() == {"ingest": "2", "worker": "2"}


def test_the_error_names_a_function_that_is_not_deployed(deployment: Deployment) -> None:
    deployment.has(ingest=("1", {"1": "a"}))
    done = deployment.roll_back("--yes")
    assert done.returncode == 1
    assert "longwire-dev-worker" in done.stderr
