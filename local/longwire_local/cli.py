"""Commands of scripts/local. Each command imports its modules itself, so that `ask` starts fast."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from .checkout import Checkout
from .errors import LocalError
from .facts import FUNCTIONS
from .state import Description, Record

ASK_TIMEOUT_S = 900.0


def main(arguments: list[str]) -> int:
    """Runs one command and returns its exit status. A LocalError is printed without a traceback."""
    chosen = _parser().parse_args(arguments)
    checkout = Checkout.of(Path(__file__))
    # SIGTERM acts as Ctrl-C does, so that a stack that is half started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(chosen.run(checkout, chosen))
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of stdout has closed it. Python would write to it again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _up(checkout: Checkout, chosen: argparse.Namespace) -> int:
    from .environment import settings
    from .progress import say

    description = _ensure_stack(checkout, settings(os.environ), chosen.terraform)
    say("ready")
    print(description.websocket)
    print(f"""npx wscat@6.1.0 -c '{description.websocket}' -s longwire.v1 -x '{{"prompt":"Hey!"}}' -w 5""")
    return 0


def _down(checkout: Checkout, _: argparse.Namespace) -> int:
    from .lock import exclusive
    from .progress import say
    from .stack import take_down

    with exclusive(checkout):
        say("the stack is down" if take_down(checkout) else "nothing was running")
    return 0


def _status(checkout: Checkout, _: argparse.Namespace) -> int:
    from .status import show

    return 0 if show(checkout) else 1


def _logs(checkout: Checkout, chosen: argparse.Namespace) -> int:
    from .logs import show

    show(checkout, chosen.function, chosen.follow)
    return 0


def _ask(checkout: Checkout, chosen: argparse.Namespace) -> int:
    from .client import ask
    from .transcript import RunFailed

    try:
        ask(_ensure_stack(checkout, None).websocket, chosen.prompt, chosen.timeout)
    except RunFailed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    return 0


def _chat(checkout: Checkout, chosen: argparse.Namespace) -> int:
    from .client import chat

    chat(_ensure_stack(checkout, None).websocket, chosen.timeout)
    return 0


def _ensure_stack(
    checkout: Checkout, settings: dict[str, str] | None, by_terraform: bool | None = None
) -> Description:
    """Brings the stack up to date and returns its description. Takes the lock only when there is something to do.

    None for `settings` or `by_terraform` accepts the running stack's.
    """
    from .freshness import fresh

    record, description = Record.load(checkout), Description.load(checkout)
    unchanged = by_terraform in (None, bool(record.terraform)) and settings in (None, record.settings)
    if description and unchanged and fresh(checkout, record):
        return description
    from .lock import exclusive
    from .stack import bring_up

    with exclusive(checkout):
        return bring_up(checkout, settings, by_terraform)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/local", description="Longwire on this machine, without AWS.")
    commands = parser.add_subparsers(required=True, metavar="command")

    up = commands.add_parser("up", help="start the stack, or bring it up to date; prints its URL")
    up.set_defaults(run=_up)
    up.add_argument(
        "--terraform",
        action="store_true",
        default=bool(os.environ.get("LONGWIRE_TERRAFORM")),
        help="deploy the folder terraform with the registry's provider instead (also: LONGWIRE_TERRAFORM=1)",
    )
    up.epilog = (
        "LONGWIRE_PORT asks for a port; LONGWIRE_FN_<NAME>=value sets <NAME> in the functions that know it; "
        "LONGWIRE_STATE=<folder> is where the stack keeps its state, for a second one beside the usual."
    )
    commands.add_parser("down", help="end the stack").set_defaults(run=_down)
    commands.add_parser("status", help="what runs, and where").set_defaults(run=_status)

    logs = commands.add_parser("logs", help="the log of each function, or of one")
    logs.add_argument("function", nargs="?", choices=(*FUNCTIONS, "ministack", "simulator"))
    logs.add_argument("-f", "--follow", action="store_true", help="go on as lines are written")
    logs.set_defaults(run=_logs)

    ask = commands.add_parser("ask", help="send one prompt, print the answer as it streams")
    ask.add_argument("prompt")
    ask.set_defaults(run=_ask)
    chat = commands.add_parser("chat", help="a conversation in the terminal")
    chat.set_defaults(run=_chat)
    for command in (ask, chat):
        command.add_argument(
            "--timeout", type=float, default=ASK_TIMEOUT_S, help="seconds for an answer (default: %(default)g)"
        )
    return parser
