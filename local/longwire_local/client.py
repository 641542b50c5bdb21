"""`ask` and `chat`, a WebSocket client for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from websockets.exceptions import InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from .approver import Approver
from .client_tools import ClientTool
from .errors import LocalError
from .exchange import Exchange
from .transcript import RunFailed, Transcript
from .turn import Turn

SUBPROTOCOL = Subprotocol("longwire.v1")
OPEN_TIMEOUT_S = 30.0
DIM, PLAIN = "\x1b[2m", "\x1b[0m"


def ask(
    url: str, token: str | None, prompt: str, timeout: float, tools: Mapping[str, ClientTool] | None = None
) -> None:
    """Sends one prompt and prints the answer. `timeout` is in seconds, for the whole answer.

    `tools` are those that this program runs when the model calls them. A person decides on calls that need an
    approval if stdin is a terminal; otherwise the run waits for another client.
    Raises RunFailed when the run fails or waits for another client, and LocalError when the connection or the
    timeout ends before the answer.
    """
    with _connected(url, token) as socket:
        _converse(socket, prompt, timeout, tools or {}, Approver(_note) if sys.stdin.isatty() else None)


def chat(url: str, token: str | None, timeout: float, tools: Mapping[str, ClientTool] | None = None) -> None:
    """Reads prompts until the end of input and prints the answers. One connection, so one thread of messages."""
    # The import gives input() a history and line editing.
    import readline  # noqa: F401

    with _connected(url, token) as socket:
        _note("A conversation; end it with Ctrl-D.")
        while (prompt := _next_prompt()) is not None:
            if prompt.strip():
                _turn(socket, prompt, timeout, tools or {})


def _turn(socket: ClientConnection, prompt: str, timeout: float, tools: Mapping[str, ClientTool]) -> None:
    try:
        _converse(socket, prompt, timeout, tools, Approver(_note))
    except RunFailed as failure:
        _note(f"error: {failure}")


def _converse(
    socket: ClientConnection,
    prompt: str,
    timeout: float,
    tools: Mapping[str, ClientTool],
    approver: Approver | None,
) -> None:
    try:
        Turn(Exchange(socket, Transcript(_answer, _note), timeout), tools, approver).play(prompt)
    finally:
        _answer("\n")


@contextmanager
def _connected(url: str, token: str | None) -> Iterator[ClientConnection]:
    with ExitStack() as stack:
        socket = _open(stack, url, token)
        if socket.subprotocol != SUBPROTOCOL:
            raise LocalError(f"the server did not agree to {SUBPROTOCOL}")
        yield socket


def _open(stack: ExitStack, url: str, token: str | None) -> ClientConnection:
    # The server is on this machine: no proxy, no compression. No pings, as a compiler may slow the server down.
    try:
        socket = connect(
            url,
            subprotocols=[SUBPROTOCOL],
            additional_headers={"Authorization": f"Bearer {token}"} if token else None,
            open_timeout=OPEN_TIMEOUT_S,
            compression=None,
            proxy=None,
            ping_interval=None,
            max_size=None,
        )
        return stack.enter_context(socket)
    except (OSError, InvalidHandshake, TimeoutError) as error:
        raise LocalError(f"could not connect to {url}: {error}") from error


def _next_prompt() -> str | None:
    try:
        return input("> ")
    except EOFError:
        return None


def _answer(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _note(text: str) -> None:
    dim, plain = (DIM, PLAIN) if sys.stderr.isatty() else ("", "")
    print(f"{dim}{text}{plain}", file=sys.stderr, flush=True)
