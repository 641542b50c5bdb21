"""Resources of the local deployment, as data. No other module of `local` repeats their properties.

Durations are in seconds, memory is in MiB.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

PREFIX = "longwire-"
REGION = "us-east-1"
RUNTIME: Final = "provided.al2023"
HANDLER = "bootstrap"

DAY = 86_400


@dataclass(frozen=True)
class Key:
    """A key attribute. `kind` is its DynamoDB type: S for a string, N for a number."""

    name: str
    kind: Literal["S", "N"] = "S"


@dataclass(frozen=True)
class Index:
    """A global secondary index."""

    name: str
    partition: Key
    sort: Key | None = None
    projection: Literal["ALL", "KEYS_ONLY"] = "ALL"


@dataclass(frozen=True)
class Table:
    """A DynamoDB table. `ttl` is the attribute with the time to live, `stream` the view type of its stream."""

    partition: Key
    sort: Key | None = None
    indexes: tuple[Index, ...] = ()
    ttl: str = "ttl"
    stream: Literal["NEW_AND_OLD_IMAGES"] | None = None


@dataclass(frozen=True)
class Queue:
    """An SQS queue. After `max_receives` receives a message moves to the queue `dead_letters`."""

    visibility: int
    retention: int
    dead_letters: str | None = None
    max_receives: int | None = None


@dataclass(frozen=True)
class Function:
    """A Lambda function.

    `environment` names its required variables, `auth` the variables of authentication, of which each mode has its
    own, and `optional` the settings that `up` sets.
    """

    timeout: int
    memory: int
    environment: tuple[str, ...]
    auth: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """A route of the WebSocket API. With `responds` the client gets the function's body as a frame.

    `authorizer` is the function that decides who may use the route.
    """

    key: str
    function: str
    responds: bool = False
    authorizer: str | None = None


@dataclass(frozen=True)
class EventSource:
    """An event source mapping from a queue to a function."""

    queue: str
    function: str
    batch_size: int
    response_types: tuple[Literal["ReportBatchItemFailures"], ...]
    max_concurrency: int


@dataclass(frozen=True)
class ChangeSource:
    """An event source mapping from a table's stream to a function, which gets the changes that match `pattern`.

    Batches of records that failed too often go to the queue `dead_letters`.
    """

    table: str
    function: str
    pattern: dict[str, Any]
    dead_letters: str
    batch_size: int
    response_types: tuple[Literal["ReportBatchItemFailures"], ...]
    window: int
    retries: int
    record_age: int


@dataclass(frozen=True)
class Topic:
    """An SNS topic with a queue that subscribes to it, without raw delivery."""

    name: str
    queue: str


@dataclass(frozen=True)
class Rule:
    """A rule of the custom event bus, which sends events for `push` to a queue or to a function."""

    name: str
    queue: str | None = None
    function: str | None = None

    def pattern(self, sources: Sequence[str]) -> dict[str, object]:
        """The event pattern. These sources are those of the rule for the function."""
        pattern: dict[str, object] = {"detail-type": ["longwire.push"]}
        if self.function is not None:
            return pattern | {"source": list(sources)}
        return pattern | ({"source": [{"anything-but": list(sources)}]} if sources else {})


@dataclass(frozen=True)
class Schedule:
    """An EventBridge rule that invokes a function."""

    name: str
    expression: str
    function: str


TABLES = {
    "connections": Table(
        partition=Key("connection"),
        indexes=(
            Index("by_thread", Key("thread")),
            Index("by_user", Key("user"), Key("connectedAt", "N")),
            # Only the items of rooms have the attribute `room`.
            Index("by_room", Key("room"), Key("member"), projection="KEYS_ONLY"),
        ),
    ),
    "threads": Table(
        partition=Key("thread"),
        sort=Key("item"),
        # A sparse index: only runs that have not ended have the attribute `open`.
        indexes=(Index("open_runs", Key("open"), Key("wakeBy", "N"), projection="KEYS_ONLY"),),
        stream="NEW_AND_OLD_IMAGES",
    ),
    "users": Table(partition=Key("user"), sort=Key("item")),
}

FUNCTIONS = {
    "authorizer": Function(
        10,
        256,
        ("USERS_TABLE", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SSM"),
        auth=("AUTH", "AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_GROUPS_CLAIM", "AUTH_TOKEN_PARAMETER"),
    ),
    "connect": Function(10, 256, ("CONNECTIONS_TABLE", "AWS_ENDPOINT_URL_DYNAMODB")),
    "disconnect": Function(10, 256, ("CONNECTIONS_TABLE", "AWS_ENDPOINT_URL_DYNAMODB")),
    "ingest": Function(
        10,
        256,
        (
            "CONNECTIONS_TABLE",
            "THREADS_TABLE",
            "USERS_TABLE",
            "QUEUE_URL",
            "REPLAY_QUEUE_URL",
            "PUSH_QUEUE_URL",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_SQS",
        ),
        auth=("AUTH", "AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_GROUPS_CLAIM"),
        optional=(
            "ON_GONE",
            "THREAD_TTL_HOURS",
            "RUN_SECONDS",
            "REPLAY_SECONDS",
            "MESSAGES_PER_SECOND",
            "THREADS_PER_CONNECTION",
            "USER_LIMITS",
            "ROOMS",
        ),
    ),
    "worker": Function(
        900,
        512,
        (
            "CONNECTIONS_TABLE",
            "THREADS_TABLE",
            "USERS_TABLE",
            "QUEUE_URL",
            "DEAD_LETTER_URL",
            "CALLBACK_ENDPOINT",
            "MODEL_ID",
            "KNOWLEDGE_BASE_ID",
            "WEATHER_GEOCODING_URL",
            "WEATHER_FORECAST_URL",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_SQS",
            "AWS_ENDPOINT_URL_SSM",
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
            "AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME",
        ),
        optional=(
            "SYSTEM_PROMPT",
            "SYSTEM_PROMPT_PARAMETER",
            "MAX_STEPS",
            "MAX_TOKENS",
            "TOOLS_ONCE",
            "APPROVALS",
            "MODEL_FAMILY",
            "TEMPERATURE",
            "TOP_P",
            "MODEL_FIELDS",
            "HISTORY_MESSAGES",
            "MODEL_IDLE_SECONDS",
            "MODEL_THROTTLE_SECONDS",
            "FLUSH_WINDOW_MS",
            "COALESCE_DELTAS",
            "MIN_POST_INTERVAL_MS",
            "LEASE_SECONDS",
            "VISIBILITY_SECONDS",
            "REPLAY_SECONDS",
            "THREAD_TTL_HOURS",
            "ANSWER_SECONDS",
            "RUN_SECONDS",
        ),
    ),
    "replay": Function(
        300,
        256,
        (
            "CONNECTIONS_TABLE",
            "THREADS_TABLE",
            "REPLAY_QUEUE_URL",
            "CALLBACK_ENDPOINT",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_SQS",
        ),
    ),
    "sweep": Function(
        10,
        256,
        ("THREADS_TABLE", "QUEUE_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS"),
    ),
    "push": Function(
        60,
        256,
        (
            "CONNECTIONS_TABLE",
            "THREADS_TABLE",
            "USERS_TABLE",
            "QUEUE_URL",
            "PUSH_QUEUE_URL",
            "CALLBACK_ENDPOINT",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_SQS",
        ),
        auth=("AUTH",),
        optional=("PROMPT_SOURCES", "USER_LIMITS", "THREAD_TTL_HOURS", "RUN_SECONDS", "ROOMS"),
    ),
    "erase": Function(60, 256, ("THREADS_TABLE", "AWS_ENDPOINT_URL_DYNAMODB")),
    "notify": Function(
        60,
        256,
        ("THREADS_TABLE", "EVENT_BUS", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_EVENTBRIDGE"),
    ),
    "ticket": Function(10, 256, ("USERS_TABLE", "AWS_ENDPOINT_URL_DYNAMODB")),
}

# Settings that `up` need not set: a room to try events with.
SETTINGS = {"ROOMS": '{"lobby":["*"]}'}

QUEUES = {
    # Lambda requires a visibility timeout of at least the function's timeout.
    "runs": Queue(
        visibility=FUNCTIONS["worker"].timeout,
        retention=4 * DAY,
        dead_letters="runs-dead",
        max_receives=10,
    ),
    "runs-dead": Queue(visibility=30, retention=14 * DAY),
    "erase-dead": Queue(visibility=30, retention=14 * DAY),
    "notify-dead": Queue(visibility=30, retention=14 * DAY),
    "replays": Queue(
        visibility=FUNCTIONS["replay"].timeout,
        retention=4 * DAY,
        dead_letters="replays-dead",
        max_receives=10,
    ),
    "replays-dead": Queue(visibility=30, retention=14 * DAY),
    # Six times the function's timeout, as Lambda recommends for batches.
    "pushes": Queue(
        visibility=6 * FUNCTIONS["push"].timeout,
        retention=4 * DAY,
        dead_letters="push-dead",
        max_receives=4,
    ),
    "push-dead": Queue(visibility=30, retention=14 * DAY),
}

EVENT_SOURCES = (
    # MiniStack's default concurrency is 5. With 16, ten users on ten threads do not wait for each other.
    EventSource(
        queue="runs",
        function="worker",
        batch_size=1,
        response_types=("ReportBatchItemFailures",),
        max_concurrency=16,
    ),
    EventSource(
        queue="replays",
        function="replay",
        batch_size=1,
        response_types=("ReportBatchItemFailures",),
        max_concurrency=5,
    ),
    EventSource(
        queue="pushes",
        function="push",
        batch_size=10,
        response_types=("ReportBatchItemFailures",),
        max_concurrency=5,
    ),
)

# Ways for events of other services into the queue of `push`.
PUSH_TOPIC = Topic("pushes", queue="pushes")
PUSH_RULE = Rule("push", queue="pushes")
# Where PROMPT_SOURCES is set, the events of these sources invoke the function instead.
PROMPT_RULE = Rule("prompt", function="push")

# Final statuses of a run.
ENDED = ["finished", "failed", "cancelled"]

# A shard of a stream has two readers at most.
CHANGE_SOURCES = (
    ChangeSource(
        table="threads",
        function="erase",
        pattern={"eventName": ["MODIFY", "REMOVE"], "dynamodb": {"Keys": {"item": {"S": ["META"]}}}},
        dead_letters="erase-dead",
        batch_size=100,
        response_types=("ReportBatchItemFailures",),
        window=10,
        retries=20,
        record_age=6 * 3600,
    ),
    # The rows of runs that end with this change and whose clients asked for an event.
    ChangeSource(
        table="threads",
        function="notify",
        pattern={
            "eventName": ["MODIFY"],
            "dynamodb": {
                "Keys": {"item": {"S": [{"prefix": "RUN#"}]}},
                "NewImage": {"notify": {"S": [{"exists": True}]}, "status": {"S": ENDED}},
                "OldImage": {"status": {"S": [{"anything-but": ENDED}]}},
            },
        },
        dead_letters="notify-dead",
        batch_size=10,
        response_types=("ReportBatchItemFailures",),
        window=0,
        retries=100,
        record_age=6 * 3600,
    ),
)

SCHEDULES = (Schedule("sweep", "rate(1 minute)", "sweep"),)

STAGE = "live"
ROUTE_SELECTION = "$request.body.action"
ROUTES = (
    Route("$connect", "connect", authorizer="authorizer"),
    Route("$disconnect", "disconnect"),
    Route("$default", "ingest", responds=True),
)

# The model that the simulator plays, and its knowledge base; a deployment to AWS names its own.
MODEL_ID = os.environ.get("LONGWIRE_MODEL_ID") or "us.anthropic.claude-sonnet-5-5"
KNOWLEDGE_BASE_ID = "KBSIM00001"


# The custom event bus has the name of the deployment.
EVENT_BUS = PREFIX.removesuffix("-")


def deployed(name: str) -> str:
    """The deployed name of a table, queue, function or API."""
    return f"{PREFIX}{name}"
