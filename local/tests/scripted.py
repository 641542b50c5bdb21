"""A server that plays a script, and the events of its runs."""

from __future__ import annotations

import json
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from longwire_local.transcript import Event


def call(call_id: str, name: str, *deltas: str) -> list[Event]:
    return [
        {"type": "TOOL_CALL_START", "toolCallId": call_id, "toolCallName": name},
        *({"type": "TOOL_CALL_ARGS", "toolCallId": call_id, "delta": delta} for delta in deltas),
        {"type": "TOOL_CALL_END", "toolCallId": call_id},
    ]


def finished(run: str, *pending: str) -> Event:
    outcome = {"type": "success"} | ({"pendingToolCallIds": pending} if pending else {})
    return {"type": "RUN_FINISHED", "runId": run, "outcome": outcome}


def text(delta: str) -> Event:
    return {"type": "TEXT_MESSAGE_CONTENT", "delta": delta}


class Backend:
    """Answers each request with the next list of its script. `ID` is the id of the request."""

    def __init__(self) -> None:
        self.script: list[list[Event]] = []
        self.requests: list[dict[str, Any]] = []

    def serve(self, connection: ServerConnection) -> None:
        for answers in self.script:
            try:
                request = json.loads(connection.recv())
            except ConnectionClosed:
                return
            self.requests.append(request)
            for event in answers:
                line = {**event, "id": request["id"]} if event.get("id") == "ID" else event
                connection.send(json.dumps(line))

    def named(self, action: str) -> list[dict[str, Any]]:
        named = [request for request in self.requests if request["action"] == action]
        return [{key: value for key, value in request.items() if key != "id"} for request in named]
