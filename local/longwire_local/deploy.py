"""Deploying facts.py to MiniStack, which starts empty each time, so that nothing needs to be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.session import Session

from . import facts
from .environment import Endpoints, function_environment
from .facts import Index, Key, Queue, Table, deployed

# MiniStack checks none of it, but the APIs ask for it.
ROLE = "arn:aws:iam::000000000000:role/longwire-local"


class Deployment:
    """The clients of one MiniStack."""

    def __init__(self, ministack: str) -> None:
        self._ministack = ministack
        self._session = Session()
        self._dynamodb = self.client("dynamodb")
        self._sqs = self.client("sqs")
        self._lambda = self.client("lambda")
        self._gateway = self.client("apigatewayv2")
        self._events = self.client("events")

    def client(self, service: str) -> Any:
        """botocore's client of a service."""
        return self._session.create_client(
            service,
            region_name=facts.REGION,
            endpoint_url=self._ministack,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"max_attempts": 1}, ignore_configured_endpoint_urls=True),
        )

    def create_tables(self) -> None:
        for name, table in facts.TABLES.items():
            self._dynamodb.create_table(TableName=deployed(name), **table_arguments(table))
            self._dynamodb.update_time_to_live(
                TableName=deployed(name),
                TimeToLiveSpecification={"Enabled": True, "AttributeName": table.ttl},
            )

    def create_queues(self) -> dict[str, str]:
        """The URL of each queue; those that take dead letters come first, the others name them."""
        urls: dict[str, str] = {}
        for name, queue in sorted(facts.QUEUES.items(), key=lambda item: item[1].dead_letters is not None):
            attributes = queue_attributes(queue)
            urls[name] = self._sqs.create_queue(QueueName=deployed(name), Attributes=attributes)["QueueUrl"]
        return urls

    def create_gateway(self) -> str:
        """An API without routes, because its id stands in the environment of the functions behind it."""
        api = self._gateway.create_api(
            Name=deployed("websocket"),
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression=facts.ROUTE_SELECTION,
        )
        self._gateway.create_stage(ApiId=api["ApiId"], StageName=facts.STAGE, AutoDeploy=True)
        return str(api["ApiId"])

    def create_function(self, name: str, code: bytes, at: Endpoints, chosen: Mapping[str, str]) -> None:
        function = facts.FUNCTIONS[name]
        self._lambda.create_function(
            FunctionName=deployed(name),
            Runtime=facts.RUNTIME,
            Handler=facts.HANDLER,
            Role=ROLE,
            Code={"ZipFile": code},
            Timeout=function.timeout,
            MemorySize=function.memory,
            Environment={"Variables": function_environment(name, at, chosen)},
        )

    def create_routes(self, api: str) -> None:
        for route in facts.ROUTES:
            integration = self._gateway.create_integration(
                ApiId=api,
                IntegrationType="AWS_PROXY",
                IntegrationUri=invocation_uri(route.function),
            )
            answer = {"RouteResponseSelectionExpression": "$default"} if route.responds else {}
            target = f"integrations/{integration['IntegrationId']}"
            created = self._gateway.create_route(ApiId=api, RouteKey=route.key, Target=target, **answer)
            if route.responds:
                self._gateway.create_route_response(
                    ApiId=api, RouteId=created["RouteId"], RouteResponseKey="$default"
                )

    def create_event_source(self) -> None:
        source = facts.EVENT_SOURCE
        self._lambda.create_event_source_mapping(
            EventSourceArn=queue_arn(source.queue),
            FunctionName=deployed(source.function),
            BatchSize=source.batch_size,
            FunctionResponseTypes=list(source.response_types),
            ScalingConfig={"MaximumConcurrency": source.max_concurrency},
        )

    def create_schedules(self) -> None:
        for schedule in facts.SCHEDULES:
            name = deployed(schedule.name)
            self._events.put_rule(Name=name, ScheduleExpression=schedule.expression)
            target = {"Id": schedule.function, "Arn": function_arn(schedule.function)}
            self._events.put_targets(Rule=name, Targets=[target])

    def update_code(self, name: str, code: bytes) -> None:
        self._lambda.update_function_code(FunctionName=deployed(name), ZipFile=code)

    def update_settings(self, name: str, at: Endpoints, chosen: Mapping[str, str]) -> None:
        self._lambda.update_function_configuration(
            FunctionName=deployed(name),
            Environment={"Variables": function_environment(name, at, chosen)},
        )


def table_arguments(table: Table) -> dict[str, Any]:
    keys = [table.partition, table.sort]
    for index in table.indexes:
        keys += [index.partition, index.sort]
    kinds = {key.name: key.kind for key in keys if key is not None}
    arguments: dict[str, Any] = {
        "KeySchema": _schema(table.partition, table.sort),
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if table.indexes:
        arguments["GlobalSecondaryIndexes"] = [_index(index) for index in table.indexes]
    return arguments


def queue_attributes(queue: Queue) -> dict[str, str]:
    attributes = {
        "VisibilityTimeout": str(queue.visibility),
        "MessageRetentionPeriod": str(queue.retention),
    }
    if queue.dead_letters is not None:
        redrive = {"deadLetterTargetArn": queue_arn(queue.dead_letters), "maxReceiveCount": queue.max_receives}
        attributes["RedrivePolicy"] = json.dumps(redrive)
    return attributes


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{facts.REGION}:000000000000:{deployed(name)}"


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{facts.REGION}:000000000000:function:{deployed(name)}"


def invocation_uri(function: str) -> str:
    arn = function_arn(function)
    return f"arn:aws:apigateway:{facts.REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"


def _schema(partition: Key, sort: Key | None) -> list[dict[str, str]]:
    schema = [{"AttributeName": partition.name, "KeyType": "HASH"}]
    if sort is not None:
        schema.append({"AttributeName": sort.name, "KeyType": "RANGE"})
    return schema


def _index(index: Index) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": _schema(index.partition, index.sort),
        "Projection": {"ProjectionType": index.projection},
    }
