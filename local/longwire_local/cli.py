"""Commands of scripts/local. Each command imports its modules itself, so that `ask` starts fast."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .auth import MODES
from .checkout import Checkout
from .errors import LocalError
from .facts import FUNCTIONS
from .options import Requested
from .state import Description, Record

if TYPE_CHECKING:
    from .client_tools import ClientTool

ASK_TIMEOUT_S = 900.0

# Remarks of `up` about who may connect.
ADMISSION: dict[str, str] = {
    "none": "everybody may connect, and all are one user (--auth oidc or --auth token asks for a token)",
    "token": "clients need the shared token, and all are one user",
    "oidc": "clients need a token of the simulator's issuer",
}


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

    requested = Requested(settings(os.environ), chosen.terraform, chosen.auth)
    description = _ensure_stack(checkout, requested)
    say(f"ready; {ADMISSION[description.auth['mode']]}")
    print(description.websocket)
    print(_wscat(description))
    return 0


def _wscat(description: Description) -> str:
    """A command that connects to the stack. The shell gets the token, so that it is not printed."""
    token = {"token": "./scripts/local token", "oidc": "./scripts/local token --user alice"}
    command = token.get(description.auth["mode"])
    header = f' -H "Authorization: Bearer $({command})"' if command else ""
    prompt = '{"prompt":"Hey!"}'
    return f"npx wscat@6.1.0 -c '{description.websocket}' -s longwire.v1{header} -x '{prompt}' -w 5"


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

    tools = _tools(chosen)
    try:
        description = _ensure_stack(checkout, Requested())
        ask(description.websocket, _bearer_token(description, chosen), chosen.prompt, chosen.timeout, tools)
    except RunFailed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    return 0


def _chat(checkout: Checkout, chosen: argparse.Namespace) -> int:
    from .client import chat

    tools = _tools(chosen)
    description = _ensure_stack(checkout, Requested())
    chat(description.websocket, _bearer_token(description, chosen), chosen.timeout, tools)
    return 0


def _tools(chosen: argparse.Namespace) -> dict[str, ClientTool]:
    from .client_tools import chosen as tools

    return tools(chosen.tool, chosen.tool_schema)


def _push(checkout: Checkout, chosen: argparse.Namespace) -> int:
    from .push import Extras, Target, push

    description = _running_stack(checkout)
    target = Target(chosen.user, chosen.thread, chosen.connection, chosen.room)
    print(push(description, target, chosen.event, Extras(chosen.durable, chosen.prompt)))
    return 0


def _token(checkout: Checkout, chosen: argparse.Namespace) -> int:
    token = _bearer_token(_running_stack(checkout), chosen)
    if token is None:
        raise LocalError("this stack takes no token; ./scripts/local up --auth oidc changes that.")
    print(token)
    return 0


def _bearer_token(description: Description, chosen: argparse.Namespace) -> str | None:
    from .credentials import Identity, bearer_token

    return bearer_token(description, Identity(chosen.user, tuple(chosen.group), chosen.expires))


def _running_stack(checkout: Checkout) -> Description:
    """The description of the running stack. Raises LocalError when there is none."""
    from .freshness import running

    description = Description.load(checkout)
    if description is None or not running(Record.load(checkout)):
        raise LocalError("the stack does not run: ./scripts/local up starts it.")
    return description


def _ensure_stack(checkout: Checkout, requested: Requested) -> Description:
    """Brings the stack up to date and returns its description. Takes the lock only to change something."""
    from .freshness import fresh

    record, description = Record.load(checkout), Description.load(checkout)
    unchanged = requested.over(record.options) == record.options
    if description and unchanged and fresh(checkout, record):
        return description
    from .lock import exclusive
    from .stack import bring_up

    with exclusive(checkout):
        return bring_up(checkout, requested)


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
    up.add_argument(
        "--auth",
        choices=MODES,
        help="who may connect: everybody, holders of a shared token, or holders of tokens of the simulator's "
        "issuer (default: as the running stack, else none)",
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
    push = commands.add_parser("push", help="send an event to connected clients, as another service does")
    push.set_defaults(run=_push)
    push.add_argument("event", help="a CloudEvent in JSON, or the data of one that is made")
    push.add_argument(
        "--user", metavar="ID", help="id of the user, as ready shows it (default: the user of `ask`)"
    )
    push.add_argument("--thread", metavar="ID", help="only the user's connections on this thread")
    push.add_argument("--connection", metavar="ID", help="one connection, instead of a user")
    push.add_argument("--room", metavar="NAME", help="the members of a room, instead of a user")
    push.add_argument("--durable", action="store_true", help="keep the event for devices that are away")
    push.add_argument("--prompt", metavar="TEXT", help="also start a run of the user with this text")
    token = commands.add_parser("token", help="print a token, or the shared token, to connect with")
    token.set_defaults(run=_token)
    token.add_argument("--expires", type=int, metavar="SECONDS", help="from now; negative for an expired token")
    for command in (ask, chat, token):
        command.add_argument("--user", metavar="NAME", help="user of the token (with --auth oidc; default: local)")
        command.add_argument(
            "--group", action="append", default=[], metavar="NAME", help="group of the user; repeatable"
        )
    for command in (ask, chat):
        command.set_defaults(expires=None)
        command.add_argument(
            "--timeout", type=float, default=ASK_TIMEOUT_S, help="seconds for an answer (default: %(default)g)"
        )
        command.add_argument(
            "--tool",
            action="append",
            default=[],
            metavar="NAME=COMMAND",
            help="a tool that the model may call: the command gets the arguments on stdin, as JSON, and prints "
            "the result; repeatable",
        )
        command.add_argument(
            "--tool-schema",
            action="append",
            default=[],
            metavar="NAME=FILE",
            help="JSON Schema of the arguments of a --tool, with the description of the tool; repeatable",
        )
    return parser
