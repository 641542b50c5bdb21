"""Unit tests of the local stack. Tests against a running stack are in the repository's folder `tests`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from longwire_local.checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A temporary, empty checkout."""
    empty = Checkout(tmp_path)
    empty.logs.mkdir(parents=True)
    empty.scratch.mkdir()
    return empty
