"""Signs a person in with OAuth, and remembers it. Part of the feature `oauth`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ...auth import Challenge
from ...errors import ClientError
from ..oauth import (
    ClientRegistration,
    FileStorage,
    LoopbackRedirect,
    MemoryStorage,
    OAuth,
    TokenStorage,
)
from .asking import open_page, say
from .credentials import (
    CLIENT_ID_VARIABLE,
    CLIENT_SECRET_VARIABLE,
    STORAGE_VARIABLE,
    TOKEN_VARIABLE,
    key_wanted,
)
from .display import in_one_line

if TYPE_CHECKING:
    import aiohttp


def sign_in(
    *,
    package: str,
    port: int,
    quiet: Callable[[], AbstractContextManager[object]] | None,
) -> OAuth:
    """What signs in as soon as the server asks for it; see `credentials`."""
    client = None
    if client_id := os.environ.get(CLIENT_ID_VARIABLE):
        client = ClientRegistration(client_id, os.environ.get(CLIENT_SECRET_VARIABLE))
    redirect = _Nobody() if quiet is None else _browser(port, quiet)
    return SignIn(
        client=client,
        client_name=package,
        storage=_storage(package),
        redirect=redirect,
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
        if wanted := key_wanted(challenge):
            raise ClientError(wanted)
        return await super().answer(challenge, session)


def _storage(package: str) -> TokenStorage:
    """Where the system keeps what programs remember of a user, if that has a home."""
    if named := os.environ.get(STORAGE_VARIABLE):
        return FileStorage(named)
    try:
        if sys.platform == "win32":
            base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Application Support"
        else:
            base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError:
        return MemoryStorage()
    return FileStorage(Path(base) / package / "tokens.json")


def _browser(
    port: int, quiet: Callable[[], AbstractContextManager[object]]
) -> LoopbackRedirect:
    """Says what happens, for the browser may be on another machine or not open at all."""

    def visit(url: str) -> None:
        with quiet():
            say("The server wants you to sign in, at:")
            say(f"  {in_one_line(url)}")
            if not open_page(url):
                say("No browser was found: open it by yourself, on this machine.")

    return LoopbackRedirect(port, open_browser=visit)


class _Nobody:
    """Stands where nobody can sign in."""

    def open(self, known: Sequence[str]) -> NoReturn:
        raise ClientError(
            "the server wants a sign-in, and there is nobody to do it: run this program "
            f"in a terminal once, or put a token into {TOKEN_VARIABLE}"
        )
