"""Entry point of scripts/cost: what an environment costs in a month without use, and for 1,000 turns."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from longwire_local.costs import MILLION, Line, Plan, Shape, Turn, idle, turns
from longwire_local.errors import LocalError
from longwire_local.prices import model_price, read_prices

ROOT = Path(__file__).resolve().parent.parent

ABOUT = """Prints what an environment costs: in a month in which nobody uses it, and for 1,000 turns. The prices
are list prices of us-east-1, without the free tier, from terraform/prices.toml and prices.toml."""
MORE = """Without --plan, a plan of ENVIRONMENT is made in terraform/, which must be initialised. That needs AWS
credentials that may read, and the variables TF_VAR_region and TF_VAR_model_id. Nothing is locked or changed."""


def main(arguments: list[str]) -> int:
    """Runs the command and returns its exit status."""
    try:
        report(options(arguments))
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/cost", description=ABOUT, epilog=MORE)
    parser.add_argument("environment", nargs="?", help="plan this environment")
    parser.add_argument("--plan", type=Path, help="a plan of terraform, or its JSON (terraform show -json)")
    parser.add_argument("--model", help="model id, or the beginning of one; default: that of the plan")
    turn = parser.add_argument_group("what a turn takes")
    turn.add_argument("--input", type=int, default=1000, help="tokens of input that are new (%(default)s)")
    turn.add_argument("--cached", type=int, default=5000, help="tokens read from the prompt cache (%(default)s)")
    turn.add_argument("--output", type=int, default=800, help="tokens of output (%(default)s)")
    turn.add_argument("--seconds", type=float, default=40, help="duration of the worker (%(default)s)")
    turn.add_argument("--posts", type=int, default=104, help="posts to the client (%(default)s)")
    turn.add_argument("--minutes", type=float, default=15, help="minutes of the client's connection (%(default)s)")
    chosen = parser.parse_args(arguments)
    if bool(chosen.environment) == bool(chosen.plan):
        parser.error("name an environment, or --plan FILE")
    return chosen


def report(chosen: argparse.Namespace) -> None:
    prices = read_prices(ROOT / "terraform" / "prices.toml")
    plan = Plan(read_plan(chosen.plan) if chosen.plan else made_plan(chosen.environment))
    model = chosen.model or plan.model()
    if model is None:
        raise LocalError("the plan does not say which model it is; name it with --model.")
    of_model = model_price(model, read_prices(ROOT / "prices.toml"))
    turn = Turn(chosen.input, chosen.cached, chosen.output, chosen.seconds, chosen.posts, chosen.minutes)
    print("A month without use, in US dollars")
    print_table(idle(plan, prices))
    print(f"\n1,000 turns with {model}, in US dollars")
    print_table(turns(turn, plan, prices, of_model))
    print(f"\nIn use also, ${prices['cloudwatch']['custom_metric']:.2f} a month for each of the custom metrics")
    print(f"{', '.join(plan.custom_metrics())} (*: for each value of its dimensions)")
    if unknown := plan.unknown():
        print(f"\nNot counted, because their prices are not known here: {', '.join(unknown)}")


def read_plan(file: Path) -> Shape:
    if not file.is_file():
        raise LocalError(f"there is no file {file}.")
    content = file.read_bytes()
    if not content.startswith(b"{"):
        content = terraform("show", "-json", str(file.resolve()))
    plan: Shape = json.loads(content)
    if "planned_values" not in plan:
        raise LocalError(f"{file} is not a plan.")
    return plan


def made_plan(environment: str) -> Shape:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan"
        settings = f"-var-file=envs/{environment}.tfvars"
        terraform("plan", "-input=false", "-lock=false", settings, f"-out={file}")
        return read_plan(file)


def terraform(*arguments: str) -> bytes:
    """Runs terraform in terraform/ and returns its output, which is not shown: plans have settings."""
    empty = subprocess.run([ROOT / "scripts" / "empty-packages"], stdout=subprocess.PIPE, text=True, check=True)
    # A plan in the mode token needs some token; it is written nowhere.
    environment = {
        "TF_VAR_auth_token": secrets.token_hex(32),
        **os.environ,
        "TF_VAR_packages": empty.stdout.strip(),
    }
    command = ["terraform", f"-chdir={ROOT / 'terraform'}", *arguments]
    try:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
    except FileNotFoundError:
        raise LocalError("terraform was not found.") from None
    if done.returncode:
        raise LocalError(f"terraform {arguments[0]} failed; it says why above.")
    return done.stdout


def print_table(lines: Iterable[Line]) -> None:
    listed = list(lines)
    rows = [("", "how many", "price", "sum")]
    rows += [(each.what, count(each), price(each), f"{each.dollars:.4f}") for each in listed]
    rows.append(("total", "", "", f"{sum(each.dollars for each in listed):.4f}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for what, *numbers in rows:
        print("  ".join([what.ljust(widths[0]), *map(str.rjust, numbers, widths[1:])]))


def count(line: Line) -> str:
    return f"{line.count:,.0f}" if line.count >= 100 or line.count == int(line.count) else f"{line.count:.3f}"


def price(line: Line) -> str:
    """The price with two decimals, or four when it needs more."""
    exact = f"{line.price:.4f}"
    whole, _, decimals = exact.partition(".")
    shown = f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
    return f"{shown} per million" if line.per == MILLION else shown


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
