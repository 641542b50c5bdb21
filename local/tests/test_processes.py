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

# A server with a child in its group, as MiniStack has its functions; the last argument is the marker.
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


def test_a_started_server_is_ours(server: Server) -> None:
    started, _ = server
    assert processes.is_ours(started)
    assert [member.pid for member in processes.members(started)] == [server[1]]


def test_a_pid_used_again_is_not_ours(server: Server) -> None:
    started, _ = server
    assert not processes.is_ours(replace(started, started=started.started - 60))
    assert not processes.is_ours(replace(started, marker="/another/checkout"))


def test_a_process_without_a_command_line_yet_is_still_ours(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So it looks while the kernel is loading a program; taking it for ended made one start in ten fail.
    monkeypatch.setattr(psutil.Process, "cmdline", lambda _: [])
    assert processes.is_ours(server[0])


def test_stop_ends_the_server_and_its_children(server: Server, checkout: Checkout) -> None:
    started, child = server
    assert processes.stop(started, checkout.state)
    assert not processes.is_ours(started)
    assert _eventually(lambda: _ended(child))
    assert not processes.stop(started, checkout.state)


def test_stop_ends_the_children_of_a_server_that_was_killed(server: Server, checkout: Checkout) -> None:
    started, child = server
    os.kill(started.pid, 9)
    os.waitpid(started.pid, 0)
    assert not processes.is_ours(started)
    assert processes.stop(started, checkout.state)
    assert _eventually(lambda: _ended(child))


def test_stop_leaves_others_alone(checkout: Checkout) -> None:
    # A group that is somebody else's by now: the same number, another process.
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
