"""Ports of the stack, always on 127.0.0.1."""

from __future__ import annotations

import socket

from .errors import LocalError

HOST = "127.0.0.1"
# MiniStack's own default, and the next one for the simulator.
MINISTACK_PORT = 4566
SIMULATOR_PORT = 4567


def requested_port(setting: str | None) -> int | None:
    """The port in LONGWIRE_PORT; None when it is unset. Raises LocalError when it is no port number."""
    if not setting:
        return None
    if not setting.isascii() or not setting.isdigit() or not 1 <= int(setting) <= 65535:
        raise LocalError(f"LONGWIRE_PORT is {setting!r}; it must be a port number from 1 to 65535.")
    return int(setting)


def bind(default: int, requested: int | None) -> socket.socket:
    """Returns a listening socket: at the requested port, else at the default one when it is free, else at any.

    The server inherits the socket, so no other process can take the port in between. Raises LocalError when the
    requested port cannot be used.
    """
    if requested is not None:
        return _bind_requested(requested)
    try:
        return _listen(default)
    except OSError:
        return _listen(0)


def free_port(default: int) -> int:
    """The default port when it is free, else 0, with which a server chooses a port itself."""
    try:
        _listen(default).close()
    except OSError:
        return 0
    return default


def _bind_requested(port: int) -> socket.socket:
    try:
        return _listen(port)
    except OSError as error:
        raise LocalError(
            f"LONGWIRE_PORT asks for {port}, but it cannot be used ({error.strerror}); choose another or unset it."
        ) from error


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Without this option, connections of a stack that has just ended block its port for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        # On Linux two sockets with SO_REUSEADDR can bind one port as long as neither listens.
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
