from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from described import description

from longwire_local.auth import Mode
from longwire_local.credentials import Identity, bearer_token
from longwire_local.deploy import Deployment
from longwire_local.errors import LocalError


class Issuer(HTTPServer):
    """The token endpoint of an issuer. `status` is that of its responses, `requests` are the bodies it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.status = 200
        self.requests: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Issuer)
        assert self.path == "/issuer/token"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b'{"access_token":"a.b.c","token_type":"Bearer","expires_in":3600}')

    def log_message(self, *_: Any) -> None:
        """Writes no log."""


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_client_without_a_name_gets_a_token_for_the_user_local(issuer: Issuer) -> None:
    assert bearer_token(description("oidc", issuer.url), Identity()) == "a.b.c"
    assert issuer.requests == [{"sub": "local", "groups": [], "audience": "longwire-local"}]


def test_a_token_has_the_requested_user_groups_and_expiry(issuer: Issuer) -> None:
    bearer_token(description("oidc", issuer.url), Identity("alice", ("staff", "ops"), -60))
    assert issuer.requests == [
        {"sub": "alice", "groups": ["staff", "ops"], "audience": "longwire-local", "expiresIn": -60}
    ]


def test_an_issuer_that_is_down_is_an_error_with_its_url(issuer: Issuer) -> None:
    issuer.status = 503
    with pytest.raises(LocalError, match=rf"{issuer.url}/issuer gave no token: .*503"):
        bearer_token(description("oidc", issuer.url), Identity())


@pytest.mark.parametrize("mode", ["none", "token"])
@pytest.mark.parametrize("identity", [Identity("alice"), Identity(groups=("staff",)), Identity(expires=60)])
def test_a_user_without_an_issuer_is_an_error_with_the_remedy(mode: Mode, identity: Identity) -> None:
    with pytest.raises(LocalError, match=rf"--auth {mode}: ./scripts/local up --auth oidc changes it"):
        bearer_token(description(mode), identity)


def test_a_stack_without_authentication_needs_no_token() -> None:
    assert bearer_token(description("none"), Identity()) is None


def test_the_shared_token_is_generated_once(ministack: str) -> None:
    deployment = Deployment(ministack)
    deployment.create_shared_token()
    secret = bearer_token(description("token", ministack=ministack), Identity())
    assert secret and len(secret) >= 32
    deployment.create_shared_token()
    assert bearer_token(description("token", ministack=ministack), Identity()) == secret
