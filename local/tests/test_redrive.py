"""Tests of scripts/redrive with a stand-in for the AWS CLI."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ("bash", "cat", "date", "env", "sleep")

NEVER = ["None"]
RUNNING = ["2", "RUNNING", "1", "None"]
COMPLETED = ["2", "COMPLETED", "3", "None"]

# A stand-in for the AWS CLI. The account is a file: the messages of each queue, visible and in flight, and what
# each list of the moves shows, of which the last one stays. Like SQS it starts no move beside another one.
AWS = """import json, os, sys
from pathlib import Path
path = Path(os.environ["ACCOUNT"])
account = json.loads(path.read_text())
verb, options = sys.argv[2], dict(zip(sys.argv[3::2], sys.argv[4::2]))
arn = "arn:aws:sqs:eu-central-1:123456789012:"
account["calls"].append(verb)
if verb == "get-queue-url":
    if options["--queue-name"] not in account["queues"]:
        sys.exit("An error occurred (AWS.SimpleQueueService.NonExistentQueue)")
    print("https://sqs/" + options["--queue-name"])
elif verb == "get-queue-attributes":
    name = options["--queue-url"].rsplit("/")[-1]
    print(arn + name, *account["queues"][name], sep="\\t")
elif verb == "list-message-move-tasks":
    moves = account["moves"]
    account["shown"] = moves.pop(0) if len(moves) > 1 else moves[0]
    print(*account["shown"], sep="\\t")
elif verb == "start-message-move-task":
    if account["shown"][1:2] == ["RUNNING"]:
        sys.exit("An error occurred (InvalidParameterValue): There is already a task running.")
    if account["refuses"]:
        sys.exit("An error occurred (AccessDeniedException)")
    account["started"] = [options["--source-arn"], options.get("--destination-arn")]
    print("handle")
else:
    sys.exit("unexpected: " + verb)
path.write_text(json.dumps(account))
"""


class Account:
    def __init__(self, home: Path) -> None:
        self.path, self.bin = home / "account.json", home / "bin"
        self.bin.mkdir()
        for name in SYSTEM:
            (self.bin / name).symlink_to(shutil.which(name) or name)
        (self.bin / "aws").write_text(f"#!{sys.executable}\n{AWS}")
        (self.bin / "aws").chmod(0o755)

    def has(self, dead: str, visible: int, *moves: list[str], in_flight: int = 0, refuses: bool = False) -> None:
        names = ("runs", "runs-dead", "replays", "replays-dead", "pushes", "push-dead")
        queues = {f"longwire-dev-{name}": [0, 0] for name in names}
        queues[f"longwire-dev-{dead}"] = [visible, in_flight]
        account = {"queues": queues, "moves": moves, "refuses": refuses, "calls": [], "started": None}
        self.path.write_text(json.dumps(account))

    def started(self) -> list[str] | None:
        """The queues of the move that was started."""
        arns = json.loads(self.path.read_text())["started"]
        return arns and [arn and arn.rsplit(":")[-1] for arn in arns]

    def calls(self, verb: str) -> int:
        calls: list[str] = json.loads(self.path.read_text())["calls"]
        return calls.count(verb)

    def redrive(self, *words: str, answer: str = "", seconds: int = 60) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": str(self.bin),
            "ACCOUNT": str(self.path),
            "REDRIVE_SECONDS": str(seconds),
            "REDRIVE_PAUSE_SECONDS": "0",
        }
        command = [str(ROOT / "scripts" / "redrive"), *words]
        return subprocess.run(command, env=environment, input=answer, capture_output=True, text=True, check=False)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def test_the_messages_are_moved_to_the_queue_that_is_named_as_destination(account: Account) -> None:
    account.has("runs-dead", 3, NEVER, RUNNING, COMPLETED, in_flight=1)
    done = account.redrive("dev", "--yes")
    assert done.returncode == 0, done.stderr
    assert account.started() == ["longwire-dev-runs-dead", "longwire-dev-runs"]
    assert "about 3 messages to move" in done.stdout
    assert "1 messages that somebody has received" in done.stdout
    assert done.stdout.endswith("3 messages were moved to longwire-dev-runs.\n")


@pytest.mark.parametrize(("queue", "dead"), [("replays", "replays-dead"), ("pushes", "push-dead")])
def test_the_other_queues_of_jobs_can_be_named(account: Account, queue: str, dead: str) -> None:
    account.has(dead, 3, NEVER, COMPLETED)
    assert account.redrive("dev", "--queue", queue, "--yes").returncode == 0
    assert account.started() == [f"longwire-dev-{dead}", f"longwire-dev-{queue}"]


@pytest.mark.parametrize("queue", ["erase", "erase-dead", "notify-dead"])
def test_records_of_a_stream_cannot_be_moved(account: Account, queue: str) -> None:
    account.has("runs-dead", 3, NEVER)
    done = account.redrive("dev", "--queue", queue, "--yes")
    assert done.returncode == 1
    assert "records of a stream" in done.stderr
    assert account.started() is None


def test_only_the_answer_yes_moves(account: Account) -> None:
    account.has("runs-dead", 3, NEVER, COMPLETED)
    assert account.redrive("dev", answer="y\n").returncode == 1
    assert account.redrive("dev").returncode == 1
    assert account.started() is None
    account.has("runs-dead", 3, NEVER, COMPLETED)
    assert account.redrive("dev", answer="yes\n").returncode == 0
    assert account.started() is not None


def test_nothing_is_moved_from_an_empty_queue(account: Account) -> None:
    account.has("runs-dead", 0, COMPLETED)
    done = account.redrive("dev", "--yes")
    assert (done.returncode, done.stdout) == (0, "longwire-dev-runs-dead has no messages to move.\n")
    account.has("runs-dead", 0, COMPLETED, in_flight=2)
    done = account.redrive("dev", "--yes")
    assert (done.returncode, account.started()) == (0, None)
    assert "2 messages that somebody has received" in done.stdout


def test_a_move_that_is_under_way_is_followed(account: Account) -> None:
    account.has("runs-dead", 3, RUNNING, RUNNING, COMPLETED)
    done = account.redrive("dev", "--yes")
    assert done.returncode == 0, done.stderr
    assert account.started() is None
    assert done.stdout.endswith("3 messages were moved to longwire-dev-runs.\n")


def test_an_earlier_move_is_not_taken_for_the_one_that_was_started(account: Account) -> None:
    earlier = ["1", "FAILED", "0", "AccessDenied"]
    account.has("runs-dead", 3, earlier, earlier, RUNNING, COMPLETED)
    done = account.redrive("dev", "--yes")
    assert done.returncode == 0, done.stderr
    assert account.calls("list-message-move-tasks") == 4


def test_the_reason_of_a_failure_is_printed(account: Account) -> None:
    account.has("runs-dead", 3, NEVER, ["2", "FAILED", "1", "AWS.SimpleQueueService.NonExistentQueue: it is gone"])
    done = account.redrive("dev", "--yes")
    assert done.returncode == 1
    assert "failed after 1 messages: AWS.SimpleQueueService.NonExistentQueue: it is gone" in done.stderr


def test_a_cancelled_move_is_a_failure(account: Account) -> None:
    account.has("runs-dead", 3, NEVER, ["2", "CANCELLED", "1", "None"])
    done = account.redrive("dev", "--yes")
    assert done.returncode == 1
    assert "cancelled after 1 messages" in done.stderr


def test_a_move_is_followed_for_a_limited_time(account: Account) -> None:
    account.has("runs-dead", 3, NEVER, RUNNING)
    done = account.redrive("dev", "--yes", seconds=0)
    assert done.returncode == 1
    assert "run the command again to follow it" in done.stderr


def test_a_refused_start_is_a_failure(account: Account) -> None:
    account.has("runs-dead", 3, NEVER, refuses=True)
    done = account.redrive("dev", "--yes")
    assert done.returncode == 1
    assert "AccessDeniedException" in done.stderr
    assert "nothing was moved" in done.stderr


def test_an_environment_that_is_not_deployed_is_named(account: Account) -> None:
    account.has("runs-dead", 3, NEVER)
    done = account.redrive("prod", "--yes")
    assert done.returncode == 1
    assert "longwire-prod-runs" in done.stderr
    assert account.redrive("dev", "--project", "other", "--yes").returncode == 1


@pytest.mark.parametrize("words", [(), ("dev", "prod"), ("dev", "--queue", "jobs"), ("dev", "--all")])
def test_an_invalid_command_line_is_refused(account: Account, words: tuple[str, ...]) -> None:
    account.has("runs-dead", 3, NEVER)
    assert account.redrive(*words).returncode == 1
    assert account.started() is None
