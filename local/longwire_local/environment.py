"""The variables of the functions and of the servers: pure, so that tests see what is handed on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from .checkout import Checkout
from .facts import FUNCTIONS, KNOWLEDGE_BASE_ID, MODEL_ID, REGION, deployed

# `LONGWIRE_FN_MAX_STEPS=3 scripts/local up` gives MAX_STEPS=3 to each function that lists it as optional.
SETTING_PREFIX = "LONGWIRE_FN_"
# Of the caller's environment MiniStack, and so each function, sees only these.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "RUST_LOG", "RUST_BACKTRACE", "AWS_LAMBDA_LOG_FORMAT")


@dataclass(frozen=True)
class Endpoints:
    """Where the parts of a running stack are."""

    ministack: str
    simulator: str
    management: str
    queue_url: str
    dead_letter_url: str


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The optional settings for functions in the environment of `up`, without their prefix."""
    return {
        name.removeprefix(SETTING_PREFIX): value
        for name, value in environment.items()
        if name.startswith(SETTING_PREFIX)
    }


def unknown_settings(chosen: Mapping[str, str]) -> list[str]:
    """Settings that no function takes: most likely misspelt."""
    known = {name for function in FUNCTIONS.values() for name in function.optional}
    return sorted(set(chosen) - known)


def function_environment(name: str, at: Endpoints, chosen: Mapping[str, str]) -> dict[str, str]:
    """All variables of one function."""
    values = _values(at)
    function = FUNCTIONS[name]
    required = {variable: values[variable] for variable in function.environment}
    return required | {variable: chosen[variable] for variable in function.optional if variable in chosen}


def _values(at: Endpoints) -> dict[str, str]:
    return {
        "CONNECTIONS_TABLE": deployed("connections"),
        "THREADS_TABLE": deployed("threads"),
        "QUEUE_URL": at.queue_url,
        "DEAD_LETTER_URL": at.dead_letter_url,
        "CALLBACK_ENDPOINT": at.management,
        "MODEL_ID": MODEL_ID,
        "KNOWLEDGE_BASE_ID": KNOWLEDGE_BASE_ID,
        "WEATHER_GEOCODING_URL": f"{at.simulator}/weather",
        "WEATHER_FORECAST_URL": f"{at.simulator}/weather",
        "AWS_ENDPOINT_URL_DYNAMODB": at.ministack,
        "AWS_ENDPOINT_URL_SQS": at.ministack,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": at.simulator,
        "AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME": at.simulator,
    }


def server_environment(checkout: Checkout) -> dict[str, str]:
    """The caller's environment cut down to what is harmless: no credentials, no profile, no home."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return passed | {
        "HOME": str(checkout.scratch),
        "TMPDIR": str(checkout.scratch),
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        # Empty files: the SDK warns at every start of a file that is not there.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # The functions' logs are read from files.
        "NO_COLOR": "1",
    }


def ministack_environment(checkout: Checkout, host: str, port: int) -> dict[str, str]:
    """MiniStack's settings. It passes its own environment on to every function."""
    return server_environment(checkout) | {
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": host,
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "STATE_DIR": str(checkout.scratch / "state"),
        "S3_DATA_DIR": str(checkout.scratch / "s3"),
        # Its MQTT broker would listen on every interface, port 8883.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # It removes containers labelled as MiniStack's at start, also those of another MiniStack.
        "DOCKER_HOST": f"unix://{checkout.scratch / 'no-docker'}",
    }


def simulator_environment(checkout: Checkout) -> dict[str, str]:
    """The simulator's settings; SIM_UPSTREAM and its like are passed on."""
    own = {name: value for name, value in os.environ.items() if name.startswith("SIM_")}
    return server_environment(checkout) | own
