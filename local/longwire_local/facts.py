"""Everything that is deployed, as data: a fact stands here and nowhere else in `local`.

Durations are seconds, memory is MiB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

PREFIX = "longwire-"
REGION = "us-east-1"
RUNTIME: Final = "provided.al2023"
HANDLER = "bootstrap"

DAY = 86_400


@dataclass(frozen=True)
class Key:
    """A key attribute; `kind` is DynamoDB's S or N."""

    name: str
    kind: Literal["S", "N"] = "S"


@dataclass(frozen=True)
class Index:
    name: str
    partition: Key
    sort: Key | None = None
    projection: Literal["ALL", "KEYS_ONLY"] = "ALL"


@dataclass(frozen=True)
class Table:
    partition: Key
    sort: Key | None = None
    indexes: tuple[Index, ...] = ()
    ttl: str = "ttl"


@dataclass(frozen=True)
class Queue:
    visibility: int
    retention: int
    dead_letters: str | None = None  # the queue that takes what was received too often
    max_receives: int | None = None


@dataclass(frozen=True)
class Function:
    """`environment` are the variables it must get, `optional` those that `up` passes on when set."""

    timeout: int
    memory: int
    environment: tuple[str, ...]
    optional: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    key: str
    function: str
    responds: bool = False  # whether the function's body goes back to the client as a frame


@dataclass(frozen=True)
class EventSource:
    queue: str
    function: str
    batch_size: int
    response_types: tuple[Literal["ReportBatchItemFailures"], ...]
    max_concurrency: int


@dataclass(frozen=True)
class Schedule:
    """A rule of EventBridge that calls a function."""

    name: str
    expression: str
    function: str


TABLES = {
    "connections": Table(
        partition=Key("connection"),
        indexes=(
            Index("by_user", Key("user"), Key("connectedAt", "N")),
            Index("by_thread", Key("thread")),
        ),
    ),
    "threads": Table(
        partition=Key("thread"),
        sort=Key("item"),
        # Sparse: only runs that have not ended are in it.
        indexes=(Index("open_runs", Key("open"), Key("wakeBy", "N"), projection="KEYS_ONLY"),),
    ),
}

FUNCTIONS = {
    "connect": Function(10, 256, ("CONNECTIONS_TABLE", "AWS_ENDPOINT_URL_DYNAMODB")),
    "disconnect": Function(10, 256, ("CONNECTIONS_TABLE", "AWS_ENDPOINT_URL_DYNAMODB")),
    "ingest": Function(
        10,
        256,
        (
            "CONNECTIONS_TABLE",
            "THREADS_TABLE",
            "QUEUE_URL",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_SQS",
        ),
        optional=("ON_GONE", "THREAD_TTL_HOURS", "REPLAY_SECONDS", "MESSAGES_PER_SECOND"),
    ),
    "worker": Function(
        900,
        512,
        (
            "CONNECTIONS_TABLE",
            "THREADS_TABLE",
            "QUEUE_URL",
            "DEAD_LETTER_URL",
            "CALLBACK_ENDPOINT",
            "MODEL_ID",
            "KNOWLEDGE_BASE_ID",
            "WEATHER_GEOCODING_URL",
            "WEATHER_FORECAST_URL",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_SQS",
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
            "AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME",
        ),
        optional=(
            "SYSTEM_PROMPT",
            "MAX_STEPS",
            "MAX_TOKENS",
            "TOOLS_ONCE",
            "TEMPERATURE",
            "TOP_P",
            "MODEL_FIELDS",
            "HISTORY_MESSAGES",
            "MODEL_IDLE_SECONDS",
            "FLUSH_WINDOW_MS",
            "LEASE_SECONDS",
            "VISIBILITY_SECONDS",
            "REPLAY_SECONDS",
            "THREAD_TTL_HOURS",
            "RUN_SECONDS",
        ),
    ),
    "sweep": Function(
        10,
        256,
        ("THREADS_TABLE", "QUEUE_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS"),
    ),
}

QUEUES = {
    # The visibility is the worker's timeout, Lambda's minimum for an event source.
    "runs": Queue(
        visibility=FUNCTIONS["worker"].timeout,
        retention=4 * DAY,
        dead_letters="runs-dead",
        max_receives=10,
    ),
    "runs-dead": Queue(visibility=30, retention=14 * DAY),
}

# MiniStack's default is 5 at once; ten people at ten threads must not wait for each other.
EVENT_SOURCE = EventSource(
    queue="runs",
    function="worker",
    batch_size=1,
    response_types=("ReportBatchItemFailures",),
    max_concurrency=16,
)

SCHEDULES = (Schedule("sweep", "rate(1 minute)", "sweep"),)

STAGE = "live"
ROUTE_SELECTION = "$request.body.action"
ROUTES = (
    Route("$connect", "connect"),
    Route("$disconnect", "disconnect"),
    Route("$default", "ingest", responds=True),
)

# What only this machine has: AWS takes a model and a knowledge base of its own.
MODEL_ID = "us.anthropic.claude-sonnet-5-5"
KNOWLEDGE_BASE_ID = "KBSIM00001"


def deployed(name: str) -> str:
    """The name in AWS of a table, queue, function or API."""
    return f"{PREFIX}{name}"
