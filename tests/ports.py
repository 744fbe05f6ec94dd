"""Ports for servers in other processes, which no other test gets in the meantime."""

from __future__ import annotations

import atexit
import socket
from contextlib import ExitStack
from typing import Final

_RESERVED: Final = ExitStack()
atexit.register(_RESERVED.close)


def free_port() -> int:
    """A port of 127.0.0.1 that is reserved until this process ends.

    Servers that name the port and set SO_REUSEADDR, as servers do, can listen on it. The
    kernel gives it to nobody who asks for any port. Without a reservation, a server of
    another worker can take it before the program that it is for has started.
    """
    reserved = _RESERVED.enter_context(socket.socket())
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    port: int = reserved.getsockname()[1]
    return port
