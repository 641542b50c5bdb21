"""What MiniStack has after a deployment of facts.py, asked of MiniStack and not of facts.py."""

import json

from longwire_local.facts import PREFIX


def short(name):
    assert name.startswith(PREFIX), name
    return name.removeprefix(PREFIX)


def of_arn(arn):
    return short(arn.removesuffix("/invocations").split(":")[-1])


def shape(client):
    """`client` gives the botocore client of a service."""
    functions, queues = client("lambda"), client("sqs")
    tables, gateway, events = client("dynamodb"), client("apigatewayv2"), client("events")
    (api,) = gateway.get_apis()["Items"]
    rules = events.list_rules()["Rules"]
    return {
        "functions": dict(map(function, functions.list_functions()["Functions"])),
        "event sources": dict(map(event_source, functions.list_event_source_mappings()["EventSourceMappings"])),
        "tables": {short(name): table(tables, name) for name in tables.list_tables()["TableNames"]},
        "queues": dict(queue(queues, url) for url in queues.list_queues()["QueueUrls"]),
        "schedules": {short(rule["Name"]): rule["ScheduleExpression"] for rule in rules},
        "route selection": [api["RouteSelectionExpression"]],
        "stages": [stage["StageName"] for stage in gateway.get_stages(ApiId=api["ApiId"])["Items"]],
        "routes": routes(gateway, api["ApiId"]),
    }


def function(raw):
    return short(raw["FunctionName"]), {
        "timeout": raw["Timeout"],
        "runtime": raw["Runtime"],
        "handler": raw["Handler"],
        "memory": raw["MemorySize"],
        "environment": {name: True for name in sorted(raw["Environment"]["Variables"])},
    }


def event_source(raw):
    return of_arn(raw["FunctionArn"]), {
        "batch size": raw["BatchSize"],
        "responses": raw["FunctionResponseTypes"],
        "at once": raw["ScalingConfig"]["MaximumConcurrency"],
    }


def queue(client, url):
    raw = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    told = {"visibility": int(raw["VisibilityTimeout"]), "retention": int(raw["MessageRetentionPeriod"])}
    if policy := raw.get("RedrivePolicy"):
        policy = json.loads(policy)
        told |= {"dead letters": of_arn(policy["deadLetterTargetArn"]), "receives": int(policy["maxReceiveCount"])}
    return short(url.split("/")[-1]), told


def table(client, name):
    raw = client.describe_table(TableName=name)["Table"]
    ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    kinds = {each["AttributeName"]: each["AttributeType"] for each in raw["AttributeDefinitions"]}

    def keys(of):
        order = sorted(of["KeySchema"], key=lambda key: key["KeyType"])  # HASH stands before RANGE
        return [[key["AttributeName"], kinds[key["AttributeName"]]] for key in order]

    return {
        "keys": keys(raw),
        "billing": raw["BillingModeSummary"]["BillingMode"],
        "ttl": ttl["AttributeName"] if ttl["TimeToLiveStatus"] == "ENABLED" else None,
        "indexes": {
            index["IndexName"]: {"keys": keys(index), "projection": index["Projection"]["ProjectionType"]}
            for index in raw.get("GlobalSecondaryIndexes", [])
        },
    }


def routes(gateway, api):
    found = {}
    for route in gateway.get_routes(ApiId=api)["Items"]:
        integration = route["Target"].removeprefix("integrations/")
        uri = gateway.get_integration(ApiId=api, IntegrationId=integration)["IntegrationUri"]
        responses = gateway.get_route_responses(ApiId=api, RouteId=route["RouteId"])["Items"]
        responds = route.get("RouteResponseSelectionExpression") == "$default"
        assert responds == bool(responses), f"{route['RouteKey']}: only with both does an answer reach its client"
        found[route["RouteKey"]] = {"function": of_arn(uri), "responds": responds}
    return found
