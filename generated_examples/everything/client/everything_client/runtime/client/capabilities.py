"""Which requests a server can be sent, by the capabilities that it declares."""

from __future__ import annotations

from typing import Final

from .errors import CapabilityError
from .session import ServerInfo, Wanted


def require(method: str, server: ServerInfo, speaks: Wanted) -> None:
    """Only what a server declares is asked for.

    A server that declares nothing at all is called for what the user asks for: some have
    tools and an empty object. Lists of it are empty.
    https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#operation

    Raises:
        CapabilityError: The server does not declare the capability of the method.
    """
    wanted = NEEDED_BY.get(method.partition("/")[0])
    if not server.capabilities or wanted is None or wanted in server.capabilities:
        return
    revision = speaks.revisions.get(server.protocol_version)
    if revision is None or (
        method in revision.client_requests and wanted in revision.server_capabilities
    ):
        raise lacking(method, wanted, server)


def lacking(method: str, capability: str, server: ServerInfo) -> CapabilityError:
    """The error for a request that needs what the server does not declare."""
    return CapabilityError(method, capability, tuple(server.capabilities))


NEEDED_BY: Final = {
    "tools": "tools",
    "prompts": "prompts",
    "resources": "resources",
    "completion": "completions",
    "logging": "logging",
}
"""The server's capability by how methods begin."""
