"""A link to a server over HTTP: Streamable HTTP in both eras, or HTTP+SSE.

Part of the pull stage. The client runtime does the work, sign-in included.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any

from mcpgen.diagnostics import MCPGenError
from mcpgen.runtime.client.auth import Auth
from mcpgen.runtime.client.features.terminal.credentials import credentials, headers
from mcpgen.runtime.client.options import Settings
from mcpgen.runtime.client.transports.http.requests import Http

from .link import NAME, client_info, opened
from .live import CAPABILITIES, Link


@asynccontextmanager
async def connect(
    url: str, *, given: Sequence[str] = (), seconds: float, era: str
) -> AsyncGenerator[Link]:
    """Connect to a server.

    A token or an OAuth client in the environment is used as the commands of generated
    clients use it; where a person sits at a terminal, they may sign in.

    Args:
        url: Where the server is.
        given: Lines `Name: value`, headers for every request.
        seconds: Seconds for one request, and for connecting as a whole.
        era: "auto" finds out what the server speaks; the others insist.

    Raises:
        MCPGenError: The URL or a header can't be used (MG701).
        ClientError: There is no server that can be talked to.
    """
    try:
        fields = headers(given)
        settings = Settings(
            timeout=seconds,
            era=era,
            headers=fields,
            auth=_auth(fields),
            client_info=client_info(),
            capabilities=CAPABILITIES,
        )
        transport = Http(url, settings)
    except ValueError as error:
        raise MCPGenError.of("MG701", str(error)) from None
    async with opened(transport, settings) as link:
        yield link


def _auth(fields: Mapping[str, str]) -> Auth | None:
    """How requests are signed; None where the user's own header does it.

    A refusal of that header is reported as it is, not answered by a sign-in.
    """
    return credentials(package=NAME, port=0, quiet=_quiet(), given=fields)


def _quiet() -> Any:
    """Nothing is held back while a person signs in; None where there is nobody."""
    return _nothing if sys.stdin.isatty() and sys.stderr.isatty() else None


def _nothing() -> AbstractContextManager[object]:
    return nullcontext()
