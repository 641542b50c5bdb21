import json
import uuid
from typing import Any

import pytest
from described import description

from longwire_local import cli
from longwire_local.auth import Mode
from longwire_local.checkout import Checkout
from longwire_local.errors import LocalError
from longwire_local.push import Extras, Target, push, request

EVENT = '{"specversion":"1.0","id":"e1","source":"/orders","type":"com.acme.shipped","data":{"price":1.10}}'


def parsed(*words: str) -> tuple[Target, str, Extras]:
    chosen = cli._parser().parse_args(["push", *words])
    target = Target(chosen.user, chosen.thread, chosen.connection, chosen.room)
    return target, chosen.event, Extras(chosen.durable, chosen.prompt)


def sent(mode: Mode, *words: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(request(description(mode), *parsed(*words)))
    return body


@pytest.mark.parametrize(
    ("mode", "words", "target"),
    [
        ("oidc", ["--user", "alice"], {"userId": "alice"}),
        ("oidc", ["--user", "alice", "--thread", "t1"], {"userId": "alice", "threadId": "t1"}),
        ("oidc", ["--connection", "Abc="], {"connectionId": "Abc="}),
        ("oidc", ["--room", "lobby"], {"room": "lobby"}),
        ("none", ["--room", "lobby"], {"room": "lobby"}),
        ("oidc", [], {"userId": "local"}),
        ("none", [], {"userId": "@none"}),
        ("none", ["--thread", "t1"], {"userId": "@none", "threadId": "t1"}),
        ("token", [], {"userId": "@token"}),
    ],
)
def test_the_options_are_the_target(mode: Mode, words: list[str], target: dict[str, str]) -> None:
    assert sent(mode, *words, EVENT) == {"target": target, "event": json.loads(EVENT)}


@pytest.mark.parametrize(
    ("option", "other"),
    [
        ("--connection", "--user"),
        ("--connection", "--thread"),
        ("--connection", "--room"),
        ("--room", "--user"),
        ("--room", "--thread"),
    ],
)
def test_a_connection_and_a_room_exclude_the_other_options(option: str, other: str) -> None:
    with pytest.raises(LocalError, match="leave out --user"):
        request(description("oidc"), *parsed(option, "Abc", other, "x", EVENT))


def test_a_cloud_event_is_sent_as_it_was_written() -> None:
    sent = request(description("none"), Target(), EVENT, Extras())
    assert sent == f'{{"target": {{"userId": "@none"}}, "event":{EVENT}}}'


def test_an_event_is_kept_and_starts_a_run_on_request() -> None:
    body = sent("none", "--durable", "--prompt", "Tell me.", EVENT)
    assert (body["durable"], body["prompt"]) == (True, "Tell me.")


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"order": 42}', {"order": 42}),
        ("[1]", [1]),
        ("7", 7),
        ("Your order is on its way", "Your order is on its way"),
    ],
)
def test_plain_data_become_an_event(text: str, data: object) -> None:
    event = sent("none", text)["event"]
    assert uuid.UUID(event.pop("id")).version == 4
    assert event == {"specversion": "1.0", "source": "/local", "type": "local.push", "data": data}


def test_two_events_of_plain_data_have_two_ids() -> None:
    assert sent("none", "7")["event"]["id"] != sent("none", "7")["event"]["id"]


def test_broken_json_is_refused() -> None:
    with pytest.raises(LocalError, match="the event is not JSON"):
        sent("none", '{"order": 42')


class Functions:
    """A client of Lambda whose function answers this."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.invoked: list[dict[str, Any]] = []

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.invoked.append(request)
        return self.answer


class Body:
    def __init__(self, text: str) -> None:
        self.text = text

    def read(self) -> bytes:
        return self.text.encode()


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    client = Functions({})
    monkeypatch.setattr("longwire_local.clients.Clients.of", lambda _: type("C", (), {"functions": client}))
    return client


def test_the_answer_of_the_function_is_returned(functions: Functions) -> None:
    functions.answer = {"Payload": Body('{"id":"e1","delivered":1,"gone":0}')}
    stack = description("none", functions={"push": "longwire-push"})
    assert push(stack, Target(), EVENT, Extras()) == '{"id":"e1","delivered":1,"gone":0}'
    payload = request(stack, Target(), EVENT, Extras()).encode()
    assert functions.invoked == [{"FunctionName": "longwire-push", "Payload": payload}]


def test_an_error_of_the_function_is_a_text(
    functions: Functions, checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = {"errorType": "InvalidRequest", "errorMessage": "`event`: `id` must be a text that is not empty"}
    functions.answer = {"FunctionError": "Unhandled", "Payload": Body(json.dumps(error))}
    description("none", functions={"push": "longwire-push"}).save(checkout)
    monkeypatch.setattr("longwire_local.freshness.running", lambda _: True)
    monkeypatch.setattr("longwire_local.cli.Checkout.of", lambda _: checkout)
    monkeypatch.delenv("LONGWIRE_STATE", raising=False)
    assert cli.main(["push", EVENT]) == 1
    assert capsys.readouterr().err == f"error: {error['errorMessage']} (InvalidRequest)\n"
