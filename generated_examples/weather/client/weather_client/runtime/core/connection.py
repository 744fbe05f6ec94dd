"""A connection on which messages go both ways: a pipe, a socket, a WebSocket.

What a transport of one's own implements, on either side; it knows bytes, and nothing of
methods, sessions or eras.
"""

from __future__ import annotations

from typing import Protocol


class Connection(Protocol):
    """Carries whole messages; each is one JSON-RPC message, or a batch, in UTF-8.

    A server's may have the attribute `network_transport`, which telemetry records:
    "tcp", "unix" or "pipe".
    """

    async def receive(self) -> bytes | None:
        """Return the next message, or None when the other side has ended.

        One task calls it at a time.
        """
        ...

    async def send(self, message: bytes) -> None:
        """Send a message; the runtime sends one at a time.

        Raises:
            ConnectionError: The other side is gone.
        """
        ...

    async def close(self) -> None:
        """Close the connection; calling it again does nothing."""
        ...
