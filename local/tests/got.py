"""The deployment of facts.py as MiniStack reports it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from longwire_local.clients import Clients
from longwire_local.facts import EVENT_BUS, PREFIX

if TYPE_CHECKING:
    from types_boto3_apigatewayv2 import ApiGatewayV2Client
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import KeySchemaElementTypeDef
    from types_boto3_lambda.type_defs import (
        EventSourceMappingConfigurationTypeDef,
        FunctionConfigurationTypeDef,
    )
    from types_boto3_sqs import SQSClient

# Nested objects, as JSON has them.
Shape = dict[str, Any]


def without_prefix(name: str) -> str:
    assert name.startswith(PREFIX), name
    return name.removeprefix(PREFIX)


def name_in_arn(arn: str) -> str:
    return without_prefix(arn.removesuffix("/invocations").split(":")[-1])


def shape(clients: Clients) -> Shape:
    """The deployed resources by kind and name, in the shape of `planned.py`."""
    functions = clients.functions.list_functions()["Functions"]
    event_sources = clients.functions.list_event_source_mappings()["EventSourceMappings"]
    tables = clients.dynamodb.list_tables()["TableNames"]
    queues = clients.sqs.list_queues()["QueueUrls"]
    schedules = clients.events.list_rules()["Rules"]
    rules = clients.events.list_rules(EventBusName=EVENT_BUS)["Rules"]
    subscriptions = clients.sns.list_subscriptions()["Subscriptions"]
    (api,) = clients.gateway.get_apis()["Items"]
    stages = clients.gateway.get_stages(ApiId=api["ApiId"])["Items"]
    return {
        "functions": dict(map(function, functions)),
        "event sources": dict(map(event_source, event_sources)),
        "tables": {without_prefix(name): table(clients.dynamodb, name) for name in tables},
        "queues": dict(queue(clients.sqs, url) for url in queues),
        "schedules": {without_prefix(rule["Name"]): rule["ScheduleExpression"] for rule in schedules},
        "rules": {without_prefix(rule["Name"]): json.loads(rule["EventPattern"]) for rule in rules},
        "subscriptions of queues": [subscription(clients.sns, each["SubscriptionArn"]) for each in subscriptions],
        "route selection": [api["RouteSelectionExpression"]],
        "stages": [stage["StageName"] for stage in stages],
        "routes": routes(clients.gateway, api["ApiId"]),
        "authorizers": {
            without_prefix(each["Name"]): {
                "type": each["AuthorizerType"],
                "identity sources": each["IdentitySource"],
            }
            for each in clients.gateway.get_authorizers(ApiId=api["ApiId"])["Items"]
        },
    }


def function(raw: FunctionConfigurationTypeDef) -> tuple[str, Shape]:
    return without_prefix(raw["FunctionName"]), {
        "timeout": raw["Timeout"],
        "runtime": raw["Runtime"],
        "handler": raw["Handler"],
        "memory": raw["MemorySize"],
        "environment": {name: True for name in sorted(raw["Environment"]["Variables"])},
    }


def event_source(raw: EventSourceMappingConfigurationTypeDef) -> tuple[str, Shape]:
    attributes: Shape = {"batch size": raw["BatchSize"], "responses": raw["FunctionResponseTypes"]}
    if "/stream/" in raw["EventSourceArn"]:
        attributes |= changes(raw)
    else:
        attributes["at once"] = raw["ScalingConfig"]["MaximumConcurrency"]
    return name_in_arn(raw["FunctionArn"]), attributes


def changes(raw: EventSourceMappingConfigurationTypeDef) -> Shape:
    return {
        "start": raw["StartingPosition"],
        "window": raw["MaximumBatchingWindowInSeconds"],
        "retries": raw["MaximumRetryAttempts"],
        "record age": raw["MaximumRecordAgeInSeconds"],
        "bisect": raw["BisectBatchOnFunctionError"],
        "filters": [json.loads(each["Pattern"]) for each in raw["FilterCriteria"]["Filters"]],
    }


def subscription(client: Any, arn: str) -> Shape:
    raw = client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert raw["Protocol"] == "sqs"
    return {"raw delivery": raw["RawMessageDelivery"] == "true"}


def queue(client: SQSClient, url: str) -> tuple[str, Shape]:
    raw = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    attributes: Shape = {
        "visibility": int(raw["VisibilityTimeout"]),
        "retention": int(raw["MessageRetentionPeriod"]),
    }
    if policy := raw.get("RedrivePolicy"):
        redrive = json.loads(policy)
        attributes["dead letters"] = name_in_arn(redrive["deadLetterTargetArn"])
        attributes["receives"] = int(redrive["maxReceiveCount"])
    return without_prefix(url.rsplit("/", maxsplit=1)[-1]), attributes


def table(client: DynamoDBClient, name: str) -> Shape:
    raw = client.describe_table(TableName=name)["Table"]
    ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    kinds = {each["AttributeName"]: each["AttributeType"] for each in raw["AttributeDefinitions"]}

    def keys(schema: Sequence[KeySchemaElementTypeDef]) -> list[list[str]]:
        order = sorted(schema, key=lambda key: key["KeyType"])  # HASH sorts before RANGE
        return [[key["AttributeName"], kinds[key["AttributeName"]]] for key in order]

    return {
        "keys": keys(raw["KeySchema"]),
        "billing": raw["BillingModeSummary"]["BillingMode"],
        "ttl": ttl["AttributeName"] if ttl["TimeToLiveStatus"] == "ENABLED" else None,
        "stream": raw.get("StreamSpecification", {}).get("StreamViewType"),
        "indexes": {
            index["IndexName"]: {
                "keys": keys(index["KeySchema"]),
                "projection": index["Projection"]["ProjectionType"],
            }
            for index in raw.get("GlobalSecondaryIndexes", [])
        },
    }


def routes(gateway: ApiGatewayV2Client, api: str) -> Shape:
    found = {}
    for route in gateway.get_routes(ApiId=api)["Items"]:
        integration = route["Target"].removeprefix("integrations/")
        uri = gateway.get_integration(ApiId=api, IntegrationId=integration)["IntegrationUri"]
        responses = gateway.get_route_responses(ApiId=api, RouteId=route["RouteId"])["Items"]
        responds = route.get("RouteResponseSelectionExpression") == "$default"
        assert responds == bool(responses), f"{route['RouteKey']}: a client is answered only with both"
        found[route["RouteKey"]] = {
            "function": name_in_arn(uri),
            "responds": responds,
            "authorization": route["AuthorizationType"],
        }
    return found
