"""Which ports the stack listens on, always on 127.0.0.1."""

from __future__ import annotations

import socket

from .errors import LocalError

HOST = "127.0.0.1"
# MiniStack's own default, and its neighbour for the simulator.
MINISTACK_PORT = 4566
SIMULATOR_PORT = 4567


def wanted_port(setting: str | None) -> int | None:
    """The port that LONGWIRE_PORT asks for, if it asks."""
    if not setting:
        return None
    if not setting.isascii() or not setting.isdigit() or not 1 <= int(setting) <= 65535:
        raise LocalError(f"LONGWIRE_PORT is {setting!r}; it must be a port number from 1 to 65535.")
    return int(setting)


def bind(usual: int, wanted: int | None) -> socket.socket:
    """A bound socket: the wanted port or an error, else the usual one when free, else any.

    The socket is handed to the server as it is, so nobody can take the port in between.
    """
    if wanted is not None:
        return _bind_wanted(wanted)
    try:
        return _bound(usual)
    except OSError:
        return _bound(0)


def free_port(usual: int) -> int:
    """The usual port when it is free, else 0, with which a server chooses one itself."""
    try:
        _bound(usual).close()
    except OSError:
        return 0
    return usual


def _bind_wanted(port: int) -> socket.socket:
    try:
        return _bound(port)
    except OSError as error:
        raise LocalError(
            f"LONGWIRE_PORT asks for {port}, but it cannot be used ({error.strerror}); choose another or unset it."
        ) from error


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Without this, connections of a stack that just ended would block its port for a minute.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
        # On Linux two sockets with SO_REUSEADDR may bind one port as long as neither listens.
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound
