"""The deployment that a Terraform plan describes, in the shape of `got.py`; names are without their prefix."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, TypedDict

from captures import captured

# Nested objects, as JSON has them.
Shape = dict[str, Any]

# Only AWS knows the queue's ARN, so a plan does not show the redrive policy: its target comes from the source.
DEAD_LETTER_QUEUE = re.compile(r"deadLetterTargetArn\s+= aws_sqs_queue\.(\w+)\.arn")
FUNCTION_OF_ALIAS = re.compile(r'module\.function\["(\w+)"\]\.alias_arn')


class Change(TypedDict):
    """Values of a resource after the deployment: `after` has the known ones."""

    after: Shape
    after_unknown: Shape


class Resource(TypedDict):
    """A resource of the plan, as `terraform show -json` prints it, as far as it is read here."""

    address: str
    mode: str
    type: str
    name: str
    index: str
    change: Change


class Plan:
    """The output of `terraform show -json` for a plan of a new deployment."""

    def __init__(self, plan: Shape, queue_source: str) -> None:
        resources: list[Resource] = plan["resource_changes"]
        self.created = [each for each in resources if each["mode"] == "managed"]
        # The root calls the product, which calls the other modules.
        product = plan["configuration"]["root_module"]["module_calls"]["longwire"]["module"]
        self.module_calls: Shape = product["module_calls"]
        self.queue_source = queue_source
        self.prefix = f"{plan['variables']['project']['value']}-{plan['variables']['environment']['value']}-"

    def without_prefix(self, name: str) -> str:
        assert name.startswith(self.prefix), name
        return name.removeprefix(self.prefix)

    def resources(self, kind: str, module: str = "") -> list[Resource]:
        return [each for each in self.created if each["type"] == kind and each["address"].startswith(module)]

    def after(self, kind: str) -> list[Shape]:
        return [each["change"]["after"] for each in self.resources(kind)]

    def shape(self) -> Shape:
        """The planned resources by kind and name."""
        rules = self.after("aws_cloudwatch_event_rule")
        subscriptions = self.after("aws_sns_topic_subscription")
        return {
            "functions": dict(map(self.function, self.resources("aws_lambda_function"))),
            "event sources": dict(map(self.event_source, self.resources("aws_lambda_event_source_mapping"))),
            "tables": {
                self.without_prefix(each["name"]): table(each) for each in self.after("aws_dynamodb_table")
            },
            "queues": dict(map(self.queue, self.resources("aws_sqs_queue"))),
            "schedules": {
                self.without_prefix(each["name"]): each["schedule_expression"]
                for each in rules
                if each["schedule_expression"]
            },
            "rules": {
                self.without_prefix(each["name"]): json.loads(each["event_pattern"])
                for each in rules
                if each["event_pattern"]
            },
            "subscriptions of queues": [
                {"raw delivery": bool(each["raw_message_delivery"])}
                for each in subscriptions
                if each["protocol"] == "sqs"
            ],
            "route selection": [each["route_selection_expression"] for each in self.after("aws_apigatewayv2_api")],
            "stages": [each["name"] for each in self.after("aws_apigatewayv2_stage")],
            "routes": self.routes(),
            "authorizers": {
                self.without_prefix(each["name"]): {
                    "type": each["authorizer_type"],
                    "identity sources": each["identity_sources"] or [],
                }
                for each in self.after("aws_apigatewayv2_authorizer")
            },
        }

    def function(self, resource: Resource) -> tuple[str, Shape]:
        after, unknown = resource["change"]["after"], resource["change"]["after_unknown"]
        names = {*after["environment"][0]["variables"], *unknown["environment"][0].get("variables", {})}
        return self.without_prefix(after["function_name"]), {
            "timeout": after["timeout"],
            "runtime": after["runtime"],
            "handler": after["handler"],
            "memory": after["memory_size"],
            "environment": {name: True for name in sorted(names)},
        }

    def event_source(self, resource: Resource) -> tuple[str, Shape]:
        after, module = resource["change"]["after"], module_of(resource["address"])
        references = self.module_calls[module]["expressions"]["function_arn"]["references"]
        attributes: Shape = {"batch size": after["batch_size"], "responses": after["function_response_types"]}
        if after["starting_position"] is None:
            attributes["at once"] = after["scaling_config"][0]["maximum_concurrency"]
        else:
            attributes |= changes(after)
        return captured(FUNCTION_OF_ALIAS, "\n".join(references)), attributes

    def queue(self, resource: Resource) -> tuple[str, Shape]:
        after, unknown = resource["change"]["after"], resource["change"]["after_unknown"]
        attributes: Shape = {
            "visibility": after["visibility_timeout_seconds"],
            "retention": after["message_retention_seconds"],
        }
        if resource["name"] == "work":
            assert unknown["redrive_policy"], "the plan knows the policy: read it instead of the source"
            target = captured(DEAD_LETTER_QUEUE, self.queue_source)
            module = resource["address"].removesuffix("aws_sqs_queue.work")
            (dead,) = (each for each in self.resources("aws_sqs_queue", module) if each["name"] == target)
            attributes["dead letters"] = self.without_prefix(dead["change"]["after"]["name"])
            attributes["receives"] = self.argument(module_of(module), "max_receives")
        return self.without_prefix(after["name"]), attributes

    def argument(self, module: str, name: str) -> object:
        """A constant argument of a module, or its default."""
        call = self.module_calls[module]
        default = call["module"]["variables"][name].get("default")
        return call["expressions"].get(name, {}).get("constant_value", default)

    def routes(self) -> Shape:
        permissions = self.resources("aws_lambda_permission", "module.longwire.module.websocket_api")
        functions = {
            each["index"]: self.without_prefix(each["change"]["after"]["function_name"])
            for each in permissions
            if each["name"] == "this"  # the other one is the authorizer's
        }
        responses = {each["index"] for each in self.resources("aws_apigatewayv2_route_response")}
        routes = {}
        for each in self.after("aws_apigatewayv2_route"):
            key, responds = each["route_key"], each["route_response_selection_expression"] == "$default"
            assert responds == (key in responses), f"{key}: a client is answered only with both"
            routes[key] = {
                "function": functions[key],
                "responds": responds,
                "authorization": each["authorization_type"],
            }
        return routes


def module_of(address: str) -> str:
    """The module of the product that holds a resource: `tables` of `module.longwire.module.tables.…`."""
    return address.split(".")[3]


def changes(after: Shape) -> Shape:
    """The settings of an event source that is a table's stream. Only AWS knows the queue of failed batches."""
    (filters,) = after["filter_criteria"]
    return {
        "start": after["starting_position"],
        "window": after["maximum_batching_window_in_seconds"],
        "retries": after["maximum_retry_attempts"],
        "record age": after["maximum_record_age_in_seconds"],
        "bisect": after["bisect_batch_on_function_error"],
        "filters": [json.loads(each["pattern"]) for each in filters["filter"]],
    }


def table(after: Shape) -> Shape:
    kinds = {each["name"]: each["type"] for each in after["attribute"]}

    def keys(of: Shape) -> list[list[str]]:
        return [[name, kinds[name]] for name in (of["hash_key"], of["range_key"]) if name]

    (ttl,) = after["ttl"]
    return {
        "keys": keys(after),
        "billing": after["billing_mode"],
        "ttl": ttl["attribute_name"] if ttl["enabled"] else None,
        "stream": after["stream_view_type"] if after["stream_enabled"] else None,
        "indexes": {
            each["name"]: {"keys": keys(each), "projection": each["projection_type"]}
            for each in after["global_secondary_index"]
        },
    }


def load(plan: Path, queue_source: Path) -> Shape:
    """The shape of a plan's file. `queue_source` is the Terraform source of the queues."""
    return Plan(json.loads(plan.read_text()), queue_source.read_text()).shape()
