"""Tests of scripts/revoke with a stand-in for the AWS CLI."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ("bash", "cat", "date", "env", "sleep")

# A stand-in for the AWS CLI. It lists the connections of a file, records each call in another one, and fails the
# calls that FAILS names.
AWS = """import json, os, sys
from pathlib import Path
verb = sys.argv[2]
options = dict(zip(sys.argv[3::2], sys.argv[4::2]))
rows = json.loads(Path(os.environ["ROWS"]).read_text())
if verb in os.environ["FAILS"].split():
    sys.exit("An error occurred (AccessDeniedException)")
if verb == "get-queue-url":
    print("https://sqs/" + options["--queue-name"])
elif verb == "query":
    user = json.loads(options["--expression-attribute-values"])[":user"]["S"]
    print("\\n".join(name for name, row in rows.items() if row["user"] == user))
else:
    if verb == "update-item" and rows[json.loads(options["--key"])["connection"]["S"]].get("ended"):
        sys.exit("An error occurred (ConditionalCheckFailedException)")
    with open(os.environ["CALLS"], "a") as calls:
        print(json.dumps([verb, options]), file=calls)
"""


class Account:
    def __init__(self, home: Path) -> None:
        self.rows, self.calls, self.bin = home / "rows.json", home / "calls", home / "bin"
        self.calls.touch()
        self.bin.mkdir()
        for name in SYSTEM:
            (self.bin / name).symlink_to(shutil.which(name) or name)
        (self.bin / "aws").write_text(f"#!{sys.executable}\n{AWS}")
        (self.bin / "aws").chmod(0o755)

    def has(self, rows: dict[str, dict[str, Any]]) -> None:
        self.rows.write_text(json.dumps(rows))

    def revoke(self, *words: str, fails: str = "") -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": str(self.bin),
            "ROWS": str(self.rows),
            "CALLS": str(self.calls),
            "FAILS": fails,
            "REVOKE_PAUSE_SECONDS": "0",
        }
        command = [str(ROOT / "scripts" / "revoke"), *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def made(self) -> list[tuple[str, dict[str, str]]]:
        return [(verb, options) for verb, options in map(json.loads, self.calls.read_text().splitlines())]


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def test_each_connection_of_the_user_is_marked_and_gets_a_job(account: Account) -> None:
    account.has({"a=": {"user": "u_7"}, "b=": {"user": "u_8"}, "c=": {"user": "u_7"}})
    done = account.revoke("dev", "u_7")
    assert (done.returncode, done.stdout) == (0, "2 connections of u_7 are being closed\n"), done.stderr
    updates = [options for verb, options in account.made() if verb == "update-item"]
    assert [json.loads(options["--key"])["connection"]["S"] for options in updates] == ["a=", "c="]
    values = json.loads(updates[0]["--expression-attribute-values"])
    assert values[":revoked"] == {"S": "revoked"}
    assert int(values[":now"]["N"]) > 1_700_000_000
    sent = [options for verb, options in account.made() if verb == "send-message"]
    assert [json.loads(options["--message-body"]) for options in sent] == [
        {"v": 1, "connection": "a="},
        {"v": 1, "connection": "c="},
    ]
    assert {options["--queue-url"] for options in sent} == {"https://sqs/longwire-dev-replays"}


def test_credentials_are_refused_before_connections_are_closed(account: Account) -> None:
    account.has({"a=": {"user": "u_7"}})
    account.revoke("dev", "u_7", "--hours", "2")
    verb, options = account.made()[0]
    item = json.loads(options["--item"])
    assert (verb, options["--table-name"]) == ("put-item", "longwire-dev-users")
    assert (item["user"], item["item"], item["ttl"]) == ({"S": "u_7"}, {"S": "REVOKED"}, item["until"])
    assert 7000 < int(item["until"]["N"]) - time.time() < 7300


def test_a_user_gets_access_again_without_closing_a_connection(account: Account) -> None:
    account.has({"a=": {"user": "u_7"}})
    done = account.revoke("dev", "u_7", "--hours", "0")
    assert (done.returncode, done.stdout) == (0, "u_7 may connect\n")
    assert [verb for verb, _ in account.made()] == ["put-item"]


def test_a_connection_that_has_ended_gets_no_job(account: Account) -> None:
    account.has({"a=": {"user": "u_7", "ended": True}, "b=": {"user": "u_7"}})
    done = account.revoke("dev", "u_7")
    assert (done.returncode, done.stdout) == (0, "1 connections of u_7 are being closed\n")
    assert [verb for verb, _ in account.made()] == ["put-item", "update-item", "send-message"]


@pytest.mark.parametrize("call", ["get-queue-url", "put-item", "query", "update-item", "send-message"])
def test_a_call_that_fails_fails_the_command(account: Account, call: str) -> None:
    account.has({"a=": {"user": "u_7"}, "b=": {"user": "u_7"}})
    done = account.revoke("dev", "u_7", fails=call)
    assert done.returncode == 1
    assert "error: " in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("user", ["", "@token", "a b", 'u","x":"', "x" * 129])
def test_what_is_no_user_is_refused(account: Account, user: str) -> None:
    account.has({})
    done = account.revoke("dev", user)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert account.made() == []
