"""Stand-in for the AWS CLI with the library of the real one, with `--query` and text output.

It knows `aws dynamodb query`, and what scripts/redrive calls of `aws sqs`. TABLES and QUEUES have the tables
and queues of a stack, whose names do not contain an environment, by the names that they have in AWS. MiniStack
moves no messages, so the stand-in does it as SQS is documented to: only from a dead-letter queue, and without a
destination only messages that SQS itself has put there. MOVES is the file of the moves.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import jmespath  # type: ignore[import-untyped]

Options = dict[str, str]


def show(*values: object) -> None:
    print(*values, sep="\t")


def client(service: str) -> Any:
    return botocore.session.get_session().create_client(service)


def query_table(options: Options) -> None:
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=json.loads(os.environ["TABLES"])[options["--table-name"]],
            KeyConditionExpression=options["--key-condition-expression"],
            ExpressionAttributeNames=json.loads(options["--expression-attribute-names"]),
            ExpressionAttributeValues=json.loads(options["--expression-attribute-values"]),
        )
    )
    for row in pages.search(options["--query"]):
        show(*row)


def get_queue_url(options: Options) -> None:
    show(json.loads(os.environ["QUEUES"])[options["--queue-name"]])


def attributes_of(url: str) -> dict[str, str]:
    found: dict[str, str] = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def get_queue_attributes(options: Options) -> None:
    show(*jmespath.search(options["--query"], {"Attributes": attributes_of(options["--queue-url"])}))


def url_of(arn: str, what: str) -> str:
    urls: list[str] = list(json.loads(os.environ["QUEUES"]).values())
    for url in urls:
        if attributes_of(url)["QueueArn"] == arn:
            return url
    sys.exit(f"ResourceNotFoundException: The resource that you specified for the {what} parameter doesn't exist.")


def is_dead_letter_queue(arn: str) -> bool:
    policies = (attributes_of(url).get("RedrivePolicy", "{}") for url in json.loads(os.environ["QUEUES"]).values())
    return any(json.loads(policy).get("deadLetterTargetArn") == arn for policy in policies)


def moves() -> list[dict[str, Any]]:
    path = Path(os.environ["MOVES"])
    found: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return found


def start_message_move_task(options: Options) -> None:
    source_arn, target_arn = options["--source-arn"], options.get("--destination-arn")
    source = url_of(source_arn, "SourceArn")
    target = target_arn and url_of(target_arn, "DestinationArn")
    if not is_dead_letter_queue(source_arn):
        sys.exit("InvalidParameterValue: Source queue must be configured as a Dead Letter Queue.")
    move: dict[str, Any] = {"StartedTimestamp": time.time_ns(), "Status": "COMPLETED"}
    move["ApproximateNumberOfMessagesMoved"] = 0
    sqs = client("sqs")
    names = ["DeadLetterQueueSourceArn", "MessageGroupId"]
    while received := sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=1, AttributeNames=names).get(
        "Messages"
    ):
        [message] = received
        attributes = message.get("Attributes", {})
        to = target or ("DeadLetterQueueSourceArn" in attributes and url_of(attributes[names[0]], "SourceArn"))
        if not to:
            move |= {"Status": "FAILED", "FailureReason": "CouldNotDetermineMessageSource"}
            break
        group = {"MessageGroupId": attributes[names[1]]} if names[1] in attributes else {}
        sqs.send_message(QueueUrl=to, MessageBody=message["Body"], **group)
        sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        move["ApproximateNumberOfMessagesMoved"] += 1
    Path(os.environ["MOVES"]).write_text(json.dumps([move, *moves()]))
    show("handle")


def list_message_move_tasks(options: Options) -> None:
    shown = jmespath.search(options["--query"], {"Results": moves()[:1]})
    show(*(shown or [None]))


COMMANDS: dict[tuple[str, str], Callable[[Options], None]] = {
    ("dynamodb", "query"): query_table,
    ("sqs", "get-queue-url"): get_queue_url,
    ("sqs", "get-queue-attributes"): get_queue_attributes,
    ("sqs", "start-message-move-task"): start_message_move_task,
    ("sqs", "list-message-move-tasks"): list_message_move_tasks,
}


def options_of(words: list[str]) -> Options:
    """Options by their names; an option has the words up to the next one."""
    starts = [at for at, word in enumerate(words) if word.startswith("--")]
    ends = [*starts[1:], len(words)]
    return {words[start]: " ".join(words[start + 1 : end]) for start, end in zip(starts, ends, strict=True)}


def main() -> None:
    options = options_of(sys.argv[3:])
    assert options.pop("--output") == "text", options
    COMMANDS[sys.argv[1], sys.argv[2]](options)


main()
