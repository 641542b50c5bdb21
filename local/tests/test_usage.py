"""Tests of scripts/usage with a stand-in for the AWS CLI."""

import csv
import json
import re
import shutil
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
import usage_row

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ("awk", "bash", "cat", "date", "env", "mktemp", "rm", "sort")

# A stand-in for the AWS CLI. It prints the items of the partition and of the user, two a page, as the CLI prints
# text: an item a line and "None" for a missing attribute. Each call gets a file, because the calls overlap.
AWS = """import json, os, re, sys
from pathlib import Path
service, verb = sys.argv[1:3]
options = dict(zip(sys.argv[3::2], sys.argv[4::2]))
Path(os.environ["CALLS"], str(os.getpid())).write_text(json.dumps([service, verb, options]))
values = json.loads(options["--expression-attribute-values"])
json.loads(options["--expression-attribute-names"])
partition, user = values[":partition"]["S"], values.get(":user", {}).get("S", "")
if partition.endswith(os.environ["FAILS_AT"]):
    sys.exit("\\nAn error occurred (" + os.environ["FAILS"] + ") when calling the Query operation")
items = json.loads(Path(os.environ["ITEMS"]).read_text()).get(partition, [])
found = [item for item in items if item["item"].startswith(user)]
attributes = re.search(r"\\[([^\\[\\]]+)\\]$", options["--query"])[1]
for page in range(0, len(found), 2):
    for item in found[page:page + 2]:
        print(*(item.get(name.strip()[:-2], "None") for name in attributes.split(",")), sep="\\t")
"""

CLAUDE = "us.anthropic.claude-sonnet-5-5"
NOVA = "us.amazon.nova-lite-v1:0"


class Account:
    def __init__(self, home: Path) -> None:
        self.items: dict[str, list[dict[str, str]]] = {}
        self.home, self.calls, self.bin = home, home / "calls", home / "bin"
        self.calls.mkdir()
        self.bin.mkdir()
        for name in SYSTEM:
            (self.bin / name).symlink_to(shutil.which(name) or name)
        (self.bin / "aws").write_text(f"#!{sys.executable}\n{AWS}")
        (self.bin / "aws").chmod(0o755)

    def used(
        self,
        user: str,
        run: str,
        tokens: tuple[int, int, int, int],
        cost: int | None = None,
        *,
        model: str = CLAUDE,
        day: int = 20261126,
        part: str = "",
    ) -> None:
        """Adds an item, in the user's partition unless a part is given. `tokens`: input, cached, written, output;
        `cost`: in millionths of a dollar."""
        names = ("inputTokens", "cachedInputTokens", "cacheWriteInputTokens", "outputTokens")
        item = dict(zip(names, map(str, tokens), strict=True))
        item |= {
            "user": f"usage#{day // 100}#{part}" if part else usage_row.partition(user, day // 100),
            "item": usage_row.sort_key(user, day, "t_1", run),
            "payer": user,
            "thread": "t_1",
            "run": run,
            "model": model,
            "day": str(day),
            "ttl": "1830254460",
        }
        if cost is not None:
            item["costMicros"] = str(cost)
        self.items.setdefault(item["user"], []).append(item)

    def usage(self, *words: str, fails: str = "", at: str = "none") -> subprocess.CompletedProcess[str]:
        (self.home / "items.json").write_text(json.dumps(self.items))
        environment = {
            "PATH": str(self.bin),
            "TMPDIR": str(self.home),
            "ITEMS": str(self.home / "items.json"),
            "CALLS": str(self.calls),
            "FAILS": fails,
            "FAILS_AT": at,
        }
        command = [str(ROOT / "scripts" / "usage"), *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def november(self, *words: str) -> str:
        done = self.usage("dev", "--month", "2026-11", *words)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def made(self) -> list[dict[str, str]]:
        """The options of all queries, in the order of their partitions."""
        made = [json.loads(call.read_text()) for call in self.calls.iterdir()]
        assert all(call[:2] == ["dynamodb", "query"] for call in made)
        return sorted((options for _, _, options in made), key=lambda call: call["--expression-attribute-values"])


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text)))


def test_the_script_reads_attributes_that_the_worker_writes() -> None:
    script = (ROOT / "scripts" / "usage").read_text()
    [read] = re.findall(r'^attributes="(.+)"$', script, re.MULTILINE)
    types = dict(name.split(".") for name in read.split(", "))
    assert types == {name: usage_row.ATTRIBUTES.get(name) for name in types}
    names = set(re.findall(r'"#\w+\\?":\\?"(\w+)', script))
    assert {name: usage_row.ATTRIBUTES.get(name) for name in names} == {"user": "S", "item": "S"}


def test_the_items_of_these_tests_are_as_the_worker_writes_them(account: Account) -> None:
    account.used("u_7", "r_1", (1, 0, 0, 1), 1)
    [(partition, [item])] = account.items.items()
    assert re.fullmatch("usage#202611#[0-9a-f]", partition)
    assert item["item"] == "u_7#26#t_1#r_1"
    # `estimated` is written only if it is true.
    assert item.keys() | {"estimated"} == usage_row.ATTRIBUTES.keys()


def test_the_table_has_a_line_for_each_user_and_model_and_a_total(account: Account) -> None:
    account.used("u_7", "r_1", (1000, 600, 100, 50), 12_345)
    account.used("u_7", "r_2", (500, 0, 0, 25), 5_000, day=20261101)
    account.used("u_7", "r_3", (10, 0, 0, 5), 7, model=NOVA)
    account.used("auth0%7C12", "r_1", (9, 0, 0, 1), 1_500_000)
    assert account.november() == (
        "user        model                           runs  input  cached  written  output    cost\n"
        "auth0%7C12  us.anthropic.claude-sonnet-5-5     1      9       0        0       1  1.5000\n"
        "u_7         us.anthropic.claude-sonnet-5-5     2   1500     600      100      75  0.0173\n"
        "u_7         us.amazon.nova-lite-v1:0           1     10       0        0       5  0.0000\n"
        "total                                          4   1519     600      100      81  1.5174\n"
    )


def test_by_day_has_a_line_for_each_day(account: Account) -> None:
    account.used("u_7", "r_1", (1000, 600, 100, 50), 12_345)
    account.used("u_7", "r_2", (500, 0, 0, 25), 50_000, day=20261101)
    account.used("u_7", "r_3", (1, 0, 0, 1), 5, day=20261101)
    assert account.november("--by", "day") == (
        "user   day         model                           runs  input  cached  written  output    cost\n"
        "u_7    2026-11-01  us.anthropic.claude-sonnet-5-5     2    501       0        0      26  0.0500\n"
        "u_7    2026-11-26  us.anthropic.claude-sonnet-5-5     1   1000     600      100      50  0.0123\n"
        "total                                                 3   1501     600      100      76  0.0624\n"
    )
    assert rows(account.november("--by", "day", "--csv"))[:2] == [
        [
            *("user", "day", "model", "runs", "input_tokens", "cached_input_tokens", "cache_write_input_tokens"),
            *("output_tokens", "cost_usd", "unpriced_runs"),
        ],
        ["u_7", "2026-11-01", CLAUDE, "2", "501", "0", "0", "26", "0.050005", "0"],
    ]


def test_csv_has_a_header_and_quotes_what_needs_it(account: Account) -> None:
    arn = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3"
    account.used("auth0%7C12", "r_1", (1000, 600, 100, 50), 12_345, model=arn)
    account.used("u_7", "r_2", (1, 0, 0, 1), 1, model='a "quoted", name')
    text = account.november("--csv")
    assert text == (
        "user,model,runs,input_tokens,cached_input_tokens,cache_write_input_tokens,output_tokens,cost_usd,unpriced_runs\n"
        f"auth0%7C12,{arn},1,1000,600,100,50,0.012345,0\n"
        'u_7,"a ""quoted"", name",1,1,0,0,1,0.000001,0\n'
    )
    assert rows(text)[2][1] == 'a "quoted", name'


def test_all_pages_of_all_partitions_are_added(account: Account) -> None:
    for part in "0123456789abcdef":
        for run in range(5):
            account.used(f"u_{part}", f"r_{run}", (1, 0, 0, 1), 1_000_000, part=part)
    printed = rows(account.november("--csv"))[1:]
    assert [(row[0], row[2], row[7]) for row in printed] == [
        (f"u_{part}", "5", "5.000000") for part in "0123456789abcdef"
    ]


def test_exactly_the_16_partitions_of_the_month_are_read(account: Account) -> None:
    account.november()
    made = account.made()
    assert [json.loads(options["--expression-attribute-values"]) for options in made] == [
        {":partition": {"S": f"usage#202611#{part}"}} for part in "0123456789abcdef"
    ]
    assert {options["--table-name"] for options in made} == {"longwire-dev-users"}


def test_a_user_is_read_by_the_beginning_of_the_sort_key(account: Account) -> None:
    account.used("u_7", "r_1", (1, 0, 0, 1), 1)
    account.used("u_77", "r_2", (1, 0, 0, 1), 1)
    assert [row[0] for row in rows(account.november("--user", "u_7", "--csv"))] == ["user", "u_7"]
    made = account.made()
    assert len(made) == 16
    assert made[0]["--key-condition-expression"] == "#user = :partition AND begins_with(#item, :user)"
    assert json.loads(made[0]["--expression-attribute-names"]) == {"#user": "user", "#item": "item"}
    assert json.loads(made[0]["--expression-attribute-values"])[":user"] == {"S": "u_7#"}


def test_the_month_is_the_current_one_unless_another_is_named(account: Account) -> None:
    before = time.strftime("%Y%m", time.gmtime())
    assert account.usage("dev", "--project", "acme").returncode == 0
    made = account.made()[0]
    partition = json.loads(made["--expression-attribute-values"])[":partition"]["S"]
    assert partition in {f"usage#{month}#0" for month in (before, time.strftime("%Y%m", time.gmtime()))}
    assert made["--table-name"] == "acme-dev-users"


def test_a_month_without_usage_is_no_error(account: Account) -> None:
    account.used("u_7", "r_1", (1, 0, 0, 1), 1, day=20261226)
    assert account.november() == "There is no usage in 2026-11.\n"
    assert account.november("--user", "u_7") == "There is no usage in 2026-11 by u_7.\n"
    assert len(rows(account.november("--csv"))) == 1


def test_runs_without_a_price_are_marked_and_counted(account: Account) -> None:
    account.used("u_7", "r_1", (1000, 0, 0, 50), 12_345)
    account.used("u_7", "r_2", (1, 0, 0, 1))
    account.used("u_8", "r_1", (7, 0, 0, 7))
    account.used("u_9", "r_1", (7, 0, 0, 8))
    account.used("free", "r_1", (9, 0, 0, 8), 0)
    assert account.november() == (
        "user   model                           runs  input  cached  written  output    cost\n"
        "u_7    us.anthropic.claude-sonnet-5-5     2   1001       0        0      51  0.0123+\n"
        "free   us.anthropic.claude-sonnet-5-5     1      9       0        0       8  0.0000\n"
        "u_9    us.anthropic.claude-sonnet-5-5     1      7       0        0       8       -\n"
        "u_8    us.anthropic.claude-sonnet-5-5     1      7       0        0       7       -\n"
        "total                                     5   1024       0        0      74  0.0123+\n"
    )
    assert [[row[0], *row[7:]] for row in rows(account.november("--csv"))[1:]] == [
        ["u_7", "0.012345", "1"],
        ["free", "0.000000", "0"],
        ["u_9", "", "1"],
        ["u_8", "", "1"],
    ]


def test_a_total_without_any_price_is_not_known(account: Account) -> None:
    account.used("u_7", "r_1", (1, 0, 0, 1))
    assert account.november().splitlines()[-1].split() == ["total", "1", "1", "0", "0", "1", "-"]


def test_large_numbers_are_exact(account: Account) -> None:
    account.used("u_7", "r_1", (5_000_000_000, 4_294_967_297, 3_000_000_000, 2_147_483_648), 9_000_000_000_001)
    account.used("u_7", "r_2", (1, 1, 1, 1), 1)
    assert rows(account.november("--csv"))[1] == [
        *("u_7", CLAUDE, "2", "5000000001", "4294967298", "3000000001", "2147483649", "9000000.000002", "0")
    ]
    total = account.november().splitlines()[-1].split()
    assert total == ["total", "2", "5000000001", "4294967298", "3000000001", "2147483649", "9000000.0000"]


def test_lines_of_equal_cost_and_tokens_are_sorted_by_name(account: Account) -> None:
    for user in ("b", "c", "a"):
        account.used(user, "r_1", (1, 0, 0, 1), 9)
    account.used("d", "r_1", (1, 0, 0, 2), 9)
    account.used("e", "r_1", (100, 0, 0, 2), 8)
    account.used("f", "r_1", (1, 0, 0, 1), 10)
    assert [row[0] for row in rows(account.november("--csv"))[1:]] == ["f", "d", "a", "b", "c", "e"]


@pytest.mark.parametrize("part", ["0", "f"])
def test_an_environment_that_is_not_deployed_is_named(account: Account, part: str) -> None:
    done = account.usage("dev", fails="ResourceNotFoundException", at=f"#{part}")
    assert (done.returncode, done.stdout) == (1, "")
    expected = "there is no table longwire-dev-users here: is dev deployed, in this account and region?"
    assert done.stderr == f"error: {expected}\n"


def test_a_query_that_fails_prints_nothing_but_its_error(account: Account) -> None:
    account.used("u_7", "r_1", (1, 0, 0, 1), 1)
    done = account.usage("dev", "--csv", fails="AccessDeniedException", at="#9")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "error: the table longwire-dev-users cannot be read: An error occurred (AccessDenied"
    )


def test_a_missing_aws_cli_is_named(account: Account) -> None:
    (account.bin / "aws").unlink()
    done = account.usage("dev")
    assert (done.returncode, done.stderr) == (1, "error: the AWS CLI was not found.\n")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["dev", "prod"],
        ["dev", "--month"],
        ["dev", "--month", "2026-13"],
        ["dev", "--month", "2026-1"],
        ["dev", "--month", "202611"],
        ["dev", "--month", "november"],
        ["dev", "--user", ""],
        ["dev", "--user", "a#b"],
        ["dev", "--user", 'a","x":"'],
        ["dev", "--user", "x" * 129],
        ["dev", "--by", "week"],
        ["dev", "--json"],
    ],
)
def test_bad_arguments_are_refused_without_a_call(account: Account, words: list[str]) -> None:
    done = account.usage(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr != ""
    assert account.made() == []


def test_no_temporary_file_is_left(account: Account) -> None:
    account.used("u_7", "r_1", (1, 0, 0, 1), 1)
    account.november()
    account.usage("dev", fails="AccessDeniedException", at="#0")
    assert sorted(path.name for path in account.home.iterdir()) == ["bin", "calls", "items.json"]
