"""`status`: prints the stack's URLs, processes and memory."""

from __future__ import annotations

import psutil

from . import processes
from .checkout import Checkout
from .freshness import fresh, running
from .state import Description, Record


def show(checkout: Checkout) -> bool:
    """Prints the stack's state on stdout. Returns False when it does not run."""
    record, description = Record.load(checkout), Description.load(checkout)
    if description is None or not running(record):
        print("not running")
        return False
    print("running" if fresh(checkout, record) else "running, but sources changed since; scripts/local up")
    for name in ("websocket", "management", "ministack", "simulator"):
        print(f"{name:<11} {getattr(description, name)}")
    print(f"{'auth':<11} {description.auth['mode']}")
    for name, started in record.processes.items():
        print(f"{name:<11} pid {started.pid}, {_memory(psutil.Process(started.pid))} MB")
    _show_functions(record)
    return True


def _show_functions(record: Record) -> None:
    for process in processes.members(record.processes["ministack"]):
        try:
            name = process.environ().get("AWS_LAMBDA_FUNCTION_NAME", process.name())
            print(f"{name:<11} pid {process.pid}, {_memory(process)} MB")
        except psutil.Error:
            continue  # the process has ended meanwhile


def _memory(process: psutil.Process) -> int:
    return int(process.memory_info().rss) // 1_000_000
