"""Checks of a stack: does it run, is it up to date. Both are fast enough to run before every prompt."""

from __future__ import annotations

from . import fingerprint, processes
from .checkout import Checkout
from .state import Record

SERVERS = ("ministack", "simulator")


def fresh(checkout: Checkout, record: Record) -> bool:
    """True when the stack runs and its sources have not changed since."""
    return (
        running(record)
        and record.stack == fingerprint.of_stack(checkout)
        and record.sources == fingerprint.of_sources(checkout)
        and record.terraform in ("", fingerprint.of_terraform(checkout))
    )


def running(record: Record) -> bool:
    """True when both servers run."""
    return all(name in record.processes and processes.is_ours(record.processes[name]) for name in SERVERS)
