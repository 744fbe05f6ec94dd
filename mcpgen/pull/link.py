"""A link to a server by the client runtime, whatever the transport.

Part of the pull stage.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from mcpgen import identity
from mcpgen.diagnostics import MCPGenError
from mcpgen.runtime.client.calls import Request
from mcpgen.runtime.client.channel import Transport
from mcpgen.runtime.client.connection import ServerConnection
from mcpgen.runtime.client.options import Settings

from .live import Facts

NAME: Final = "mcpgen"
"""The client's name in requests; tokens of sign-ins are stored under it, too."""


def client_info() -> dict[str, str]:
    """The `Implementation` of this client."""
    return {"name": NAME, "version": identity.version()}


class ConnectionLink:
    """An open connection."""

    def __init__(self, connection: ServerConnection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings.for_calls()

    @property
    def facts(self) -> Facts:
        """What the server states about itself."""
        server = self._connection.server
        return Facts(server.info, server.capabilities, server.instructions)

    async def request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a request; raises `ClientError`."""
        request = Request(method, params, True, self._settings)
        return await self._connection.request(request)


@asynccontextmanager
async def opened(
    transport: Transport, settings: Settings
) -> AsyncGenerator[ConnectionLink]:
    """Connect.

    Raises:
        MCPGenError: The era is unknown (MG701).
        ClientError: There is no server that can be talked to.
    """
    try:
        connection = ServerConnection(transport, settings)
    except ValueError as error:
        raise MCPGenError.of("MG701", str(error)) from None
    await connection.open()
    try:
        yield ConnectionLink(connection, settings)
    finally:
        await connection.close()
