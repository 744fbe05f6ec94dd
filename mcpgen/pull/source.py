"""Where a manifest is pulled from: a URL or a command line.

Joins the transports of the pull stage; what goes wrong becomes a diagnostic here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http.client import UNAUTHORIZED
from typing import Final

from mcpgen.diagnostics import MCPGenError
from mcpgen.runtime.client.errors import AuthError, ClientError

from .checking import words_of
from .live import ServerContents, read_all

DEFAULT_SECONDS: Final = 60.0
"""Seconds for one request."""

_SIGN_IN: Final = (
    "put a token into MCP_BEARER_TOKEN, give a --header, or run this in a terminal to "
    "sign in"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A live server.

    Attributes:
        url: Where it is, or None.
        command: How it is started, or None.
        headers: Lines `Name: value` for every request over HTTP.
        seconds: Seconds for one request, and for connecting as a whole.
        era: "auto" finds out what the server speaks; "modern", "legacy" or a
            version insists.
        env: Names of environment variables that the program gets, beside the safe ones.
        cwd: Where the program runs.
    """

    url: str | None = None
    command: str | None = None
    headers: tuple[str, ...] = ()
    seconds: float = DEFAULT_SECONDS
    era: str = "auto"
    env: tuple[str, ...] = ()
    cwd: str | None = None


def read(source: Source) -> ServerContents:
    """What a server states and lists.

    Raises:
        MCPGenError: MG701, with what it said where it said anything.
    """
    if (source.url is None) == (source.command is None):
        raise MCPGenError.of("MG701", "name a URL or a --command, one of them")
    try:
        return asyncio.run(_read(source))
    except AuthError as error:
        # What the client suggests after a 401 is for who writes code.
        problem = error.summary if error.status == UNAUTHORIZED else str(error)
        raise MCPGenError.of("MG701", problem, hint=_SIGN_IN) from None
    except ClientError as error:
        problem, _, details = str(error).partition("\n")
        raise MCPGenError.of("MG701", problem, details=details or None) from None


async def _read(source: Source) -> ServerContents:
    if source.url is not None:
        from .http import connect

        async with connect(
            source.url,
            given=source.headers,
            seconds=source.seconds,
            era=source.era,
        ) as link:
            return await read_all(link)
    from .stdio import start

    words = words_of(source.command or "")
    async with start(
        words,
        seconds=source.seconds,
        era=source.era,
        env=source.env,
        cwd=source.cwd,
    ) as program:
        return await read_all(program)
