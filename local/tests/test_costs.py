"""Tests of scripts/cost, with small plans, whose costs were calculated by hand, and with those of dev and prod."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from captures import captured

from longwire_local.costs import FREE, Line, Plan, Turn, idle, turns
from longwire_local.errors import LocalError
from longwire_local.prices import Prices, model_price, read_prices

ROOT = Path(__file__).parents[2]
PLANS = ROOT / ".longwire" / "plans"
DEPLOY = ROOT / "docs" / "deploy.md"

# Round prices, so that the expected figures can be calculated in the head.
PRICES: Prices = {
    "lambda": {"million_requests": 1, "million_gb_seconds_arm64": 10, "million_gb_seconds_x86_64": 20},
    "sqs": {"million_requests": 1},
    "apigateway": {"million_messages": 1, "million_connection_minutes": 2},
    "dynamodb": {"million_write_units": 4, "million_read_units": 1},
    "cloudwatch": {
        "alarm_metric": 0.1,
        "high_resolution_alarm_metric": 0.3,
        "composite_alarm": 0.5,
        "dashboard": 3,
        "custom_metric": 0.3,
        "log_gb": 1,
    },
    "eventbridge": {"million_scheduled": 1},
    "ssm": {"advanced_parameter": 0.05},
    "xray": {"million_traces": 5},
}
MODEL = {"input": 2.0, "output": 10.0, "cache_read": 0.1, "cache_write": 2.5}


def resource(address: str, **values: object) -> dict[str, Any]:
    kind = captured(re.compile(r"(aws_\w+)\."), address)
    return {"address": address, "mode": "managed", "type": kind, "values": values}


def function(name: str, **values: object) -> dict[str, Any]:
    facts = {"function_name": f"acme-test-{name}", "memory_size": 512, "architectures": ["arm64"], **values}
    return resource(f'module.function["{name}"].aws_lambda_function.this', **facts)


def plan(*found: dict[str, Any]) -> Plan:
    """A plan with some resources, half of them in a module."""
    half = len(found) // 2
    return Plan(
        {
            "planned_values": {
                "root_module": {"resources": found[:half], "child_modules": [{"resources": found[half:]}]}
            }
        }
    )


def costs(lines: list[Line]) -> dict[str, float]:
    return {line.what: round(line.dollars, 6) for line in lines}


def test_pollers_of_queues_are_counted_and_those_of_streams_are_free() -> None:
    deployed = plan(
        resource("module.jobs.aws_lambda_event_source_mapping.this", starting_position=None),
        resource("module.jobs.aws_sqs_queue.dead", name="acme-jobs-dead"),
        resource("module.jobs.aws_sqs_queue.work", name="acme-jobs"),
        resource("module.changes.aws_lambda_event_source_mapping.this", starting_position="LATEST"),
    )
    # 3 requests a minute of each of 5 pollers, in 730 hours: 15 * 60 * 730.
    assert costs(list(idle(deployed, PRICES))) == {
        "polls of acme-jobs: 5 pollers, 15 requests a minute": 0.657,
    }


def test_a_schedule_costs_its_invocations_and_what_they_read() -> None:
    rules = [
        resource(
            'aws_cloudwatch_event_rule.this["sweep"]', name="acme-test-sweep", schedule_expression="rate(1 minute)"
        ),
        resource("aws_cloudwatch_event_rule.push", name="acme-test-push", schedule_expression=None),
    ]
    # 730 * 60 invocations, of 0.5 GB for 0.05 s, with 8 read units.
    assert costs(list(idle(plan(function("sweep"), *rules), PRICES))) == {
        "schedule of acme-test-sweep": 0.0438,
        "invocations of acme-test-sweep": 0.0438,
        "GB-seconds of acme-test-sweep": 0.01095,
        "read units of acme-test-sweep": 0.3504,
    }
    traced = plan(function("sweep", tracing_config=[{"mode": "Active"}]), *rules)
    assert costs(list(idle(traced, PRICES)))["traces of acme-test-sweep"] == 0.219


def test_an_alarm_costs_each_metric_in_it() -> None:
    def query(period: int) -> dict[str, Any]:
        return {"metric": [{"metric_name": "Age", "period": period}]}

    deployed = plan(
        resource("aws_cloudwatch_metric_alarm.one", metric_name="Errors", period=300, metric_query=[]),
        resource(
            "aws_cloudwatch_metric_alarm.two",
            metric_query=[{"metric": [], "expression": "a+b"}, query(60), query(60)],
        ),
        resource("aws_cloudwatch_metric_alarm.fast", metric_name="Errors", period=10, metric_query=None),
        resource("aws_cloudwatch_composite_alarm.all"),
        resource("aws_cloudwatch_dashboard.this"),
        resource("aws_ssm_parameter.long", tier="Advanced"),
        resource("aws_ssm_parameter.short"),
    )
    assert costs(list(idle(deployed, PRICES))) == {
        "metrics in 2 alarms": 0.3,
        "metrics in 1 alarms": 0.3,
        "composite alarms": 0.5,
        "dashboards": 3,
        "advanced parameters": 0.05,
    }


def test_a_thousand_turns() -> None:
    deployed = plan(function("worker"), function("ingest", memory_size=256, architectures=["x86_64"]))
    turn = Turn(new=1000, cached=5000, output=800, seconds=40, posts=98, minutes=10)
    assert costs(list(turns(turn, deployed, PRICES, MODEL))) == {
        "tokens read from the prompt cache": 0.5,
        "tokens of input, written to the cache": 2.5,
        "tokens of output": 8.0,
        "GB-seconds of the worker": 0.2,  # 0.5 GB * 40 s
        "GB-seconds of ingest": 0.0001,  # 0.25 GB * 0.02 s
        "invocations of both": 0.002,
        "messages: prompt, ack and posts": 0.1,
        "minutes of connections": 0.02,
        "write units": 0.1,
        "read units, most of control polls": 0.253,  # 4, 6 of 24,000 bytes of history, and 81 polls of 3
        "calls of the queue": 0.005,
        "GB of logs": 0.002,
    }


def test_the_price_of_a_model_is_that_of_the_longest_beginning() -> None:
    prices = {"anthropic.claude": {"input": 1.0}, "anthropic.claude-sonnet": {"input": 2.0}}
    for name in (
        "anthropic.claude-sonnet-5-5",
        "eu.anthropic.claude-sonnet-5-5",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5-5",
    ):
        assert model_price(name, prices) == {"input": 2.0}
    with pytest.raises(LocalError, match="no price of acme"):
        model_price("acme.model", prices)


def test_a_line_that_is_no_price_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text('[sqs] # a comment\nmillion_requests = 0.4\nregion = "us-east-1"\n')
    with pytest.raises(LocalError, match="line 3,"):
        read_prices(file)


def test_every_model_has_the_prices_that_a_turn_needs() -> None:
    for name, price in read_prices(ROOT / "prices.toml").items():
        assert price.keys() == MODEL.keys(), name


def test_the_file_of_prices_has_every_price() -> None:
    found = read_prices(ROOT / "terraform" / "prices.toml")
    assert {name: table.keys() for name, table in found.items()} == {
        name: table.keys() for name, table in PRICES.items()
    }


def planned() -> Path:
    path = PLANS / "defaults.json"
    if not path.exists():
        pytest.skip("no plan: terraform cannot run here, or scripts/test has not run it")
    return path


def printed(*arguments: str | Path) -> str:
    command = [ROOT / "scripts" / "cost", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_an_environment_without_use_costs_at_most_two_dollars() -> None:
    deployed = Plan(json.loads(planned().read_text()))
    prices = read_prices(ROOT / "terraform" / "prices.toml")
    lines = list(idle(deployed, prices))
    assert sum(line.dollars for line in lines) <= 2
    # Three queues, four lines of the sweep, the alarms.
    assert len(lines) == 8
    assert deployed.unknown() == []


def test_resources_without_a_known_price_are_named() -> None:
    assert not FREE.match("aws_cloudwatch_dashboard")
    assert plan(resource("aws_nat_gateway.this"), resource("aws_sqs_queue.this")).unknown() == ["aws_nat_gateway"]


def test_the_page_shows_what_the_command_prints() -> None:
    shown = re.search(r"```\n\$ \./scripts/cost --plan \S+\n(.*?)```", DEPLOY.read_text(), re.DOTALL)
    assert shown is not None
    assert shown[1] == printed("--plan", planned())


def test_options_change_the_turn() -> None:
    found = printed(
        "--plan", planned(), "--model", "anthropic.claude-opus-5-5", "--output", "1000", "--posts", "0"
    )
    assert "1,000 turns with anthropic.claude-opus-5-5" in found
    assert re.search(r"^tokens of output +1,000,000 +20.00 per million +20.0000$", found, re.MULTILINE)
    assert re.search(r"^messages: prompt, ack and posts +2,000 ", found, re.MULTILINE)


def test_an_environment_is_planned_without_a_lock(tmp_path: Path) -> None:
    """The stand-in for terraform keeps its arguments and variables, and copies a plan to the file of -out."""
    stand_in = tmp_path / "terraform"
    stand_in.write_text(
        f"""#!/usr/bin/env bash
printf '%s\\n' "$@" "TF_VAR_packages=$TF_VAR_packages" "token ${{#TF_VAR_auth_token}}" >{tmp_path}/called
cp {planned()} "$(printf '%s\\n' "$@" | sed -n 's/^-out=//p')"
echo "a plan has settings"
"""
    )
    stand_in.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = [str(ROOT / "scripts" / "cost"), "dev"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == printed("--plan", planned())
    called = (tmp_path / "called").read_text().splitlines()
    assert called[:5] == [
        f"-chdir={ROOT}/terraform",
        "plan",
        "-input=false",
        "-lock=false",
        "-var-file=envs/dev.tfvars",
    ]
    assert called[6:] == [f"TF_VAR_packages={ROOT}/target/empty", "token 64"]


def test_a_plan_is_needed(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"values": {}}')
    for arguments, message in (
        (["--plan", "nowhere"], "there is no file nowhere"),
        (["--plan", str(state)], "is not a plan"),
        ([], "name an environment, or --plan FILE"),
    ):
        done = subprocess.run([ROOT / "scripts" / "cost", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert message in done.stderr
