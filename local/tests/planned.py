"""What a plan deploys, in the shape that `got.py` has for MiniStack: names without their beginning."""

import json
import re

# The queue's ARN is known to AWS only, so a plan does not show the policy: its numbers come from the source.
RECEIVES = re.compile(r"max_receives\s+= (\d+)")
DEAD = re.compile(r"deadLetterTargetArn\s+= aws_sqs_queue\.(\w+)\.arn")
ALIAS = re.compile(r'module\.function\["(\w+)"\]\.alias_arn')


class Plan:
    """The output of `terraform show -json` for a plan of a new deployment."""

    def __init__(self, plan, queue_source):
        self.created = [each for each in plan["resource_changes"] if each["mode"] == "managed"]
        self.calls = plan["configuration"]["root_module"]["module_calls"]
        self.queue_source = queue_source
        self.prefix = f"{plan['variables']['project']['value']}-{plan['variables']['environment']['value']}-"

    def short(self, name):
        assert name.startswith(self.prefix), name
        return name.removeprefix(self.prefix)

    def changes(self, kind, module=""):
        return [each for each in self.created if each["type"] == kind and each["address"].startswith(module)]

    def after(self, kind, module=""):
        return [each["change"]["after"] for each in self.changes(kind, module)]

    def shape(self):
        return {
            "functions": dict(map(self.function, self.changes("aws_lambda_function"))),
            "event sources": dict(map(self.event_source, self.after("aws_lambda_event_source_mapping"))),
            "tables": {self.short(each["name"]): table(each) for each in self.after("aws_dynamodb_table")},
            "queues": dict(map(self.queue, self.changes("aws_sqs_queue"))),
            "schedules": {
                self.short(each["name"]): each["schedule_expression"]
                for each in self.after("aws_cloudwatch_event_rule")
            },
            "route selection": [each["route_selection_expression"] for each in self.after("aws_apigatewayv2_api")],
            "stages": [each["name"] for each in self.after("aws_apigatewayv2_stage")],
            "routes": self.routes(),
        }

    def function(self, change):
        after, unknown = change["change"]["after"], change["change"]["after_unknown"]
        names = {*after["environment"][0]["variables"], *unknown["environment"][0].get("variables", {})}
        told = {key: after[key] for key in ("timeout", "runtime", "handler")}
        return self.short(after["function_name"]), told | {
            "memory": after["memory_size"],
            "environment": {name: True for name in sorted(names)},
        }

    def event_source(self, after):
        worker = ALIAS.search("\n".join(self.calls["work_queue"]["expressions"]["worker_arn"]["references"]))
        return worker.group(1), {
            "batch size": after["batch_size"],
            "responses": after["function_response_types"],
            "at once": after["scaling_config"][0]["maximum_concurrency"],
        }

    def queue(self, change):
        after, unknown = change["change"]["after"], change["change"]["after_unknown"]
        told = {"visibility": after["visibility_timeout_seconds"], "retention": after["message_retention_seconds"]}
        if change["name"] == "work":
            assert unknown["redrive_policy"], "the plan knows the policy: read it instead of the source"
            target = DEAD.search(self.queue_source).group(1)
            (dead,) = (each for each in self.changes("aws_sqs_queue") if each["name"] == target)
            told |= {
                "dead letters": self.short(dead["change"]["after"]["name"]),
                "receives": int(RECEIVES.search(self.queue_source).group(1)),
            }
        return self.short(after["name"]), told

    def routes(self):
        permissions = self.changes("aws_lambda_permission", "module.websocket_api")
        answers = {each["index"]: self.short(each["change"]["after"]["function_name"]) for each in permissions}
        responses = {each["index"] for each in self.changes("aws_apigatewayv2_route_response")}
        routes = {}
        for each in self.after("aws_apigatewayv2_route"):
            key, responds = each["route_key"], each["route_response_selection_expression"] == "$default"
            assert responds == (key in responses), f"{key}: only with both does an answer reach its client"
            routes[key] = {"function": answers[key], "responds": responds}
        return routes


def table(after):
    kinds = {each["name"]: each["type"] for each in after["attribute"]}

    def keys(of):
        return [[name, kinds[name]] for name in (of["hash_key"], of["range_key"]) if name]

    (ttl,) = after["ttl"]
    return {
        "keys": keys(after),
        "billing": after["billing_mode"],
        "ttl": ttl["attribute_name"] if ttl["enabled"] else None,
        "indexes": {
            each["name"]: {"keys": keys(each), "projection": each["projection_type"]}
            for each in after["global_secondary_index"]
        },
    }


def load(path, source):
    return Plan(json.loads(path.read_text()), source.read_text()).shape()
