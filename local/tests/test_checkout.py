from __future__ import annotations

from pathlib import Path

import pytest

from longwire_local.checkout import Checkout
from longwire_local.lock import exclusive


def test_state_is_in_the_checkout(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LONGWIRE_STATE", raising=False)
    assert checkout.state == checkout.root / ".longwire"


def test_longwire_state_names_another_folder_for_the_state(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGWIRE_STATE", ".longwire/tests")
    assert checkout.description == checkout.root / ".longwire" / "tests" / "local.json"
    monkeypatch.setenv("LONGWIRE_STATE", "/elsewhere/state")
    assert checkout.state == Path("/elsewhere/state")


def test_the_lock_creates_a_missing_state_folder(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGWIRE_STATE", ".longwire/a/b")
    with exclusive(checkout):
        assert checkout.lock.exists()
