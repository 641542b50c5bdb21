"""scripts/rollback against a stand-in for the AWS CLI: which versions it chooses, and when it refuses."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ("awk", "basename", "bash", "cat", "dirname", "env", "sort", "wc")

# The account is a file: for each function the live version, and the release of each version.
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
        """`worker=("3", {"2": "old", "3": "new"})`: version 3 is live."""
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


def test_every_function_goes_back_to_the_release_before(deployment: Deployment) -> None:
    # Version 10 comes after 9, whatever the alphabet says.
    deployment.has(ingest=("10", {"8": "a", "9": "b", "10": "c"}), worker=("3", {"1": "a", "2": "b", "3": "c"}))
    done = deployment.roll_back("--yes")
    assert done.returncode == 0, done.stderr
    assert deployment.live() == {"ingest": "9", "worker": "2"}
    assert done.stdout.endswith("dev runs b\n")


def test_a_release_can_be_named_backward_and_forward(deployment: Deployment) -> None:
    deployment.has(ingest=("3", {"1": "a", "2": "b", "3": "c"}), worker=("3", {"1": "a", "2": "b", "3": "c"}))
    deployment.roll_back("--yes", "--to", "a")
    assert deployment.live() == {"ingest": "1", "worker": "1"}
    deployment.roll_back("--yes", "--to", "c")
    assert deployment.live() == {"ingest": "3", "worker": "3"}


def test_different_releases_are_refused(deployment: Deployment) -> None:
    deployment.has(ingest=("2", {"1": "a", "2": "b"}), worker=("3", {"1": "a", "2": "b", "3": "b2"}))
    done = deployment.roll_back("--yes")
    assert done.returncode == 1
    assert "--to" in done.stderr
    assert deployment.live() == {"ingest": "2", "worker": "3"}


def test_one_that_stopped_half_way_can_be_completed_by_name_only(deployment: Deployment) -> None:
    versions = {"1": "a", "2": "b", "3": "c"}
    deployment.has(ingest=("3", versions), worker=("3", versions))
    stopped = deployment.roll_back("--yes", refuses="longwire-dev-worker")
    assert stopped.returncode == 1
    assert "--to b" in stopped.stderr
    assert deployment.live() == {"ingest": "2", "worker": "3"}
    assert deployment.roll_back("--yes").returncode == 1
    assert deployment.roll_back("--yes", "--to", "b").returncode == 0
    assert deployment.live() == {"ingest": "2", "worker": "2"}


def test_a_function_that_is_new_stays(deployment: Deployment) -> None:
    deployment.has(ingest=("1", {"1": "b"}), worker=("2", {"1": "a", "2": "b"}))
    done = deployment.roll_back("--yes")
    assert done.returncode == 0, done.stderr
    assert deployment.live() == {"ingest": "1", "worker": "1"}


def test_a_first_release_has_nothing_before_it(deployment: Deployment) -> None:
    deployment.has(ingest=("1", {"1": "a"}), worker=("1", {"1": "a"}))
    done = deployment.roll_back("--yes")
    assert done.returncode == 1
    assert "nothing to go back to" in done.stderr


def test_a_release_nobody_knows_moves_nothing(deployment: Deployment) -> None:
    deployment.has(ingest=("2", {"1": "a", "2": "b"}), worker=("2", {"1": "a", "2": "b"}))
    assert deployment.roll_back("--yes", "--to", "z").returncode == 1
    assert deployment.live() == {"ingest": "2", "worker": "2"}


def test_only_yes_moves(deployment: Deployment) -> None:
    deployment.has(ingest=("2", {"1": "a", "2": "b"}), worker=("2", {"1": "a", "2": "b"}))
    assert deployment.roll_back(answer="y\n").returncode == 1
    assert deployment.live() == {"ingest": "2", "worker": "2"}


def test_an_environment_that_is_not_deployed_is_named(deployment: Deployment) -> None:
    deployment.has(ingest=("1", {"1": "a"}))
    done = deployment.roll_back("--yes")
    assert done.returncode == 1
    assert "longwire-dev-worker" in done.stderr
