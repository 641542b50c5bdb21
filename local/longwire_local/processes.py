"""Starting servers in the background, and ending only what we started."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

# psutil derives a start time from the boot time, which clock adjustments move by fractions of a second.
START_TOLERANCE_S = 2.0
TERMINATE_WAIT_S = 5.0


@dataclass(frozen=True)
class Started:
    """A server we started: the leader of its own process group, which its children stay in."""

    pid: int
    started: float  # seconds since the epoch, as psutil reports it
    marker: str  # a path of this checkout that stands in its command line

    @classmethod
    def of(cls, pid: int, marker: Path) -> Started:
        return cls(pid, psutil.Process(pid).create_time(), str(marker))


def start(command: list[str], environment: dict[str, str], log: Path, fds: tuple[int, ...] = ()) -> int:
    """Starts a server that outlives this command; returns its pid, which is also its group's."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=fds,
            # A new session: Ctrl-C in the terminal ends the command, not the stack.
            start_new_session=True,
        )
    # Reaped by init once this command is over; until then a dead child counts as ended (see `is_ours`).
    return process.pid


def is_ours(record: Started) -> bool:
    """Whether the pid still belongs to the process we started: pids are used again."""
    try:
        process = psutil.Process(record.pid)
        return (
            _alive(process)
            and abs(process.create_time() - record.started) < START_TOLERANCE_S
            and _names(process.cmdline(), record.marker)
        )
    except psutil.Error:
        return False


def stop(record: Started, state: Path) -> bool:
    """Ends the server and what it spawned; whether there was anything to end.

    A function's process that outlived a killed server is known by its group and by running in the
    folder of its code, which is under `state`.
    """
    leader_is_ours = is_ours(record)
    ours = [p for p in _group(record.pid) if leader_is_ours or _runs_in(p, state)]
    for process in ours:
        _ignore_gone(process.terminate)
    for process in _still_there(ours):
        _ignore_gone(process.kill)
    _still_there(ours)
    return bool(ours)


def members(record: Started) -> list[psutil.Process]:
    """The processes of a server's group that are not the server itself: the functions'."""
    return [process for process in _group(record.pid) if process.pid != record.pid]


def _names(command: list[str], marker: str) -> bool:
    # A process has no command line for a moment while it is being started.
    return not command or any(marker in part for part in command)


def _group(group: int) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _group_of(process.pid) == group]


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _still_there(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Waits for processes to end; returns those that did not. Not psutil's wait_procs: that waits until
    a process is reaped as well, which is not ours to do and takes some systems seconds."""
    deadline = time.monotonic() + TERMINATE_WAIT_S
    while (left := [process for process in processes if _alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _runs_in(process: psutil.Process, state: Path) -> bool:
    try:
        return process.cwd().startswith(f"{state}{os.sep}")
    except psutil.Error:
        return False


def _ignore_gone(action: Callable[[], None]) -> None:
    with suppress(psutil.NoSuchProcess):
        action()
