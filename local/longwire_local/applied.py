"""Deployment of the folder `terraform` to MiniStack, with the registry's provider as for AWS."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import auth
from .checkout import Checkout
from .errors import LocalError
from .facts import EVENT_SOURCES, FUNCTIONS, KNOWLEDGE_BASE_ID, MODEL_ID, REGION, SETTINGS, STAGE
from .options import Options
from .profiles import bedrock
from .terraform import copied, provider

ENVIRONMENT = "local"
# Most settings of the worker are attributes of Terraform's variable `worker`. The settings of other functions and
# these of the worker are variables of their own.
TOP_LEVEL_SETTINGS = {"MODEL_FAMILY", "SYSTEM_PROMPT", "THREAD_TTL_HOURS"}
# Settings that Terraform derives from others: the parameter of a long SYSTEM_PROMPT.
DERIVED_SETTINGS = {"SYSTEM_PROMPT_PARAMETER"}
WORKER_SETTINGS = set(FUNCTIONS["worker"].optional) - TOP_LEVEL_SETTINGS - DERIVED_SETTINGS


@dataclass(frozen=True)
class Outputs:
    """Outputs of Terraform that the description of the stack contains."""

    api_id: str
    queue_url: str
    dead_letter_url: str
    replay_queue_url: str
    replay_dead_letter_url: str
    push_queue_url: str
    push_dead_letter_url: str
    push_topic_arn: str
    event_bus: str
    tables: dict[str, str]
    functions: dict[str, str]

    @classmethod
    def of(cls, raw: str) -> Outputs:
        """Reads what `terraform output -json` prints."""
        values = {name: output["value"] for name, output in json.loads(raw).items()}
        return cls(
            values["api_id"],
            values["queue_url"],
            values["dead_letter_url"],
            values["replay_queue_url"],
            values["replay_dead_letter_url"],
            values["push_queue_url"],
            values["push_dead_letter_url"],
            values["push_topic_arn"],
            values["event_bus"],
            values["tables"],
            {key: function["function_name"] for key, function in values["functions"].items()},
        )

    def management(self, ministack: str) -> str:
        """The endpoint of the @connections API in MiniStack."""
        return f"{connections_endpoint(ministack)}/{self.api_id}/{STAGE}"


def apply(checkout: Checkout, ministack: str, simulator: str, packages: Path, options: Options) -> Outputs:
    """Deploys to an empty MiniStack and returns the outputs.

    MiniStack is empty at each start, so Terraform's state is not kept.
    Raises LocalError when only the stand-in for the provider is available, when an option is a setting that
    Terraform makes itself, or when Terraform fails.
    """
    source = provider(checkout)
    if not source.real:
        raise LocalError("deploying with Terraform needs the registry's provider: the stand-in deploys nothing.")
    if derived := DERIVED_SETTINGS & options.settings.keys():
        raise LocalError(f"{derived.pop()} is a setting that Terraform derives from SYSTEM_PROMPT.")
    environment = {"AWS_ENDPOINT_URL": ministack}
    if options.auth == "token":
        environment["TF_VAR_auth_token"] = auth.new_token()
    with bedrock() as profiles, copied(checkout, source, environment | profiles) as copy:
        values = copy.folder / "local.tfvars.json"
        values.write_text(json.dumps(variables(ministack, simulator, packages, options)))
        copy.init("terraform")
        copy.terraform("terraform", "apply", "-auto-approve", "-no-color", f"-var-file={values}", progress=True)
        return Outputs.of(copy.terraform("terraform", "output", "-json", capture=True))


def variables(ministack: str, simulator: str, packages: Path, options: Options) -> dict[str, Any]:
    """Values for Terraform's variables: local endpoints, this machine's architecture, the options."""
    chosen = SETTINGS | options.settings
    worker = {name.lower(): setting(name, value) for name, value in chosen.items() if name in WORKER_SETTINGS}
    weather = f"{simulator}/weather"
    described = auth.describe(options.auth, simulator)
    concurrency = {source.function: source.max_concurrency for source in EVENT_SOURCES}
    return {
        "environment": ENVIRONMENT,
        "region": REGION,
        "model_id": MODEL_ID,
        "knowledge_base_id": KNOWLEDGE_BASE_ID,
        "architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
        "packages": str(packages),
        "worker": {"geocoding_url": weather, "forecast_url": weather, **worker},
        "worker_concurrency": concurrency["worker"],
        "replay_concurrency": concurrency["replay"],
        "push_concurrency": concurrency["push"],
        # Terraform names the parameter with the shared token itself.
        "auth": {key: value for key, value in described.items() if key != "token_parameter"},
        "callback_endpoint": connections_endpoint(ministack),
        "endpoint_urls": {
            "DYNAMODB": ministack,
            "SQS": ministack,
            "SSM": ministack,
            "EVENTBRIDGE": ministack,
            "BEDROCK_RUNTIME": simulator,
            "BEDROCK_AGENT_RUNTIME": simulator,
        },
        **{name.lower(): setting(name, value) for name, value in chosen.items() if name not in WORKER_SETTINGS},
    }


def setting(name: str, value: str) -> object:
    """Converts a setting to a value for Terraform, which converts texts to numbers itself."""
    if name == "PROMPT_SOURCES":
        return [source.strip() for source in value.split(",")]
    return json.loads(value) if name in ("APPROVALS", "MODEL_FIELDS", "ROOMS") else value


def connections_endpoint(ministack: str) -> str:
    """The endpoint of MiniStack's @connections API, without the API's id and the stage."""
    return f"{ministack}/_aws/execute-api"
