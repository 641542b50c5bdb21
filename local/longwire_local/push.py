"""`push`: sends an event to connected clients, as another service does."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from .credentials import DEFAULT_USER
from .errors import LocalError
from .state import Description

SOURCE = "/local"
TYPE = "local.push"
# Users of the modes that do not tell users apart.
SHARED_USERS = {"none": "@none", "token": "@token"}


@dataclass(frozen=True)
class Target:
    """Options that name the connections for which an event is."""

    user: str | None = None
    thread: str | None = None
    connection: str | None = None
    room: str | None = None

    def fields(self, mode: str) -> dict[str, str]:
        """The field `target` of the request. Without a user it names the one that `ask` connects as.

        Raises LocalError for a connection or a room with another option.
        """
        if self.connection is not None:
            if self.user is not None or self.thread is not None or self.room is not None:
                raise LocalError("--connection names one connection: leave out --user, --thread and --room.")
            return {"connectionId": self.connection}
        if self.room is not None:
            if self.user is not None or self.thread is not None:
                raise LocalError("--room names the members of a room: leave out --user and --thread.")
            return {"room": self.room}
        user = self.user or SHARED_USERS.get(mode, DEFAULT_USER)
        return {"userId": user} | ({} if self.thread is None else {"threadId": self.thread})


@dataclass(frozen=True)
class Extras:
    """Options for what becomes of an event besides its delivery."""

    durable: bool = False
    prompt: str | None = None

    def fields(self) -> dict[str, object]:
        """The fields of the request that the options set."""
        durable: dict[str, object] = {"durable": True} if self.durable else {}
        return durable | ({} if self.prompt is None else {"prompt": self.prompt})


def request(description: Description, target: Target, text: str, extras: Extras) -> str:
    """The request to the function. JSON in `text` stays as it was written.

    Raises LocalError for text that begins like JSON and is none.
    """
    fields = json.dumps({"target": target.fields(description.auth["mode"])} | extras.fields())
    return f'{fields[:-1]}, "event":{_event(text)}}}'


def push(description: Description, target: Target, text: str, extras: Extras) -> str:
    """Invokes the function with an event and returns its answer, as JSON.

    Raises LocalError with the function's error.
    """
    # botocore takes longer to import than everything else of this command.
    from .clients import Clients

    payload = request(description, target, text, extras)
    functions = Clients.of(description.ministack).functions
    answer = functions.invoke(FunctionName=description.functions["push"], Payload=payload.encode())
    result = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise LocalError(_reason(result))
    return result


def _event(text: str) -> str:
    """The CloudEvent in `text`, or one whose data are `text`: JSON, or else words."""
    try:
        value = json.loads(text)
    except ValueError as error:
        if text.lstrip().startswith(("{", "[")):
            raise LocalError(f"the event is not JSON: {error}") from error
        value, text = text, json.dumps(text)
    if isinstance(value, dict) and "specversion" in value:
        return text
    attributes = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": SOURCE, "type": TYPE}
    return f'{json.dumps(attributes)[:-1]}, "data": {text}}}'


def _reason(result: str) -> str:
    error = json.loads(result)
    return f"{error['errorMessage']} ({error['errorType']})"
