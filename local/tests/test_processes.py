import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import psutil
import pytest

from longwire_local import processes
from longwire_local.checkout import Checkout
from longwire_local.processes import Started

# A server with a child in its group, as MiniStack has functions. The argument is the child's working directory.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd=sys.argv[1])
print(child.pid, flush=True)
time.sleep(60)
"""


# A server and the pid of its child.
Server = tuple[Started, int]
Found = TypeVar("Found")


@pytest.fixture
def server(checkout: Checkout) -> Iterator[Server]:
    log = checkout.logs / "server.log"
    command = [sys.executable, "-c", PARENT, str(checkout.scratch)]
    pid = processes.start(command, dict(os.environ), log)
    started = Started.of(pid, checkout.root)
    child = int(_eventually(lambda: log.read_text().strip()))
    yield started, child
    for each in (pid, child):
        if psutil.pid_exists(each):
            os.kill(each, 9)


def test_a_started_server_is_recognised(server: Server) -> None:
    started, _ = server
    assert processes.is_ours(started)
    assert [member.pid for member in processes.members(started)] == [server[1]]


def test_a_reused_pid_is_not_recognised(server: Server) -> None:
    started, _ = server
    assert not processes.is_ours(replace(started, started=started.started - 60))
    assert not processes.is_ours(replace(started, marker="/another/checkout"))


def test_a_process_without_a_command_line_is_recognised(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    # The command line is empty while the kernel loads a program. Without this case one start in ten failed.
    monkeypatch.setattr(psutil.Process, "cmdline", lambda _: [])
    assert processes.is_ours(server[0])


def test_stop_ends_the_server_and_its_children(server: Server, checkout: Checkout) -> None:
    started, child = server
    assert processes.stop(started, checkout.state)
    assert not processes.is_ours(started)
    assert _eventually(lambda: _ended(child))
    assert not processes.stop(started, checkout.state)


def test_stop_ends_the_children_of_a_killed_server(server: Server, checkout: Checkout) -> None:
    started, child = server
    os.kill(started.pid, 9)
    os.waitpid(started.pid, 0)
    assert not processes.is_ours(started)
    assert processes.stop(started, checkout.state)
    assert _eventually(lambda: _ended(child))


def test_stop_does_not_end_other_processes(checkout: Checkout) -> None:
    # The group's number is now that of another process.
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(command, start_new_session=True) as other:
        assert not processes.stop(Started(other.pid, time.time() - 3600, str(checkout.root)), checkout.state)
        assert other.poll() is None
        other.kill()


def _ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _eventually(probe: Callable[[], Found]) -> Found:
    deadline = time.monotonic() + 10
    while not (found := probe()):
        assert time.monotonic() < deadline, "did not happen within 10 s"
        time.sleep(0.01)
    return found
