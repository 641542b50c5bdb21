"""Costs of a deployment that a Terraform plan describes: while nobody uses it, and of turns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

from .errors import LocalError
from .prices import Prices

# Nested objects, as JSON has them.
Shape = dict[str, Any]

HOURS = 730
MILLION = 1_000_000
# Lambda keeps five requests open at a queue, for 20 seconds each. With a maximum concurrency it never goes down to
# two ("Configuring scaling behavior for SQS event source mappings").
POLLERS, POLL_SECONDS = 5, 20
# A sweep that finds nothing, and so logs nothing: 16 partitions of an index, half a read unit each. The duration
# is an estimate.
SWEEP_SECONDS, SWEEP_READ_UNITS = 0.05, 8
# A turn, from docs/operations.md, "Measured", and docs/performance.md: an answer of 300 events in 40 seconds.
WRITE_UNITS = 25
READS = 4
# A control poll each half second and one at the end, with a unit for the run, its thread and its connection.
POLLS_PER_SECOND, POLL_UNITS = 2, 3
# Calls of the queue, and those of Lambda, which receives and deletes the job.
QUEUE_CALLS = 3 + 2
INGEST_SECONDS = 0.02
# Lines of a run and of the access log, and a token in a stored message; estimates.
TURN_LOG_BYTES, TOKEN_BYTES = 2000, 4
READ_UNIT_BYTES = 4096
THOUSAND = 1000

RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
UNITS = {"minute": 60, "hour": 3600, "day": 86400}
# Kinds of resources that cost nothing while nobody uses them, and those whose costs `idle` counts.
FREE = re.compile(
    r"aws_(iam_|acm_|apigatewayv2_|cognito_|cloudwatch_(event_|log_)|dynamodb_table|budgets_budget|route53_record"
    r"|lambda_(alias|function|permission)|sns_|sqs_queue)"
)
COUNTED = {
    "aws_lambda_event_source_mapping",
    "aws_cloudwatch_metric_alarm",
    "aws_cloudwatch_composite_alarm",
    "aws_cloudwatch_dashboard",
    "aws_ssm_parameter",
}


@dataclass(frozen=True)
class Turn:
    """Needs of a turn: tokens, seconds of the worker, posts, and minutes of the connection."""

    new: int
    cached: int
    output: int
    seconds: float
    posts: int
    minutes: float


@dataclass(frozen=True)
class Line:
    """A line of a table: `count` units at `price` US dollars for `per` of them."""

    what: str
    count: float
    price: float
    per: int = 1

    @property
    def dollars(self) -> float:
        return self.count * self.price / self.per


@dataclass(frozen=True)
class Resource:
    """A resource of a plan. `values` lacks what only AWS knows."""

    address: str
    kind: str
    values: Shape

    @property
    def module(self) -> str:
        return self.address.rpartition(f"{self.kind}.")[0]


class Plan:
    """Resources after a plan, from `terraform show -json`."""

    def __init__(self, plan: Shape) -> None:
        # The order of modules in a plan is not always the same.
        found = _resources(plan["planned_values"]["root_module"])
        self.resources = sorted(found, key=lambda resource: resource.address)

    def of(self, kind: str) -> list[Resource]:
        return [each for each in self.resources if each.kind == kind]

    def function(self, ending: str) -> Resource:
        for each in self.of("aws_lambda_function"):
            if each.values["function_name"].endswith(ending):
                return each
        raise LocalError(f"the plan has no function whose name ends in {ending}.")

    def model(self) -> str | None:
        """The family of the model, or its id."""
        (environment,) = self.function("-worker").values.get("environment") or [{}]
        variables = environment.get("variables") or {}
        return variables.get("MODEL_FAMILY") or variables.get("MODEL_ID")

    def custom_metrics(self) -> list[str]:
        """Names of the metrics that the log filters make, with a * for those with dimensions."""
        found = {}
        for each in self.of("aws_cloudwatch_log_metric_filter"):
            (made,) = each.values["metric_transformation"]
            found[made["name"]] = f"{made['name']}*" if made.get("dimensions") else made["name"]
        return sorted(found.values())

    def unknown(self) -> list[str]:
        """Kinds of resources whose costs are not known here."""
        return sorted(
            {each.kind for each in self.resources if each.kind not in COUNTED and not FREE.match(each.kind)}
        )


def _resources(module: Shape) -> Iterator[Resource]:
    for each in module.get("resources", []):
        if each["mode"] == "managed":
            yield Resource(each["address"], each["type"], each["values"])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def idle(plan: Plan, prices: Prices) -> Iterator[Line]:
    """Costs of a month in which nobody uses the deployment."""
    for mapping in plan.of("aws_lambda_event_source_mapping"):
        # Lambda's reads of a table's stream are free.
        if mapping.values.get("starting_position") is None:
            rate = 60 // POLL_SECONDS * POLLERS
            what = f"polls of {_queue(mapping, plan)}: {POLLERS} pollers, {rate} requests a minute"
            yield Line(what, rate * 60 * HOURS, prices["sqs"]["million_requests"], MILLION)
    for rule in plan.of("aws_cloudwatch_event_rule"):
        if schedule := RATE.fullmatch(rule.values.get("schedule_expression") or ""):
            times = HOURS * 3600 / (int(schedule[1]) * UNITS[schedule[2]])
            yield from _scheduled(plan.function(rule.values["name"]), times, prices)
    yield from _watching(plan, prices["cloudwatch"])
    parameters = [each for each in plan.of("aws_ssm_parameter") if each.values.get("tier") == "Advanced"]
    if parameters:
        yield Line("advanced parameters", len(parameters), prices["ssm"]["advanced_parameter"])


def _queue(mapping: Resource, plan: Plan) -> str:
    """The name of the queue of a mapping. Only AWS knows its ARN, so it is the queue `work` of the same module."""
    for queue in plan.of("aws_sqs_queue"):
        if queue.address == f"{mapping.module}aws_sqs_queue.work":
            return str(queue.values["name"])
    return mapping.address


def _scheduled(function: Resource, times: float, prices: Prices) -> Iterator[Line]:
    name = function.values["function_name"]
    amount, price = _gb_seconds(function, SWEEP_SECONDS, prices)
    yield Line(f"schedule of {name}", times, prices["eventbridge"]["million_scheduled"], MILLION)
    yield Line(f"invocations of {name}", times, prices["lambda"]["million_requests"], MILLION)
    yield Line(f"GB-seconds of {name}", times * amount, price, MILLION)
    yield Line(
        f"read units of {name}", times * SWEEP_READ_UNITS, prices["dynamodb"]["million_read_units"], MILLION
    )
    (tracing,) = function.values.get("tracing_config") or [{}]
    if tracing.get("mode") == "Active":
        yield Line(f"traces of {name}", times, prices["xray"]["million_traces"], MILLION)


def _gb_seconds(function: Resource, seconds: float, prices: Prices) -> tuple[float, float]:
    """GB-seconds of an invocation, and the price of a million of them."""
    (architecture,) = function.values.get("architectures") or ["x86_64"]
    return function.values["memory_size"] / 1024 * seconds, prices["lambda"][f"million_gb_seconds_{architecture}"]


def _watching(plan: Plan, prices: dict[str, float]) -> Iterator[Line]:
    """Alarms and dashboards."""
    for price in ("alarm_metric", "high_resolution_alarm_metric"):
        alarms = [each for each in plan.of("aws_cloudwatch_metric_alarm") if _resolution(each) == price]
        if alarms:
            yield Line(f"metrics in {len(alarms)} alarms", sum(map(_metrics, alarms)), prices[price])
    for what, kind in (("composite alarm", "composite_alarm"), ("dashboard", "dashboard")):
        if found := plan.of(f"aws_cloudwatch_{kind}"):
            yield Line(f"{what}s", len(found), prices[kind])


def _metrics(alarm: Resource) -> int:
    queries = alarm.values.get("metric_query") or []
    return sum(bool(each.get("metric")) for each in queries) if queries else 1


def _resolution(alarm: Resource) -> str:
    """The name of the price of an alarm's metrics."""
    queries = alarm.values.get("metric_query") or []
    periods = [metric["period"] for each in queries for metric in each.get("metric") or []]
    short = min([alarm.values.get("period") or 60, *periods]) < 60
    return "high_resolution_alarm_metric" if short else "alarm_metric"


def turns(turn: Turn, plan: Plan, prices: Prices, model: dict[str, float]) -> Iterator[Line]:
    """Costs of a thousand turns: prompts of connected clients, each answered by one model call."""
    yield Line("tokens read from the prompt cache", THOUSAND * turn.cached, model["cache_read"], MILLION)
    yield Line("tokens of input, written to the cache", THOUSAND * turn.new, model["cache_write"], MILLION)
    yield Line("tokens of output", THOUSAND * turn.output, model["output"], MILLION)
    amount, price = _gb_seconds(plan.function("-worker"), turn.seconds, prices)
    yield Line("GB-seconds of the worker", THOUSAND * amount, price, MILLION)
    amount, price = _gb_seconds(plan.function("-ingest"), INGEST_SECONDS, prices)
    yield Line("GB-seconds of ingest", THOUSAND * amount, price, MILLION)
    yield Line("invocations of both", THOUSAND * 2, prices["lambda"]["million_requests"], MILLION)
    gateway = prices["apigateway"]
    messages = THOUSAND * (turn.posts + 2)
    yield Line("messages: prompt, ack and posts", messages, gateway["million_messages"], MILLION)
    minutes = THOUSAND * turn.minutes
    yield Line("minutes of connections", minutes, gateway["million_connection_minutes"], MILLION)
    yield Line("write units", THOUSAND * WRITE_UNITS, prices["dynamodb"]["million_write_units"], MILLION)
    polls = ceil(turn.seconds * POLLS_PER_SECOND) + 1
    history = ceil((turn.new + turn.cached) * TOKEN_BYTES / READ_UNIT_BYTES)
    units = THOUSAND * (READS + history + polls * POLL_UNITS)
    yield Line("read units, most of control polls", units, prices["dynamodb"]["million_read_units"], MILLION)
    yield Line("calls of the queue", THOUSAND * QUEUE_CALLS, prices["sqs"]["million_requests"], MILLION)
    yield Line("GB of logs", THOUSAND * TURN_LOG_BYTES / 1e9, prices["cloudwatch"]["log_gb"])
