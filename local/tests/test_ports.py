import socket
from collections.abc import Iterator

import pytest

from longwire_local.errors import LocalError
from longwire_local.ports import HOST, bind, free_port, requested_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield port_of(listener)


def test_the_default_port_is_used_when_it_is_free(taken: int) -> None:
    default = _unused()
    with bind(default, None) as bound:
        assert bound.getsockname() == (HOST, default)


def test_another_port_is_used_when_the_default_one_is_taken(taken: int) -> None:
    with bind(taken, None) as bound:
        host, port = bound.getsockname()
        assert host == HOST
        assert port not in (0, taken)


def test_a_requested_port_that_is_taken_is_an_error_with_its_number(taken: int) -> None:
    with pytest.raises(LocalError, match=f"LONGWIRE_PORT asks for {taken}"):
        bind(_unused(), taken)


def test_a_taken_default_port_lets_the_server_choose(taken: int) -> None:
    default = _unused()
    assert free_port(default) == default
    assert free_port(taken) == 0


@pytest.mark.parametrize(("setting", "port"), [(None, None), ("", None), ("1", 1), ("65535", 65535)])
def test_the_requested_port_is_read_from_the_setting(setting: str | None, port: int | None) -> None:
    assert requested_port(setting) == port


@pytest.mark.parametrize("setting", ["0", "65536", "-1", "80a", "\uff14\uff15", " 80"])
def test_an_invalid_longwire_port_is_an_error(setting: str | None) -> None:
    with pytest.raises(LocalError, match="LONGWIRE_PORT"):
        requested_port(setting)


def port_of(bound: socket.socket) -> int:
    _, port = bound.getsockname()
    return int(port)


def _unused() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return port_of(probe)
