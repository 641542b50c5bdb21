"""Environment variables of the functions and of the servers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from . import auth
from .checkout import Checkout
from .facts import EVENT_BUS, FUNCTIONS, KNOWLEDGE_BASE_ID, MODEL_ID, REGION, SETTINGS, deployed
from .options import Options

# `LONGWIRE_FN_MAX_STEPS=3 scripts/local up` gives MAX_STEPS=3 to each function that lists it as optional.
SETTING_PREFIX = "LONGWIRE_FN_"
# The only variables that MiniStack and so each function inherits from the caller.
INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "RUST_LOG", "RUST_BACKTRACE", "AWS_LAMBDA_LOG_FORMAT")


@dataclass(frozen=True)
class Endpoints:
    """URLs of the parts of a running stack. `management` is the @connections endpoint."""

    ministack: str
    simulator: str
    management: str
    queue_url: str
    dead_letter_url: str
    replay_queue_url: str
    push_queue_url: str


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Settings for functions in the environment of `up`, without their prefix."""
    return {
        name.removeprefix(SETTING_PREFIX): value
        for name, value in environment.items()
        if name.startswith(SETTING_PREFIX)
    }


def unknown_settings(chosen: Mapping[str, str]) -> list[str]:
    """Settings that no function has, most likely misspelt."""
    known = {name for function in FUNCTIONS.values() for name in function.optional}
    return sorted(set(chosen) - known)


def function_environment(name: str, at: Endpoints, options: Options) -> dict[str, str]:
    """All variables of one function."""
    values = _values(at)
    function = FUNCTIONS[name]
    required = {variable: values[variable] for variable in function.environment}
    return (
        required
        | _known(function.auth, auth.variables(auth.describe(options.auth, at.simulator)))
        | _known(function.optional, SETTINGS | options.settings)
    )


def _known(names: tuple[str, ...], values: Mapping[str, str]) -> dict[str, str]:
    return {name: values[name] for name in names if name in values}


def _values(at: Endpoints) -> dict[str, str]:
    return {
        "CONNECTIONS_TABLE": deployed("connections"),
        "THREADS_TABLE": deployed("threads"),
        "USERS_TABLE": deployed("users"),
        "QUEUE_URL": at.queue_url,
        "DEAD_LETTER_URL": at.dead_letter_url,
        "REPLAY_QUEUE_URL": at.replay_queue_url,
        "PUSH_QUEUE_URL": at.push_queue_url,
        "CALLBACK_ENDPOINT": at.management,
        "EVENT_BUS": EVENT_BUS,
        "MODEL_ID": MODEL_ID,
        "KNOWLEDGE_BASE_ID": KNOWLEDGE_BASE_ID,
        "WEATHER_GEOCODING_URL": f"{at.simulator}/weather",
        "WEATHER_FORECAST_URL": f"{at.simulator}/weather",
        "AWS_ENDPOINT_URL_DYNAMODB": at.ministack,
        "AWS_ENDPOINT_URL_SQS": at.ministack,
        "AWS_ENDPOINT_URL_SSM": at.ministack,
        "AWS_ENDPOINT_URL_EVENTBRIDGE": at.ministack,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": at.simulator,
        "AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME": at.simulator,
    }


def server_environment(checkout: Checkout) -> dict[str, str]:
    """A small environment for the servers: without the caller's credentials, profile and home."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {
        "HOME": str(checkout.scratch),
        "TMPDIR": str(checkout.scratch),
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        # The SDK warns about a missing file at every start, but not about an empty one.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Logs go to files, where colours are noise.
        "NO_COLOR": "1",
    }


def ministack_environment(checkout: Checkout, host: str, port: int) -> dict[str, str]:
    """The environment of MiniStack, which also passes it on to every function."""
    return server_environment(checkout) | {
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": host,
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "STATE_DIR": str(checkout.scratch / "state"),
        "S3_DATA_DIR": str(checkout.scratch / "s3"),
        # MiniStack's MQTT broker would listen on port 8883 of every interface.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # At its start MiniStack removes all containers with its label, also those of another MiniStack.
        "DOCKER_HOST": f"unix://{checkout.scratch / 'no-docker'}",
    }


def simulator_environment(checkout: Checkout) -> dict[str, str]:
    """The environment of the simulator, with the caller's variables that begin with SIM_."""
    settings_of_simulator = {name: value for name, value in os.environ.items() if name.startswith("SIM_")}
    return server_environment(checkout) | settings_of_simulator
