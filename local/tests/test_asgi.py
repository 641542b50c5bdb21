import json

import pytest
from ministack.core.lambda_runtime import ProvidedWorker
from ministack.services import apigateway

from longwire_local import asgi


@pytest.mark.parametrize("header", ["Sec-WebSocket-Protocol", "sec-websocket-protocol", "SEC-WEBSOCKET-PROTOCOL"])
def test_the_subprotocol_is_the_one_the_function_returned(header: str) -> None:
    assert asgi.subprotocol({"statusCode": 200, "headers": {header: "longwire.v1"}}) == "longwire.v1"


@pytest.mark.parametrize("response", [None, {}, {"headers": None}, {"headers": {"X-Other": "longwire.v1"}}])
def test_no_subprotocol_unless_the_function_returned_one(response: asgi.Response | None) -> None:
    assert asgi.subprotocol(response) is None


@pytest.mark.parametrize(
    ("status", "told"), [(400, 400), (401, 401), (500, 500), (200, 502), (None, 502), ("400", 502)]
)
def test_a_refused_handshake_has_the_functions_status(status: object, told: int) -> None:
    assert asgi.refusal_status({"statusCode": status}) == told


def test_a_messages_size_is_counted_in_bytes() -> None:
    assert asgi.inbound_bytes({"type": "websocket.receive", "text": "€", "bytes": None}) == 3
    assert asgi.inbound_bytes({"type": "websocket.receive", "text": "", "bytes": None}) == 0
    assert asgi.inbound_bytes({"type": "websocket.receive", "text": None, "bytes": b"12"}) == 2


def test_a_failed_function_is_told_as_api_gateway_does() -> None:
    failed = {"statusCode": 502, "body": '{"errorMessage":"boom at 0x1","errorType":"Panic"}'}
    mended = asgi.with_gateway_error(failed, "c1", "q1")
    assert mended
    expected = {"message": "Internal server error", "connectionId": "c1", "requestId": "q1"}
    assert json.loads(mended["body"]) == expected
    answer = {"statusCode": 200, "body": '{"type":"ack"}'}
    assert asgi.with_gateway_error(answer, "c1", "q1") is answer
    assert asgi.with_gateway_error(None, "c1", "q1") is None


def test_what_is_wrapped_is_still_there() -> None:
    # A MiniStack that renames these would silently lose the negotiation.
    assert callable(apigateway._invoke_ws_lambda)
    assert callable(apigateway._evaluate_route_selection)
    assert callable(ProvidedWorker._pump_output)


@pytest.mark.parametrize("payload", ['{"action":"$connect"}', '{"action":"$disconnect"}', "[" * 30_000, "plain"])
def test_odd_messages_go_to_the_default_route(monkeypatch: pytest.MonkeyPatch, payload: str) -> None:
    monkeypatch.setattr(apigateway, "_evaluate_route_selection", apigateway._evaluate_route_selection)
    asgi.mend_route_selection()
    assert apigateway._evaluate_route_selection("$request.body.action", payload) == "$default"
