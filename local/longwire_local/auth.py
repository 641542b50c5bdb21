"""Authentication of the clients, which `up --auth` chooses: for local.json and for the functions."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Literal, get_args

# none: everybody may connect. token: clients need a shared token. oidc: clients need a token of the issuer. Only
# oidc tells users apart.
Mode = Literal["none", "token", "oidc"]
MODES: tuple[Mode, ...] = get_args(Mode)

AUDIENCE = "longwire-local"
GROUPS_CLAIM = "groups"
# The parameter of SSM with the shared token.
TOKEN_PARAMETER = "/longwire/local/auth-token"

# Variables of the functions by the key of the description.
VARIABLES = {
    "mode": "AUTH",
    "issuer": "AUTH_ISSUER",
    "audience": "AUTH_AUDIENCE",
    "groups_claim": "AUTH_GROUPS_CLAIM",
    "token_parameter": "AUTH_TOKEN_PARAMETER",
}


def describe(mode: Mode, simulator: str) -> dict[str, str]:
    """The key `auth` in the description of a stack: where credentials come from, never a secret."""
    sources: dict[Mode, dict[str, str]] = {
        "none": {},
        "token": {"token_parameter": TOKEN_PARAMETER},
        "oidc": {"issuer": f"{simulator}/issuer", "audience": AUDIENCE, "groups_claim": GROUPS_CLAIM},
    }
    return {"mode": mode, **sources[mode]}


def variables(described: Mapping[str, str]) -> dict[str, str]:
    """The variables of the functions. Those without a meaning for the mode are absent."""
    return {VARIABLES[key]: value for key, value in described.items()}


def new_token() -> str:
    """A shared token, of characters that a subprotocol may have."""
    return secrets.token_urlsafe(32)
