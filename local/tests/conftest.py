"""Unit tests of the local stack. Tests against a running stack are in the repository's folder `tests`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from longwire_local import processes, servers
from longwire_local.checkout import Checkout
from longwire_local.processes import Started


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A temporary, empty checkout."""
    empty = Checkout(tmp_path)
    empty.logs.mkdir(parents=True)
    empty.scratch.mkdir()
    return empty


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a MiniStack that runs until the end of all tests."""
    checkout = Checkout(Path(__file__).parents[2])
    state = tmp_path_factory.mktemp("state")
    started: dict[str, Started] = {}
    try:
        # Other tests have states of their own, so the variable is set only for this start.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LONGWIRE_STATE", str(state))
            checkout.logs.mkdir()
            checkout.scratch.mkdir()
            url = servers.start_ministack(checkout, None, started.__setitem__)
            servers.wait_for_ministack(checkout, url, started["ministack"])
        yield url
    finally:
        for server in started.values():
            processes.stop(server, state)
