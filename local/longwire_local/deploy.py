"""Deployment of facts.py to MiniStack, which is empty at each start, so there is nothing to compare with."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from . import facts
from .auth import TOKEN_PARAMETER, new_token
from .clients import Clients
from .environment import Endpoints, function_environment
from .facts import Index, Key, Queue, Table, deployed
from .options import Options

if TYPE_CHECKING:
    from types_boto3_apigatewayv2.type_defs import CreateRouteRequestTypeDef
    from types_boto3_dynamodb.type_defs import (
        CreateTableInputTypeDef,
        GlobalSecondaryIndexTypeDef,
        KeySchemaElementTypeDef,
    )
    from types_boto3_events.type_defs import TargetTypeDef
    from types_boto3_sqs.literals import QueueAttributeNameType

# Lambda's API requires a role; MiniStack does not check it.
ROLE = "arn:aws:iam::000000000000:role/longwire-local"


class Deployment:
    """Creates and updates the resources in one MiniStack."""

    def __init__(self, ministack: str) -> None:
        self.clients = Clients.of(ministack)

    def create_tables(self) -> None:
        """Creates the tables and enables their time to live."""
        for name, table in facts.TABLES.items():
            self.clients.dynamodb.create_table(**table_arguments(name, table))
            self.clients.dynamodb.update_time_to_live(
                TableName=deployed(name),
                TimeToLiveSpecification={"Enabled": True, "AttributeName": table.ttl},
            )

    def create_queues(self) -> dict[str, str]:
        """Creates the queues, those for dead letters first, as others refer to them. Returns the URLs by name."""
        urls: dict[str, str] = {}
        for name, queue in sorted(facts.QUEUES.items(), key=lambda item: item[1].dead_letters is not None):
            attributes = queue_attributes(queue)
            urls[name] = self.clients.sqs.create_queue(QueueName=deployed(name), Attributes=attributes)["QueueUrl"]
        return urls

    def create_shared_token(self) -> None:
        """Generates the shared token, unless there is one."""
        with suppress(self.clients.ssm.exceptions.ParameterAlreadyExists):
            self.clients.ssm.put_parameter(Name=TOKEN_PARAMETER, Value=new_token(), Type="SecureString")

    def create_gateway(self) -> str:
        """Creates the API without routes and returns its id, which the environment of the functions contains."""
        api = self.clients.gateway.create_api(
            Name=deployed("websocket"),
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression=facts.ROUTE_SELECTION,
        )
        self.clients.gateway.create_stage(ApiId=api["ApiId"], StageName=facts.STAGE, AutoDeploy=True)
        return str(api["ApiId"])

    def create_function(self, name: str, code: bytes, at: Endpoints, options: Options) -> None:
        """Creates a function. `code` is its zip."""
        function = facts.FUNCTIONS[name]
        self.clients.functions.create_function(
            FunctionName=deployed(name),
            Runtime=facts.RUNTIME,
            Handler=facts.HANDLER,
            Role=ROLE,
            Code={"ZipFile": code},
            Timeout=function.timeout,
            MemorySize=function.memory,
            Environment={"Variables": function_environment(name, at, options)},
        )

    def create_routes(self, api: str) -> None:
        """Creates the routes of an API, their authorizers, and their integrations with the functions."""
        for route in facts.ROUTES:
            integration = self.clients.gateway.create_integration(
                ApiId=api,
                IntegrationType="AWS_PROXY",
                IntegrationUri=invocation_uri(route.function),
            )
            target = f"integrations/{integration['IntegrationId']}"
            arguments: CreateRouteRequestTypeDef = {"ApiId": api, "RouteKey": route.key, "Target": target}
            if route.authorizer is not None:
                arguments["AuthorizationType"] = "CUSTOM"
                arguments["AuthorizerId"] = self._create_authorizer(api, route.authorizer)
            if route.responds:
                arguments["RouteResponseSelectionExpression"] = "$default"
            created = self.clients.gateway.create_route(**arguments)
            if route.responds:
                self.clients.gateway.create_route_response(
                    ApiId=api, RouteId=created["RouteId"], RouteResponseKey="$default"
                )

    def _create_authorizer(self, api: str, function: str) -> str:
        created = self.clients.gateway.create_authorizer(
            ApiId=api,
            Name=deployed(function),
            AuthorizerType="REQUEST",
            AuthorizerUri=invocation_uri(function),
            # API Gateway refuses a request that lacks an identity source, and a credential may be in three places.
            IdentitySource=[],
        )
        return str(created["AuthorizerId"])

    def create_event_sources(self) -> None:
        """Connects the queues with their functions."""
        for source in facts.EVENT_SOURCES:
            self.clients.functions.create_event_source_mapping(
                EventSourceArn=queue_arn(source.queue),
                FunctionName=deployed(source.function),
                BatchSize=source.batch_size,
                FunctionResponseTypes=list(source.response_types),
                ScalingConfig={"MaximumConcurrency": source.max_concurrency},
            )

    def create_change_sources(self) -> None:
        """Connects the stream of a table with the functions that get its changes."""
        for source in facts.CHANGE_SOURCES:
            table = self.clients.dynamodb.describe_table(TableName=deployed(source.table))["Table"]
            self.clients.functions.create_event_source_mapping(
                EventSourceArn=table["LatestStreamArn"],
                FunctionName=deployed(source.function),
                StartingPosition="TRIM_HORIZON",
                BatchSize=source.batch_size,
                MaximumBatchingWindowInSeconds=source.window,
                MaximumRetryAttempts=source.retries,
                MaximumRecordAgeInSeconds=source.record_age,
                BisectBatchOnFunctionError=True,
                FunctionResponseTypes=list(source.response_types),
                FilterCriteria={"Filters": [{"Pattern": json.dumps(source.pattern)}]},
                DestinationConfig={"OnFailure": {"Destination": queue_arn(source.dead_letters)}},
            )

    def create_push_topic(self) -> str:
        """Creates the topic for events of other services, and its subscription. Returns its ARN."""
        topic = facts.PUSH_TOPIC
        arn = str(self.clients.sns.create_topic(Name=deployed(topic.name))["TopicArn"])
        self.clients.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn(topic.queue))
        return arn

    def create_event_bus(self, options: Options) -> str:
        """Creates the bus for events of services and about runs, and its rules. Returns the name of the bus."""
        self.clients.events.create_event_bus(Name=facts.EVENT_BUS)
        self.route_events(options)
        return facts.EVENT_BUS

    def route_events(self, options: Options) -> None:
        """Creates or replaces the rules of the event bus."""
        bus = facts.EVENT_BUS
        listed = options.settings.get("PROMPT_SOURCES", "").split(",")
        sources = [source.strip() for source in listed if source.strip()]
        for rule in (facts.PUSH_RULE, facts.PROMPT_RULE):
            if rule.function is not None and not sources:
                self._delete_rule(deployed(rule.name))
                continue
            name, pattern = deployed(rule.name), json.dumps(rule.pattern(sources))
            self.clients.events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
            arn = queue_arn(rule.queue) if rule.queue is not None else function_arn(str(rule.function))
            target: TargetTypeDef = {"Id": "push", "Arn": arn}
            self.clients.events.put_targets(Rule=name, EventBusName=bus, Targets=[target])

    def _delete_rule(self, name: str) -> None:
        bus, events = facts.EVENT_BUS, self.clients.events
        if any(rule["Name"] == name for rule in events.list_rules(EventBusName=bus)["Rules"]):
            events.remove_targets(Rule=name, EventBusName=bus, Ids=["push"])
            events.delete_rule(Name=name, EventBusName=bus)

    def create_schedules(self) -> None:
        """Creates the rules that invoke functions at fixed times."""
        for schedule in facts.SCHEDULES:
            name = deployed(schedule.name)
            self.clients.events.put_rule(Name=name, ScheduleExpression=schedule.expression)
            arn = function_arn(schedule.function)
            self.clients.events.put_targets(Rule=name, Targets=[{"Id": schedule.function, "Arn": arn}])

    def update_code(self, name: str, code: bytes) -> None:
        """Replaces a function's code with a zip."""
        self.clients.functions.update_function_code(FunctionName=deployed(name), ZipFile=code)

    def update_settings(self, name: str, at: Endpoints, options: Options) -> None:
        """Replaces a function's environment."""
        self.clients.functions.update_function_configuration(
            FunctionName=deployed(name),
            Environment={"Variables": function_environment(name, at, options)},
        )


def table_arguments(name: str, table: Table) -> CreateTableInputTypeDef:
    """The request that creates a table."""
    keys = [table.partition, table.sort]
    for index in table.indexes:
        keys += [index.partition, index.sort]
    kinds = {key.name: key.kind for key in keys if key is not None}
    arguments: CreateTableInputTypeDef = {
        "TableName": deployed(name),
        "KeySchema": _schema(table.partition, table.sort),
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": kind} for key, kind in kinds.items()],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if table.indexes:
        arguments["GlobalSecondaryIndexes"] = [_index(index) for index in table.indexes]
    if table.stream is not None:
        arguments["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream}
    return arguments


def queue_attributes(queue: Queue) -> dict[QueueAttributeNameType, str]:
    """The attributes of a queue, with its redrive policy as JSON."""
    attributes: dict[QueueAttributeNameType, str] = {
        "VisibilityTimeout": str(queue.visibility),
        "MessageRetentionPeriod": str(queue.retention),
    }
    if queue.dead_letters is not None:
        redrive = {"deadLetterTargetArn": queue_arn(queue.dead_letters), "maxReceiveCount": queue.max_receives}
        attributes["RedrivePolicy"] = json.dumps(redrive)
    return attributes


def queue_arn(name: str) -> str:
    """The ARN of a queue in MiniStack."""
    return f"arn:aws:sqs:{facts.REGION}:000000000000:{deployed(name)}"


def function_arn(name: str) -> str:
    """The ARN of a function in MiniStack."""
    return f"arn:aws:lambda:{facts.REGION}:000000000000:function:{deployed(name)}"


def invocation_uri(function: str) -> str:
    """The URI of an integration that invokes a function."""
    arn = function_arn(function)
    return f"arn:aws:apigateway:{facts.REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"


def _schema(partition: Key, sort: Key | None) -> list[KeySchemaElementTypeDef]:
    schema: list[KeySchemaElementTypeDef] = [{"AttributeName": partition.name, "KeyType": "HASH"}]
    if sort is not None:
        schema.append({"AttributeName": sort.name, "KeyType": "RANGE"})
    return schema


def _index(index: Index) -> GlobalSecondaryIndexTypeDef:
    return {
        "IndexName": index.name,
        "KeySchema": _schema(index.partition, index.sort),
        "Projection": {"ProjectionType": index.projection},
    }
