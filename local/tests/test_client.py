from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest
from websockets.http11 import Request
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from longwire_local.client import ask


class Backend:
    """A WebSocket server that ends every run at once, with the requests of its handshakes."""

    def __init__(self) -> None:
        self.handshakes: list[Request] = []

    def answer(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.handshakes.append(connection.request)
        connection.recv()
        connection.send('{"type":"RUN_FINISHED","outcome":{"type":"success"}}')


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def url(backend: Backend) -> Iterator[str]:
    server: Server
    with serve(backend.answer, "127.0.0.1", 0, subprotocols=[Subprotocol("longwire.v1")]) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("token", "header"), [("a.b.c", "Bearer a.b.c"), (None, None)])
def test_the_token_is_sent_in_the_handshake(
    backend: Backend, url: str, token: str | None, header: str | None
) -> None:
    ask(url, token, "Hey!", 10.0)
    (handshake,) = backend.handshakes
    assert handshake.headers.get("Authorization") == header
    assert handshake.path == "/", "a token in the URL would be in logs"
