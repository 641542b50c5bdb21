"""Plans of the root modules of Terraform, in a copy of the folder `terraform`."""

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from longwire_local.checkout import Checkout
from longwire_local.infra import account_endpoint
from longwire_local.terraform import Copy, TerraformUnavailable, copied, provider


@contextmanager
def initialised(root: str) -> Iterator[Copy]:
    """A copy with an initialised root module. Skips the test where terraform cannot run."""
    checkout = Checkout(Path(__file__).parents[2])
    try:
        source = provider(checkout)
    except TerraformUnavailable as why:
        pytest.skip(str(why))
    with account_endpoint(checkout, source) as endpoint, copied(checkout, source, endpoint) as copy:
        copy.init(root)
        yield copy


def restore(copy: Copy, root: str, state: Path) -> None:
    """Puts a recorded state, compressed with gzip, into a root module."""
    (copy.folder / root / "terraform.tfstate").write_bytes(gzip.decompress(state.read_bytes()))


def changes(copy: Copy, root: str, variables: Mapping[str, object]) -> list[dict[str, Any]]:
    """The changes of a plan with these variables. AWS is not asked what has changed in a recorded state."""
    (copy.folder / root / "test.tfvars.json").write_text(json.dumps(variables))
    options = ("-refresh=false", "-no-color", "-var-file=test.tfvars.json", "-out=test.plan")
    copy.terraform(root, "plan", *options, capture=True)
    plan: dict[str, Any] = json.loads(copy.terraform(root, "show", "-json", "test.plan", capture=True))
    found: list[dict[str, Any]] = plan["resource_changes"]
    return found
