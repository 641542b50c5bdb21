"""One command at a time changes the stack of a checkout."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from .checkout import Checkout
from .progress import say


@contextmanager
def exclusive(checkout: Checkout) -> Iterator[None]:
    """Holds the checkout's lock; the kernel lets it go when the process ends, however it ends."""
    checkout.state.mkdir(parents=True, exist_ok=True)
    with checkout.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another scripts/local of this checkout")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
