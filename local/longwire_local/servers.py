"""Starts MiniStack and the simulator and waits until they respond."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from . import ports, processes
from .checkout import Checkout
from .environment import ministack_environment, simulator_environment
from .errors import LocalError
from .loopback import DIRECT
from .processes import Started

READY_S = 60.0
POLL_S = 0.05
LISTENING = re.compile(rb"listening on (http://\S+?)/?\s")

# Takes the name of a server and its process, to record them before anything can fail.
OnStart = Callable[[str, Started], None]


def start_ministack(checkout: Checkout, requested: int | None, on_start: OnStart) -> str:
    """Starts MiniStack and returns its URL at once, before it responds."""
    with ports.bind(ports.MINISTACK_PORT, requested) as listener:
        host, port = listener.getsockname()
        descriptor = listener.fileno()
        script = checkout.local / "gateway.py"
        command = [str(checkout.python), "-E", str(script), str(descriptor), str(checkout.logs)]
        environment = ministack_environment(checkout, host, port)
        pid = processes.start(command, environment, checkout.logs / "ministack.log", (descriptor,))
    on_start("ministack", Started.of(pid, checkout.root))
    return f"http://{host}:{port}"


def start_simulator(checkout: Checkout, binary: Path, port: int, on_start: OnStart) -> str:
    """Starts the simulator on a port (0: any free one) and returns its URL once it listens."""
    log = checkout.logs / "simulator.log"
    begin = log.stat().st_size if log.exists() else 0
    command = [str(binary), "--host", ports.HOST, "--port", str(port)]
    pid = processes.start(command, simulator_environment(checkout), log)
    started = Started.of(pid, binary)
    on_start("simulator", started)
    return _wait("the simulator", started, log, lambda: _url_in(log, begin))


def wait_for_ministack(checkout: Checkout, url: str, started: Started) -> None:
    """Waits until MiniStack responds to requests. Raises LocalError after READY_S or when the process ends."""
    _wait("MiniStack", started, checkout.logs / "ministack.log", lambda: _healthy(url))


def _wait(name: str, started: Started, log: Path, ready: Callable[[], str | None]) -> str:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if url := ready():
            return url
        if not processes.is_ours(started):
            raise LocalError(f"{name} ended while it started; the end of {log}:\n{_tail(log)}")
        time.sleep(POLL_S)
    raise LocalError(f"{name} did not answer within {READY_S:.0f} s; the end of {log}:\n{_tail(log)}")


def _url_in(log: Path, begin: int) -> str | None:
    with log.open("rb") as file:
        file.seek(begin)
        found = LISTENING.search(file.read())
    return found.group(1).decode() if found else None


def _healthy(url: str) -> str | None:
    try:
        with DIRECT.open(f"{url}/_ministack/health", timeout=READY_S) as response:
            return url if response.status == 200 else None
    except OSError:
        return None


def _tail(log: Path, lines: int = 15) -> str:
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 8192))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
