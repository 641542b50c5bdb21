"""Logs of functions and servers, one file for each, written line by line while they run."""

from __future__ import annotations

import os
import sys

from .checkout import Checkout
from .errors import LocalError
from .facts import FUNCTIONS


def show(checkout: Checkout, name: str | None, follow: bool) -> None:
    """Prints one log, or those of all functions under headings. With `follow` it does not return.

    Raises LocalError when there are no logs.
    """
    if not checkout.logs.is_dir():
        raise LocalError("there are no logs yet: scripts/local up starts the stack.")
    if follow:
        _follow(checkout, [name] if name else list(FUNCTIONS))
    for each in [name] if name else FUNCTIONS:
        if name is None:
            print(f"==> {each} <==", flush=True)
        _print(checkout, each)


def _print(checkout: Checkout, name: str) -> None:
    path = checkout.logs / f"{name}.log"
    if path.exists():
        sys.stdout.buffer.write(path.read_bytes())
        sys.stdout.buffer.flush()


def _follow(checkout: Checkout, names: list[str]) -> None:
    paths = [checkout.logs / f"{name}.log" for name in names]
    for path in paths:
        path.touch()
    os.execvp("tail", ["tail", "-n", "+1", "-F", *map(str, paths)])
