"""Tests of the pure parts; those of the whole are in the folder `tests` of the repository."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from longwire_local.checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """An empty checkout of its own."""
    made = Checkout(tmp_path)
    made.logs.mkdir(parents=True)
    made.scratch.mkdir()
    return made
