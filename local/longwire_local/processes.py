"""Servers that run in the background. Only servers that were started here are ended."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

# psutil computes a start time from the boot time, which clock adjustments move by fractions of a second.
START_TOLERANCE_S = 2.0
TERMINATE_WAIT_S = 5.0


@dataclass(frozen=True)
class Started:
    """A server that was started here: the leader of a process group, in which its children stay."""

    pid: int
    started: float  # seconds since the epoch, from psutil
    marker: str  # a path of this checkout in its command line

    @classmethod
    def of(cls, pid: int, marker: Path) -> Started:
        """Describes a process that has just been started."""
        return cls(pid, psutil.Process(pid).create_time(), str(marker))


def start(command: list[str], environment: dict[str, str], log: Path, fds: tuple[int, ...] = ()) -> int:
    """Starts a server that outlives this command; returns its pid, which is also its process group's id."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=fds,
            # In a session of its own the server does not get the terminal's Ctrl-C.
            start_new_session=True,
        )
    # init reaps the process after this command. Until then it may be a zombie, which `is_ours` counts as ended.
    return process.pid


def is_ours(record: Started) -> bool:
    """True when the process runs and is the one that was started: pids are reused."""
    try:
        process = psutil.Process(record.pid)
        return (
            _alive(process)
            and abs(process.create_time() - record.started) < START_TOLERANCE_S
            and _has_marker(process.cmdline(), record.marker)
        )
    except psutil.Error:
        return False


def stop(record: Started, state: Path) -> bool:
    """Ends the server and its children. Returns False when none of them ran.

    A function's process that has outlived its server is recognised by its group and by its working directory under
    `state`, the folder of its code.
    """
    leader_is_ours = is_ours(record)
    ours = [p for p in _group(record.pid) if leader_is_ours or _runs_in(p, state)]
    for process in ours:
        _ignore_gone(process.terminate)
    for process in _wait_for_end(ours):
        _ignore_gone(process.kill)
    _wait_for_end(ours)
    return bool(ours)


def members(record: Started) -> list[psutil.Process]:
    """The other processes of a server's group: those of the functions."""
    return [process for process in _group(record.pid) if process.pid != record.pid]


def _has_marker(command: list[str], marker: str) -> bool:
    # While a process starts, its command line is empty for a moment.
    return not command or any(marker in part for part in command)


def _group(group: int) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _group_of(process.pid) == group]


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _wait_for_end(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Waits for processes to end; returns those that did not within TERMINATE_WAIT_S.

    psutil's wait_procs also waits until init has reaped a process, which takes seconds on some systems.
    """
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
