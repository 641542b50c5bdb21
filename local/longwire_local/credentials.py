"""Credentials of a client: a token of the simulator's issuer, or the shared token."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import LocalError
from .loopback import DIRECT
from .state import Description

DEFAULT_USER = "local"
# The issuer generates its keys with the first token.
ISSUER_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Identity:
    """User, groups and expiry that a client asks for. Only an issuer's tokens tell users apart.

    `expires` is in seconds from now.
    """

    user: str | None = None
    groups: tuple[str, ...] = ()
    expires: int | None = None


def bearer_token(description: Description, identity: Identity) -> str | None:
    """The bearer token that a client of this stack sends; None when it needs none.

    Raises LocalError when the stack does not tell users apart, or when the issuer does not respond.
    """
    mode = description.auth["mode"]
    if mode == "oidc":
        return _issued(description.auth, identity)
    if identity != Identity():
        raise LocalError(
            f"--user, --group and --expires require an issuer of tokens, but this stack has --auth {mode}: "
            "./scripts/local up --auth oidc changes it."
        )
    return _shared_token(description) if mode == "token" else None


def _issued(auth: Mapping[str, str], identity: Identity) -> str:
    wanted = {
        "sub": identity.user or DEFAULT_USER,
        "groups": list(identity.groups),
        "audience": auth["audience"],
        **({} if identity.expires is None else {"expiresIn": identity.expires}),
    }
    request = urllib.request.Request(f"{auth['issuer']}/token", json.dumps(wanted).encode())
    try:
        with DIRECT.open(request, timeout=ISSUER_TIMEOUT_S) as response:
            return str(json.load(response)["access_token"])
    except OSError as error:
        raise LocalError(f"the issuer {auth['issuer']} gave no token: {error}") from error


def _shared_token(description: Description) -> str:
    # botocore takes longer to import than everything else that `ask` needs.
    from .clients import Clients

    name = description.auth["token_parameter"]
    found = Clients.of(description.ministack).ssm.get_parameter(Name=name, WithDecryption=True)
    return found["Parameter"]["Value"]
