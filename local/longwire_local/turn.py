"""A prompt and the runs that answer it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from . import client_tools
from .client_tools import ClientTool, Result
from .errors import LocalError
from .transcript import Call, Event, RunFailed, Transcript, events, failure

# A request is repeated so often while the server asks for it, at most this long after an answer.
MAX_ATTEMPTS = 20
MAX_PAUSE_S = 5.0
PAUSE_S = 0.5
GIVE_UP_S = 5.0
# As much as the server shows of a result of its own.
MAX_SHOWN = 16 * 1024


class Turn:
    """A prompt on a connection: its run, and those that follow with the results of this client's tools."""

    def __init__(
        self, socket: ClientConnection, transcript: Transcript, tools: Mapping[str, ClientTool], timeout: float
    ) -> None:
        self._socket = socket
        self._transcript = transcript
        self._tools = tools
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._requests = 0
        self._ended = False

    def play(self, prompt: str) -> None:
        """Sends the prompt and returns when it is answered.

        Raises RunFailed when a run fails, and LocalError at the end of the connection or of the time.
        """
        declared = [tool.declaration() for tool in self._tools.values()]
        try:
            self._send({"action": "prompt", "prompt": prompt} | ({"tools": declared} if declared else {}))
            while pending := self._run():
                self._answer(pending)
        except ConnectionClosed as closed:
            raise LocalError(f"the connection was closed before the answer was complete ({closed})") from closed

    def _run(self) -> list[Call]:
        """Reads a run to its end, and returns the calls that are left to clients."""
        while not self._ended:
            for event in self._frame():
                self._read(event)
        self._ended = False
        return self._transcript.pending

    def _answer(self, pending: list[Call]) -> None:
        """Runs the commands of the calls, one after another, and sends their results."""
        try:
            for call in pending:
                if tool := self._tools.get(call.name):
                    self._send_result(call, self._result(tool, call))
        except BaseException:
            # The thread would wait for the results otherwise, and refuse prompts.
            self._give_up(pending[0].run)
            raise
        if foreign := [call.name for call in pending if call.name not in self._tools]:
            raise RunFailed(f"the thread waits for results of another client's tools: {', '.join(foreign)}")

    def _result(self, tool: ClientTool, call: Call) -> Result:
        note = self._transcript.note
        note(f"$ {tool.command}")
        left = self._deadline - time.monotonic()
        result = client_tools.run(tool, call.arguments or "{}", max(0.0, min(client_tools.LIMIT_S, left)))
        note(f"<- {call.name}{' (error)' if result.failed else ''}: {result.text[:MAX_SHOWN]}")
        return result

    def _send_result(self, call: Call, result: Result) -> None:
        for fields in result.fields():
            self._accepted({"action": "tool_result", "toolCallId": call.id, **fields})

    def _accepted(self, request: Event) -> None:
        """Sends a request until the server accepts it. Raises RunFailed when the server does not."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            response = self._request(request)
            if response["type"] == "ack":
                return
            if attempt == MAX_ATTEMPTS or not response.get("retryable"):
                raise RunFailed(failure(response))
            time.sleep(min(response.get("retryAfterMs", PAUSE_S * 1000) / 1000, MAX_PAUSE_S))

    def _give_up(self, run: str) -> None:
        """Cancels the wait for the results of a run, if the server can be reached."""
        self._deadline = time.monotonic() + GIVE_UP_S
        with suppress(ConnectionClosed, LocalError, RunFailed):
            self._request({"action": "cancel", "runId": run})

    def _request(self, request: Event) -> Event:
        """Sends a request and returns its response. Events that come before it are read."""
        self._requests += 1
        request_id = f"local-{self._requests}"
        self._send({**request, "id": request_id})
        response: Event | None = None
        while response is None:
            for event in self._frame():
                if _responds(event, request_id):
                    response = event
                else:
                    self._read(event)
        return response

    def _read(self, event: Event) -> None:
        self._ended = self._transcript.read(event) or self._ended

    def _frame(self) -> list[Event]:
        try:
            return events(self._socket.recv(timeout=max(0.0, self._deadline - time.monotonic())))
        except TimeoutError as error:
            raise LocalError(f"no complete answer within {self._timeout:g} s") from error

    def _send(self, request: Event) -> None:
        # Without escapes, so that a part of a result fits into its request.
        self._socket.send(json.dumps(request, ensure_ascii=False))


def _responds(event: Event, request_id: str) -> bool:
    return "specversion" not in event and event.get("type") in ("ack", "error") and event.get("id") == request_id
