"""Requests on a connection, their responses, and the events between them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from .errors import LocalError
from .transcript import Event, RunFailed, Transcript, events, failure

# A request is repeated so often while the server asks for it, at most this long after an answer.
MAX_ATTEMPTS = 20
MAX_PAUSE_S = 5.0
PAUSE_S = 0.5
GIVE_UP_S = 5.0


class Exchange:
    """A connection whose events a transcript reads, for at most `timeout` seconds."""

    def __init__(self, socket: ClientConnection, transcript: Transcript, timeout: float) -> None:
        self.transcript = transcript
        self._socket = socket
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._requests = 0
        self._ended = False

    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self._deadline - time.monotonic())

    def send(self, request: Event) -> None:
        """Sends a request whose response is read as an event."""
        # Without escapes, so that a part of a result fits into its request.
        self._socket.send(json.dumps(request, ensure_ascii=False))

    def read_run(self) -> None:
        """Reads a run to its end."""
        while not self._ended:
            for event in self._frame():
                self._read(event)
        self._ended = False

    def accepted(self, request: Event) -> None:
        """Sends a request until the server accepts it. Raises RunFailed when the server does not."""
        response, _ = self.settle(request)
        if response["type"] != "ack":
            raise RunFailed(failure(response))

    def settle(self, request: Event) -> tuple[Event, int]:
        """Sends a request while the server asks for it. Returns the last response, and how many there were."""
        attempts = 1
        while (response := self._request(request)).get("retryable") and attempts < MAX_ATTEMPTS:
            time.sleep(min(response.get("retryAfterMs", PAUSE_S * 1000) / 1000, MAX_PAUSE_S))
            attempts += 1
        return response, attempts

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Moves the deadline by the time that the block takes, as a person has no deadline."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self._deadline += time.monotonic() - begin

    def give_up(self, run: str) -> None:
        """Cancels the wait for the answers to a run, if the server can be reached."""
        self._deadline = time.monotonic() + GIVE_UP_S
        with suppress(ConnectionClosed, LocalError, RunFailed):
            self._request({"action": "cancel", "runId": run})

    def _request(self, request: Event) -> Event:
        """Sends a request and returns its response. Events that come before it are read."""
        self._requests += 1
        request_id = f"local-{self._requests}"
        self.send({**request, "id": request_id})
        response: Event | None = None
        while response is None:
            for event in self._frame():
                if _responds(event, request_id):
                    response = event
                else:
                    self._read(event)
        return response

    def _read(self, event: Event) -> None:
        self._ended = self.transcript.read(event) or self._ended

    def _frame(self) -> list[Event]:
        try:
            return events(self._socket.recv(timeout=self.left()))
        except TimeoutError as error:
            raise LocalError(f"no complete answer within {self._timeout:g} s") from error


def _responds(event: Event, request_id: str) -> bool:
    return "specversion" not in event and event.get("type") in ("ack", "error") and event.get("id") == request_id
