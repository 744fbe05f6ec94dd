"""How a person gets in: a token from the environment, or a sign-in that is remembered.

Command lines are for everybody on the machine to see, so no secret is taken from there.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from ...errors import ClientError
from ..oauth import (
    Auth,
    BearerAuth,
    Challenge,
    ClientRegistration,
    FileStorage,
    LoopbackRedirect,
    MemoryStorage,
    OAuth,
    TokenStorage,
    challenges,
)
from .asking import open_page, say
from .words import in_one_line

if TYPE_CHECKING:
    import aiohttp

TOKEN_VARIABLE: Final = "MCP_BEARER_TOKEN"
HEADERS_VARIABLE: Final = "MCP_HEADERS"
CLIENT_ID_VARIABLE: Final = "MCP_CLIENT_ID"
CLIENT_SECRET_VARIABLE: Final = "MCP_CLIENT_SECRET"
STORAGE_VARIABLE: Final = "MCP_TOKENS_FILE"


def credentials(
    environment: Mapping[str, str],
    *,
    package: str,
    port: int,
    quiet: Callable[[], AbstractContextManager[object]] | None,
    given: Mapping[str, str],
) -> Auth | None:
    """How requests are signed: nothing is until the server asks for it.

    Args:
        environment: The process's.
        package: The client package, below whose name tokens are kept.
        port: Where the browser comes back to; 0 takes a free one.
        quiet: Holds back other output while a person signs in; None where there is nobody
            to do so.
        given: The headers that a person gives. With a credential among them, there is
            nothing to sign in for.

    Raises:
        ValueError: The token can't be one.
    """
    if token := environment.get(TOKEN_VARIABLE):
        try:
            return BearerAuth(token)
        except ValueError as error:
            raise ValueError(f"{TOKEN_VARIABLE}: {error}") from None
    if credential_headers(given):
        return None
    client_id = environment.get(CLIENT_ID_VARIABLE)
    client = None
    if client_id:
        client = ClientRegistration(client_id, environment.get(CLIENT_SECRET_VARIABLE))
    redirect = _Nobody() if quiet is None else _Browser(port, quiet)
    return SignIn(
        client=client, client_name=package, storage=_storage(package), redirect=redirect
    )


class SignIn(OAuth):
    """Signs in, but not at a server that takes API keys and names no metadata."""

    async def answer(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> bool:
        """As `OAuth` does.

        Raises:
            ClientError: The server wants an API key; the text says how to give it.
        """
        named = challenge.www_authenticate
        header = challenges.api_key(named) if challenge.status == 401 else None
        if header is None or "resource_metadata" in challenges.parameters(named):
            return await super().answer(challenge, session)
        raise ClientError(_key_wanted(header))


def _key_wanted(header: str) -> str:
    where = f" in the header {header}" if header else ""
    return (
        f"the server wants an API key{where}: put the line "
        f"`{header or 'Name'}: KEY` into {HEADERS_VARIABLE}, or pass it with --header"
    )


_CREDENTIAL: Final = re.compile(
    r"authorization|cookie|(.*[-_])?(api[-_]?key|key|token|secret|auth)", re.IGNORECASE
)


def credential_headers(given: Mapping[str, str]) -> list[str]:
    """The names of headers that hold a key or token."""
    return [name for name in given if _CREDENTIAL.fullmatch(name)]


def tokens_file(environment: Mapping[str, str], package: str) -> Path:
    """Where the system keeps what programs remember of a user.

    Raises:
        RuntimeError: This user has no home.
    """
    if named := environment.get(STORAGE_VARIABLE):
        return Path(named)
    if sys.platform == "win32":
        base = environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / package / "tokens.json"


def headers(environment: Mapping[str, str], given: Sequence[str]) -> dict[str, str]:
    """The headers that the environment and the command line name, the latter last.

    Raises:
        ValueError: A line is no header; it is not repeated, for it may be a secret.
    """
    found: dict[str, str] = {}
    for source, lines in (
        (HEADERS_VARIABLE, environment.get(HEADERS_VARIABLE, "").splitlines()),
        ("--header", given),
    ):
        for line in lines:
            name, colon, value = line.partition(":")
            if not line.strip():
                continue
            if not colon or not name.strip() or not f"{name}{value}".isprintable():
                raise ValueError(f"{source}: a header is written `Name: value`")
            found[name.strip()] = value.strip()
    return found


def _storage(package: str) -> TokenStorage:
    try:
        return FileStorage(tokens_file(os.environ, package))
    except RuntimeError:
        return MemoryStorage()


class _Browser(LoopbackRedirect):
    """Says what happens, for the browser may be on another machine or not open at all."""

    def __init__(
        self, port: int, quiet: Callable[[], AbstractContextManager[object]]
    ) -> None:
        def visit(url: str) -> None:
            with quiet():
                say("The server wants you to sign in, at:")
                say(f"  {in_one_line(url)}")
                if not open_page(url):
                    say("No browser was found: open it by yourself, on this machine.")

        super().__init__(port, open_browser=visit)


class _Nobody:
    """Stands where nobody can sign in."""

    def open(self, known: Sequence[str]) -> NoReturn:
        raise ClientError(
            "the server wants a sign-in, and there is nobody to do it: run this program "
            f"in a terminal once, or put a token into {TOKEN_VARIABLE}"
        )
