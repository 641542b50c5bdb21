from __future__ import annotations

from collections.abc import Iterator

import pytest
from websocket_server import serving
from websockets.http11 import Request
from websockets.sync.server import ServerConnection

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
    with serving(backend.answer) as url:
        yield url


@pytest.mark.parametrize(("token", "header"), [("a.b.c", "Bearer a.b.c"), (None, None)])
def test_the_token_is_sent_in_the_handshake(
    backend: Backend, url: str, token: str | None, header: str | None
) -> None:
    ask(url, token, "Hey!", 10.0)
    (handshake,) = backend.handshakes
    assert handshake.headers.get("Authorization") == header
    assert handshake.path == "/", "a token in the URL would be in logs"
