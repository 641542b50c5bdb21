"""A WebSocket server for tests of the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol


@contextmanager
def serving(answer: Callable[[ServerConnection], None]) -> Iterator[str]:
    """The URL of a server that handles each connection with this function."""
    with serve(answer, "127.0.0.1", 0, subprotocols=[Subprotocol("longwire.v1")]) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()
