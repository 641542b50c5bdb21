from __future__ import annotations

from pathlib import Path

import pytest

from longwire_local.checkout import Checkout
from longwire_local.lock import exclusive


def test_state_is_in_the_checkout(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LONGWIRE_STATE", raising=False)
    assert checkout.state == checkout.root / ".longwire"


def test_a_second_stack_has_a_state_of_its_own(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGWIRE_STATE", ".longwire/tests")
    assert checkout.description == checkout.root / ".longwire" / "tests" / "local.json"
    monkeypatch.setenv("LONGWIRE_STATE", "/elsewhere/state")
    assert checkout.state == Path("/elsewhere/state")


def test_a_state_folder_that_is_not_there_yet_is_made(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGWIRE_STATE", ".longwire/a/b")
    with exclusive(checkout):
        assert checkout.lock.exists()
