import json

import pytest
from ministack.core.lambda_runtime import ProvidedWorker
from ministack.services import apigateway

from longwire_local import asgi


@pytest.mark.parametrize("header", ["Sec-WebSocket-Protocol", "sec-websocket-protocol", "SEC-WEBSOCKET-PROTOCOL"])
def test_the_subprotocol_is_the_one_in_the_functions_response(header: str) -> None:
    assert asgi.subprotocol({"statusCode": 200, "headers": {header: "longwire.v1"}}) == "longwire.v1"


@pytest.mark.parametrize("response", [None, {}, {"headers": None}, {"headers": {"X-Other": "longwire.v1"}}])
def test_without_a_header_in_the_response_there_is_no_subprotocol(response: asgi.Response | None) -> None:
    assert asgi.subprotocol(response) is None


@pytest.mark.parametrize(
    ("status", "expected"), [(400, 400), (401, 401), (500, 500), (200, 502), (None, 502), ("400", 502)]
)
def test_a_refused_handshake_has_the_functions_status(status: object, expected: int) -> None:
    assert asgi.refusal_status({"statusCode": status}) == expected


def test_the_size_of_a_message_is_counted_in_bytes() -> None:
    assert asgi.inbound_bytes({"type": "websocket.receive", "text": "€", "bytes": None}) == 3
    assert asgi.inbound_bytes({"type": "websocket.receive", "text": "", "bytes": None}) == 0
    assert asgi.inbound_bytes({"type": "websocket.receive", "text": None, "bytes": b"12"}) == 2


def test_the_error_of_a_failed_function_is_replaced_with_api_gateways_message() -> None:
    failed = {"statusCode": 502, "body": '{"errorMessage":"boom at 0x1","errorType":"Panic"}'}
    mended = asgi.with_gateway_error(failed, "c1", "q1")
    assert mended
    expected = {"message": "Internal server error", "connectionId": "c1", "requestId": "q1"}
    assert json.loads(mended["body"]) == expected
    answer = {"statusCode": 200, "body": '{"type":"ack"}'}
    assert asgi.with_gateway_error(answer, "c1", "q1") is answer
    assert asgi.with_gateway_error(None, "c1", "q1") is None


def test_ministack_has_the_functions_that_are_wrapped() -> None:
    # With other names in MiniStack the wrappers would have no effect.
    assert callable(apigateway._invoke_ws_lambda)
    assert callable(apigateway._create_authorizer)
    assert callable(apigateway._evaluate_route_selection)
    assert callable(ProvidedWorker._pump_output)


@pytest.mark.parametrize("payload", ['{"action":"$connect"}', '{"action":"$disconnect"}', "[" * 30_000, "plain"])
def test_messages_without_a_valid_route_select_the_default_route(
    monkeypatch: pytest.MonkeyPatch, payload: str
) -> None:
    monkeypatch.setattr(apigateway, "_evaluate_route_selection", apigateway._evaluate_route_selection)
    asgi.wrap_route_selection()
    assert apigateway._evaluate_route_selection("$request.body.action", payload) == "$default"
