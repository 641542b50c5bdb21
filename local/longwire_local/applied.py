"""Deploying the folder `terraform` to MiniStack with the registry's provider, as it would be to AWS."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .checkout import Checkout
from .errors import LocalError
from .facts import EVENT_SOURCE, FUNCTIONS, KNOWLEDGE_BASE_ID, MODEL_ID, REGION, STAGE
from .terraform import copied, provider

ENVIRONMENT = "local"
# The worker's settings are attributes of the variable `worker`, but for these, which users set first; those of
# other functions are variables of their own.
OWN_VARIABLES = {"SYSTEM_PROMPT", "THREAD_TTL_HOURS"}
OF_WORKER = set(FUNCTIONS["worker"].optional) - OWN_VARIABLES


@dataclass(frozen=True)
class Outputs:
    """The outputs that a description of the stack needs."""

    api_id: str
    queue_url: str
    dead_letter_url: str
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
            values["tables"],
            {key: function["function_name"] for key, function in values["functions"].items()},
        )

    def management(self, ministack: str) -> str:
        """Where MiniStack takes posts to connections."""
        return f"{posts(ministack)}/{self.api_id}/{STAGE}"


def apply(
    checkout: Checkout, ministack: str, simulator: str, packages: Path, chosen: Mapping[str, str]
) -> Outputs:
    """Deploys to a MiniStack that is empty, as it is each time it starts; so no state is kept."""
    source = provider(checkout)
    if not source.real:
        raise LocalError("deploying with Terraform needs the registry's provider: the stand-in deploys nothing.")
    with copied(checkout, source, {"AWS_ENDPOINT_URL": ministack}) as copy:
        given = copy.folder / "local.tfvars.json"
        given.write_text(json.dumps(variables(ministack, simulator, packages, chosen)))
        copy.init("terraform")
        copy.terraform("terraform", "apply", "-auto-approve", "-no-color", f"-var-file={given}", progress=True)
        return Outputs.of(copy.terraform("terraform", "output", "-json", capture=True))


def variables(ministack: str, simulator: str, packages: Path, chosen: Mapping[str, str]) -> dict[str, Any]:
    """The deployment's variables: the stand-ins instead of AWS, this machine's programs, and the settings."""
    worker = {name.lower(): setting(name, value) for name, value in chosen.items() if name in OF_WORKER}
    weather = f"{simulator}/weather"
    return {
        "environment": ENVIRONMENT,
        "region": REGION,
        "model_id": MODEL_ID,
        "knowledge_base_id": KNOWLEDGE_BASE_ID,
        "architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
        "packages": str(packages),
        "worker": {"geocoding_url": weather, "forecast_url": weather, **worker},
        "worker_concurrency": EVENT_SOURCE.max_concurrency,
        "callback_endpoint": posts(ministack),
        "endpoint_urls": {
            "DYNAMODB": ministack,
            "SQS": ministack,
            "BEDROCK_RUNTIME": simulator,
            "BEDROCK_AGENT_RUNTIME": simulator,
        },
        **{name.lower(): value for name, value in chosen.items() if name not in OF_WORKER},
    }


def setting(name: str, value: str) -> object:
    """A setting as Terraform takes it, which makes numbers of texts itself."""
    return json.loads(value) if name == "MODEL_FIELDS" else value


def posts(ministack: str) -> str:
    """Where MiniStack takes posts to connections, up to the API's id."""
    return f"{ministack}/_aws/execute-api"
