"""MiniStack behind a layer that adds behaviour of API Gateway's WebSocket APIs that MiniStack lacks.

Arguments: the file descriptor of an inherited, bound socket; the folder for the functions' logs.
The layer wraps internals of MiniStack 1.5.33; requirements.txt pins that version.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextvars import ContextVar
from io import RawIOBase
from pathlib import Path
from queue import Queue
from typing import Any, BinaryIO

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import (
    ASGIFramework,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    Scope,
    WebsocketCloseEvent,
    WebsocketReceiveEvent,
)
from ministack.app import app as ministack
from ministack.core.lambda_runtime import ProvidedWorker
from ministack.services import apigateway

# The response of a function: any JSON object.
Response = dict[str, Any]

# Status and message of a refused handshake.

# API Gateway closes a connection with code 1009 when a frame is larger ("Amazon API Gateway quotas": WebSocket
# frame size 32 KB). MiniStack accepts 16 MB.
MAX_INBOUND_BYTES = 32 * 1024

# The response of the $connect function to the handshake in this task. Each socket has its own task.
_connect_response: ContextVar[Response | None] = ContextVar("connect_response", default=None)


def wrap_invocations() -> None:
    """Wraps the invocation of functions: keeps the response of $connect, and replaces the errors of other routes.

    MiniStack itself reads only the status of $connect's response.
    """
    invoke = apigateway._invoke_ws_lambda

    async def wrapped(*args: Any, **kwargs: Any) -> Response | None:
        response = await invoke(*args, **kwargs)
        route, connection, request = args[3], args[5], args[7]
        if route.get("routeKey") == "$connect":
            _connect_response.set(response)
            return response
        return with_gateway_error(response, connection, request)

    apigateway._invoke_ws_lambda = wrapped


def wrap_authorizer() -> None:
    """Gives an authorizer without identity sources none, as API Gateway does. MiniStack's default is a header."""
    create: Any = apigateway._create_authorizer

    def created(api: str, settings: dict[str, Any]) -> Any:
        return create(api, {"identitySource": [], **settings})

    apigateway._create_authorizer = created


def wrap_route_selection() -> None:
    """Selects $default for messages that MiniStack cannot parse or that name $connect or $disconnect."""
    evaluate = apigateway._evaluate_route_selection

    def wrapped(expr: str, payload_text: str) -> str:
        try:
            route = evaluate(expr, payload_text)
        except RecursionError:  # JSON with a thousand levels
            return "$default"
        return "$default" if route in ("$connect", "$disconnect") else route

    apigateway._evaluate_route_selection = wrapped


def tee_function_logs(folder: Path) -> None:
    """Writes log lines of a function to its file at once; MiniStack's CloudWatch has them after the invocation."""
    pump = ProvidedWorker._pump_output

    def pump_into_file(self: ProvidedWorker, stream: BinaryIO, log_queue: Queue[str]) -> None:
        # The deployed name is longwire-worker, or longwire-local-worker in a deployment by Terraform.
        name = str(self.func_name).rsplit("-", 1)[-1]
        with (folder / f"{name}.log").open("ab", buffering=0) as file:
            pump(self, _Tee(stream, file), log_queue)

    ProvidedWorker._pump_output = pump_into_file  # type: ignore[method-assign] # replaces a method


class _Tee:
    """A stream whose lines are also written to a file."""

    def __init__(self, stream: BinaryIO, file: RawIOBase) -> None:
        self._stream = stream
        self._file = file

    def readline(self) -> bytes:
        line = self._stream.readline()
        self._file.write(line)
        return line

    def close(self) -> None:
        self._stream.close()


def as_api_gateway(app: ASGIFramework) -> ASGIFramework:
    """Adds API Gateway's responses to the handshake and its limit on frames to an ASGI application."""

    async def wrapped(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "websocket":
            await app(scope, receive, send)
            return
        _connect_response.set(None)
        handshake = _Handshake(send)
        await app(scope, lambda: _receive_limited(receive, send), handshake.send)

    return wrapped


class _Handshake:
    """The sending side of a socket: its first message accepts or refuses the handshake."""

    def __init__(self, send: ASGISendCallable) -> None:
        self._send = send
        self._decided = False

    async def send(self, message: ASGISendEvent) -> None:
        if self._decided:
            await self._send(message)
            return
        self._decided = True
        if message["type"] == "websocket.accept":
            await self._send({**message, "subprotocol": subprotocol(_connect_response.get())})
        elif message["type"] == "websocket.close":
            await self._refuse(message)
        else:
            await self._send(message)

    async def _refuse(self, message: WebsocketCloseEvent) -> None:
        """Responds with the function's status and body as API Gateway does; MiniStack always sends 403."""
        response = _connect_response.get()
        if response is None:
            await self._send(message)
            return
        body = str(response.get("body") or "").encode()
        length = (b"content-length", str(len(body)).encode())
        status = refusal_status(response)
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": [length]})
        await self._send({"type": "websocket.http.response.body", "body": body, "more_body": False})


def subprotocol(response: Response | None) -> str | None:
    """The subprotocol in the response of $connect; API Gateway negotiates none itself."""
    headers = (response or {}).get("headers") or {}
    found = [value for name, value in headers.items() if name.lower() == "sec-websocket-protocol"]
    return str(found[0]) if found else None


def refusal_status(response: Response) -> int:
    """The HTTP status of a refused handshake; 502 when the function failed."""
    status = response.get("statusCode")
    return status if isinstance(status, int) and 300 <= status <= 599 else 502


def with_gateway_error(response: Response | None, connection: str, request: str) -> Response | None:
    """Replaces the error of a failed function, which MiniStack sends to the client, with API Gateway's message."""
    if not response or response.get("statusCode") != 502 or "errorMessage" not in str(response.get("body")):
        return response
    error = {"message": "Internal server error", "connectionId": connection, "requestId": request}
    return {"statusCode": 502, "body": json.dumps(error)}


async def _receive_limited(receive: ASGIReceiveCallable, send: ASGISendCallable) -> ASGIReceiveEvent:
    message = await receive()
    if message["type"] == "websocket.receive" and inbound_bytes(message) > MAX_INBOUND_BYTES:
        await send({"type": "websocket.close", "code": 1009, "reason": None})
        return {"type": "websocket.disconnect", "code": 1009}
    return message


def inbound_bytes(message: WebsocketReceiveEvent) -> int:
    """The size of a received message in bytes; a text counts as UTF-8."""
    text = message.get("text")
    return len(message.get("bytes") or b"") if text is None else len(text.encode())


def main() -> None:
    """Serves MiniStack until a signal ends the process."""
    descriptor, logs = sys.argv[1], Path(sys.argv[2])
    wrap_invocations()
    wrap_authorizer()
    wrap_route_selection()
    tee_function_logs(logs)
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.graceful_timeout = 0.5
    config.keep_alive_timeout = 75
    config.loglevel = os.environ.get("LOG_LEVEL", "INFO")
    asyncio.run(serve(as_api_gateway(ministack), config))
