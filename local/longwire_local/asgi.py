"""MiniStack behind a thin layer that does what API Gateway does and MiniStack does not.

Its arguments are the number of an inherited, bound socket and the folder for the functions' logs.
Tried against MiniStack 1.5.33, whose internals it wraps; requirements.txt pins that version.
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

# A function's response, as it came: any JSON object.
Response = dict[str, Any]

# API Gateway closes a connection that sends a larger frame with 1009 ("Amazon API Gateway quotas":
# WebSocket frame size 32 KB). MiniStack would take 16 MB.
MAX_INBOUND_BYTES = 32 * 1024

# What the $connect function of the handshake in this task answered. Each socket has a task of its own.
_connect_response: ContextVar[Response | None] = ContextVar("connect_response", default=None)


def mend_invocations() -> None:
    """Keeps what $connect answered, of which MiniStack looks only at the status, and words failures of
    a function as API Gateway does."""
    invoke = apigateway._invoke_ws_lambda

    async def mended(*args: Any, **kwargs: Any) -> Response | None:
        response = await invoke(*args, **kwargs)
        route, connection, request = args[3], args[5], args[7]
        if route.get("routeKey") == "$connect":
            _connect_response.set(response)
            return response
        return with_gateway_error(response, connection, request)

    apigateway._invoke_ws_lambda = mended


def mend_route_selection() -> None:
    """Sends to $default what breaks MiniStack's parser, and messages that name a route of the handshake."""
    evaluate = apigateway._evaluate_route_selection

    def mended(expr: str, payload_text: str) -> str:
        try:
            route = evaluate(expr, payload_text)
        except RecursionError:  # JSON nested a thousand deep
            return "$default"
        return "$default" if route in ("$connect", "$disconnect") else route

    apigateway._evaluate_route_selection = mended


def tee_function_logs(folder: Path) -> None:
    """Writes each line of a function to its file at once; CloudWatch gets them when an invocation ends."""
    pump = ProvidedWorker._pump_output

    def teed(self: ProvidedWorker, stream: BinaryIO, log_queue: Queue[str]) -> None:
        # longwire-worker, or longwire-local-worker when Terraform named it.
        name = str(self.func_name).rsplit("-", 1)[-1]
        with (folder / f"{name}.log").open("ab", buffering=0) as file:
            pump(self, _Tee(stream, file), log_queue)

    ProvidedWorker._pump_output = teed  # type: ignore[method-assign] # a method is what is wrapped


class _Tee:
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
    """The ASGI app, with API Gateway's handshake answers and frame limit on its sockets."""

    async def wrapped(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "websocket":
            await app(scope, receive, send)
            return
        _connect_response.set(None)
        handshake = _Handshake(send)
        await app(scope, lambda: _receive_limited(receive, send), handshake.send)

    return wrapped


class _Handshake:
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
        """API Gateway answers with the function's status; MiniStack with 403 whatever it was."""
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
    """The protocol that $connect returned; API Gateway negotiates none by itself."""
    headers = (response or {}).get("headers") or {}
    found = [value for name, value in headers.items() if name.lower() == "sec-websocket-protocol"]
    return str(found[0]) if found else None


def refusal_status(response: Response) -> int:
    """The status of a refused handshake; a function that failed is a 502."""
    status = response.get("statusCode")
    return status if isinstance(status, int) and 300 <= status <= 599 else 502


def with_gateway_error(response: Response | None, connection: str, request: str) -> Response | None:
    """API Gateway's own frame in place of the error of a function that failed, which MiniStack shows."""
    if not response or response.get("statusCode") != 502 or "errorMessage" not in str(response.get("body")):
        return response
    told = {"message": "Internal server error", "connectionId": connection, "requestId": request}
    return {"statusCode": 502, "body": json.dumps(told)}


async def _receive_limited(receive: ASGIReceiveCallable, send: ASGISendCallable) -> ASGIReceiveEvent:
    message = await receive()
    if message["type"] == "websocket.receive" and inbound_bytes(message) > MAX_INBOUND_BYTES:
        await send({"type": "websocket.close", "code": 1009, "reason": None})
        return {"type": "websocket.disconnect", "code": 1009}
    return message


def inbound_bytes(message: WebsocketReceiveEvent) -> int:
    """The size of a received message on the wire, in bytes of UTF-8."""
    text = message.get("text")
    return len(message.get("bytes") or b"") if text is None else len(text.encode())


def main() -> None:
    """Serves until a signal ends it."""
    descriptor, logs = sys.argv[1], Path(sys.argv[2])
    mend_invocations()
    mend_route_selection()
    tee_function_logs(logs)
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.graceful_timeout = 0.5
    config.keep_alive_timeout = 75
    config.loglevel = os.environ.get("LOG_LEVEL", "INFO")
    asyncio.run(serve(as_api_gateway(ministack), config))
