"""Check that enough memory is available for the stack."""

from __future__ import annotations

import psutil

from .errors import LocalError

MIN_BYTES = 1_000_000_000


def need_memory() -> None:
    """Raises LocalError when memory is short.

    The stack takes about 300 MB and a compiler more. With less, the kernel would kill one of their processes.
    """
    require(psutil.virtual_memory().available)


def require(available: int) -> None:
    """Raises LocalError when `available` bytes are too few."""
    if available < MIN_BYTES:
        raise LocalError(
            f"only {available // 1_000_000} MB of memory are available; "
            f"the stack needs {MIN_BYTES // 1_000_000} MB. Close something and try again."
        )
