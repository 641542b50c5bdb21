"""Checks of the folder `terraform` that run Terraform or OpenTofu, one command for each."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from . import processes, servers
from .applied import variables
from .checkout import Checkout
from .errors import LocalError
from .module_readme import with_tables
from .options import Options
from .processes import Started
from .profiles import bedrock
from .terraform import REGISTRIES, Copy, Provider, TerraformUnavailable, copied, modules_with_tests, provider

ROOTS = ("terraform", "terraform/bootstrap", "terraform/examples/two_regions")
# Plans by name: the root module and its options. The account is MiniStack's.
PLANS = {
    "dev": ("terraform", ("-var-file=envs/dev.tfvars",)),
    "prod": ("terraform", ("-var-file=envs/prod.tfvars",)),
    "defaults": ("terraform", ("-var-file=tests/defaults.tfvars",)),
    "bootstrap": (
        "terraform/bootstrap",
        ("-var=account_id=000000000000", "-var=subject=repo:acme/longwire", "-var=repository_id=22"),
    ),
}

# Argument of test files that OpenTofu does not know: it overrides a value during a plan.
TERRAFORM_ONLY = "override_during"


def main(arguments: list[str]) -> int:
    """Runs one command and returns its exit status."""
    parser = argparse.ArgumentParser(prog="local/infra.py")
    parser.add_argument(
        "--program", choices=REGISTRIES, default="terraform", help="terraform (default), or OpenTofu's tofu"
    )
    commands = parser.add_subparsers(required=True)
    commands.add_parser(
        "provider", help="where the provider comes from; fails with the reason why not"
    ).set_defaults(run=_provider)
    commands.add_parser("validate", help="validate each root module").set_defaults(run=_validate)
    commands.add_parser("test", help="run the tests of each module").set_defaults(run=_test)
    commands.add_parser("readme", help="write the inputs and outputs of the product into its README").set_defaults(
        run=_readme
    )
    plan = commands.add_parser("plan", help="plan what is deployed, as JSON in <folder>/<name>.json")
    plan.add_argument("folder", type=Path)
    plan.set_defaults(run=_plan)
    chosen = parser.parse_args(arguments)
    try:
        chosen.run(Checkout.of(Path(__file__)), chosen)
    except LocalError as error:
        print(f"error: {error}" if not isinstance(error, TerraformUnavailable) else error, file=sys.stderr)
        return 1
    return 0


def _provider(checkout: Checkout, chosen: argparse.Namespace) -> None:
    print(
        "the registry's provider"
        if provider(checkout, chosen.program).real
        else "the stand-in for the registry's provider"
    )


def _validate(checkout: Checkout, chosen: argparse.Namespace) -> None:
    with copied(checkout, provider(checkout, chosen.program), {}) as copy:
        for root in ROOTS:
            copy.init(root)
            copy.terraform(root, "validate")


def _test(checkout: Checkout, chosen: argparse.Namespace) -> None:
    failed = []
    with copied(checkout, provider(checkout, chosen.program), {}) as copy:
        for root in modules_with_tests(checkout):
            if chosen.program == "tofu":
                _leave_out_tests_for_terraform(copy, root)
            try:
                copy.init(root)
                copy.terraform(root, "test", "-no-color")
            except LocalError as error:
                failed.append(str(error))
    if failed:
        raise LocalError("\n".join(failed))


def _leave_out_tests_for_terraform(copy: Copy, root: str) -> None:
    """Deletes the test files that OpenTofu cannot read, because one of them ends its tests of the whole module."""
    for file in sorted((copy.folder / root / "tests").glob("*.tftest.hcl")):
        if TERRAFORM_ONLY in file.read_text():
            file.unlink()
            print(f"{root}/tests/{file.name}... left out: OpenTofu does not know {TERRAFORM_ONLY}")


def _readme(checkout: Checkout, _: argparse.Namespace) -> None:
    module = checkout.root / "terraform" / "modules" / "longwire"
    (module / "README.md").write_text(with_tables(module))


def _plan(checkout: Checkout, chosen: argparse.Namespace) -> None:
    chosen.folder.mkdir(parents=True, exist_ok=True)
    source = provider(checkout, chosen.program)
    with account_endpoint(checkout, source) as endpoint, copied(checkout, source, endpoint) as copy:
        for root in {root for root, _ in PLANS.values()}:
            copy.init(root)
        plans = {**PLANS, "local": ("terraform", (f"-var-file={_write_local_variables(copy)}",))}
        for name, (root, arguments) in plans.items():
            saved = copy.folder / f"{name}.plan"
            copy.terraform(root, "plan", "-no-color", f"-out={saved}", *arguments, capture=True)
            shown = copy.terraform(root, "show", "-json", str(saved), capture=True)
            (chosen.folder / f"{name}.json").write_text(shown)


def _write_local_variables(copy: Copy) -> Path:
    """Writes the variables that `scripts/local up --terraform` sets, with placeholders for URLs.

    The mode of authentication is that of dev and prod.
    """
    file = copy.folder / "local.tfvars.json"
    options = Options(auth="token")
    values = variables("http://127.0.0.1:1", "http://127.0.0.1:2", copy.folder / "packages", options)
    file.write_text(json.dumps(values))
    return file


@contextmanager
def account_endpoint(checkout: Checkout, source: Provider) -> Iterator[Mapping[str, str]]:
    """Yields the endpoints that the registry's provider requests even to plan: for the account's id and profiles.

    They are a MiniStack and a stand-in for Bedrock, which run for as long as the context lasts. The stand-in for
    the provider needs none.
    """
    if not source.real:
        yield {}
        return
    os.environ["LONGWIRE_STATE"] = ".longwire/plan"
    checkout.logs.mkdir(parents=True, exist_ok=True)
    checkout.scratch.mkdir(parents=True, exist_ok=True)
    started: dict[str, Started] = {}
    try:
        url = servers.start_ministack(checkout, None, started.__setitem__)
        servers.wait_for_ministack(checkout, url, started["ministack"])
        with bedrock() as profiles:
            yield {"AWS_ENDPOINT_URL": url, **profiles}
    finally:
        for server in started.values():
            processes.stop(server, checkout.state)
