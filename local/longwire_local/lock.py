"""Lock of a checkout: one command at a time changes its stack."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from .checkout import Checkout
from .progress import say


@contextmanager
def exclusive(checkout: Checkout) -> Iterator[None]:
    """Waits for the checkout's lock and holds it. The kernel releases it when the process ends for any reason."""
    checkout.state.mkdir(parents=True, exist_ok=True)
    with checkout.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another scripts/local of this checkout")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
