"""Whether there is memory left for the stack."""

from __future__ import annotations

import psutil

from .errors import LocalError

MIN_BYTES = 1_000_000_000


def need_memory() -> None:
    """The stack takes about 300 MB, a compiler more; short of that it would be killed without a word."""
    require(psutil.virtual_memory().available)


def require(available: int) -> None:
    """Raises when `available` bytes are too few."""
    if available < MIN_BYTES:
        raise LocalError(
            f"only {available // 1_000_000} MB of memory are available; "
            f"the stack needs {MIN_BYTES // 1_000_000} MB. Close something and try again."
        )
