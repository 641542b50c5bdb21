"""Descriptions of stacks that do not run."""

from longwire_local import auth
from longwire_local.auth import Mode
from longwire_local.state import Description


def description(
    mode: Mode, simulator: str = "http://s", ministack: str = "http://m", functions: dict[str, str] | None = None
) -> Description:
    """The description of a stack with this mode of authentication."""
    return Description(
        websocket="ws://m",
        management="http://m",
        region="us-east-1",
        ministack=ministack,
        simulator=simulator,
        queue_url="",
        dead_letter_url="",
        replay_queue_url="",
        replay_dead_letter_url="",
        push_queue_url="",
        push_dead_letter_url="",
        push_topic_arn="",
        event_bus="",
        tables={},
        functions=functions or {},
        pids={},
        auth=auth.describe(mode, simulator),
    )
