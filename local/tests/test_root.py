"""The root module `terraform` against the module `longwire`, which is the product."""

import re
from pathlib import Path

import pytest
from plans import changes, initialised, restore

from longwire_local.module_readme import blocks, with_tables

ROOT = Path(__file__).parents[2]
TERRAFORM = ROOT / "terraform"
PRODUCT = TERRAFORM / "modules" / "longwire"

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
# States that were recorded before the product was a module, and the settings with which they were deployed. The
# account in them, and all that AWS would answer, is invented.
BEFORE: dict[str, dict[str, object]] = {
    "token": {
        "domain": {
            "name": "chat.example.com",
            "certificate_arn": CERTIFICATE,
            "zone_id": "Z0123456789",
        },
        "alarms": {"email": "team@example.com", "monthly_budget_dollars": 50},
        "prompt_sources": ["acme.orders"],
    },
    "cognito": {"auth": {"cognito": True, "callback_urls": ["https://chat.example.com/"]}},
}


# Alarms, filters and dashboards hold no data, and the set of alarms became smaller since.
WATCHING = {"aws_cloudwatch_dashboard", "aws_cloudwatch_log_metric_filter", "aws_cloudwatch_metric_alarm"}


def declared(kind: str, folder: Path) -> dict[str, str]:
    """The blocks of a kind in a module: name and body."""
    return blocks(kind, "\n".join(file.read_text() for file in sorted(folder.glob("*.tf"))))


def test_the_root_passes_every_variable_of_the_product() -> None:
    product = declared("variable", PRODUCT).keys()
    assert declared("variable", TERRAFORM).keys() == product | {"region", "tags"}
    passed = dict(re.findall(r"^  (\w+) += (\S+)$", declared("module", TERRAFORM)["longwire"], re.MULTILINE))
    assert passed.pop("source") == '"./modules/longwire"'
    assert passed == {name: f"var.{name}" for name in product}


def test_the_root_leaves_the_defaults_to_the_product() -> None:
    own = {"region", "tags", "project", "packages"}
    required = {name for name, body in declared("variable", PRODUCT).items() if "  default " not in body} - own
    for name, body in declared("variable", TERRAFORM).items():
        if name not in own:
            default = re.findall(r"^  default += (.+)$", body, re.MULTILINE)
            assert default == ([] if name in required else ["null"]), name


def test_a_null_of_the_root_is_the_default_of_the_product() -> None:
    for name, body in declared("variable", PRODUCT).items():
        default = re.search(r"^  default += (.+)$", body, re.MULTILINE)
        if default is not None and default.group(1) != "null":
            assert re.search(r"^  nullable += false$", body, re.MULTILINE), name


def test_the_root_has_every_output_of_the_product() -> None:
    expected = {
        name: re.sub(
            r"^  value = .+?(?=^  \w|\Z)",
            f"  value = module.longwire.{name}\n",
            unaligned(body),
            flags=re.M | re.S,
        )
        for name, body in declared("output", PRODUCT).items()
    }
    found = {name: unaligned(body) for name, body in declared("output", TERRAFORM).items()}
    assert found == expected


def test_the_readme_lists_inputs_and_outputs() -> None:
    assert (PRODUCT / "README.md").read_text() == with_tables(PRODUCT), "run local/infra.py readme"


def unaligned(body: str) -> str:
    """The arguments of a block, without the spaces that align them."""
    return re.sub(r"^(  \w+) += ", r"\1 = ", body, flags=re.MULTILINE)


# What a stranger does not learn from these: names, the mode of authentication, and a page of the console.
PUBLIC = {"auth_mode", "auth_token_parameter", "dashboard_url", "event_bus", "functions", "roles", "tables"}


@pytest.mark.parametrize("module", [TERRAFORM, PRODUCT])
def test_logs_show_no_address_of_a_deployment(module: Path) -> None:
    outputs = declared("output", module)
    sensitive = {name for name, body in outputs.items() if "  sensitive = true\n" in unaligned(body)}
    assert outputs.keys() - sensitive == PUBLIC


@pytest.mark.parametrize("state", BEFORE)
def test_a_deployment_of_before_keeps_its_resources(state: str) -> None:
    settings = {
        "environment": "dev",
        "region": "us-east-1",
        "model_id": "us.anthropic.claude-sonnet-5-5",
        "permissions_boundary": "arn:aws:iam::123456789012:policy/longwire-boundary",
    }
    with initialised("terraform") as copy:
        restore(copy, "terraform", TERRAFORM / "tests" / "states" / f"{state}.tfstate.gz")
        changed = changes(copy, "terraform", settings | BEFORE[state])
    moved = [each for each in changed if "previous_address" in each and each["type"] not in WATCHING]
    assert len(moved) > 100
    assert all(each["address"] == f"module.longwire.{each['previous_address']}" for each in moved)
    deleted = [each for each in changed if "delete" in each["change"]["actions"]]
    lost = [each["address"] for each in deleted if each["type"] not in WATCHING]
    assert lost == []
