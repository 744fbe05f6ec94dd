"""The credentials that a person has: a token or headers, from the environment.

Command lines are for everybody on the machine to see, so no secret is taken from there.
What signs in is the feature `oauth`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from ....core.features import MissingFeature
from ...auth import Auth, BearerAuth, Challenge, Outgoing, api_key, parameters
from ...errors import ClientError
from ...options import joined

if TYPE_CHECKING:
    import aiohttp

TOKEN_VARIABLE: Final = "MCP_BEARER_TOKEN"
HEADERS_VARIABLE: Final = "MCP_HEADERS"
CLIENT_ID_VARIABLE: Final = "MCP_CLIENT_ID"
CLIENT_SECRET_VARIABLE: Final = "MCP_CLIENT_SECRET"
STORAGE_VARIABLE: Final = "MCP_TOKENS_FILE"

_SIGN_IN: Final = f"{__package__}.sign_in"


def can_sign_in() -> bool:
    """Whether this package can sign in with OAuth."""
    return find_spec(_SIGN_IN) is not None


def no_signing_in(what: str) -> MissingFeature:
    """The error about something that needs signing in, where it is absent."""
    return MissingFeature(what, "client", "oauth")


def credentials(
    *,
    package: str,
    port: int,
    quiet: Callable[[], AbstractContextManager[object]] | None,
    given: Mapping[str, str],
) -> Auth | None:
    """How requests are signed: nothing is until the server asks for it.

    Args:
        package: The client package, below whose name tokens are kept.
        port: Where the browser comes back to; 0 takes a free one.
        quiet: Holds back other output while a person signs in; None where there is nobody
            to do so.
        given: The headers that a person gives. With a credential among them, there is
            nothing to sign in for.

    Raises:
        ValueError: The token is invalid.
        MissingFeature: A variable is for signing in, and this package cannot.
    """
    if token := os.environ.get(TOKEN_VARIABLE):
        try:
            return BearerAuth(token)
        except ValueError as error:
            raise ValueError(f"{TOKEN_VARIABLE}: {error}") from None
    if credential_headers(given):
        return None
    if can_sign_in():
        module = import_module(_SIGN_IN)
        found: Auth = module.sign_in(package=package, port=port, quiet=quiet)
        return found
    if os.environ.get(CLIENT_ID_VARIABLE):
        raise no_signing_in(f"signing in, which {CLIENT_ID_VARIABLE} is for,")
    return NoSignIn()


class NoSignIn:
    """Explains refusals where this package cannot sign in."""

    async def sign(
        self, request: Outgoing, session: aiohttp.ClientSession
    ) -> Mapping[str, str]:
        """Nothing."""
        return {}

    async def answer(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> bool:
        """Never.

        Raises:
            ClientError: The server wants an API key or a sign-in; says how to give it.
        """
        if wanted := key_wanted(challenge):
            raise ClientError(wanted)
        if "resource_metadata" in parameters(challenge.www_authenticate):
            missing = no_signing_in("signing in with OAuth, which the server asks for,")
            raise ClientError(f"{missing}; or put a token into {TOKEN_VARIABLE}")
        return False


def key_wanted(challenge: Challenge) -> str | None:
    """How to give the API key that a refusal asks for; None where it asks for none."""
    named = challenge.www_authenticate
    header = api_key(named) if challenge.status == 401 else None
    if header is None or "resource_metadata" in parameters(named):
        return None
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


def headers(given: Sequence[str]) -> dict[str, str]:
    """The headers that the environment and the command line name, the latter last.

    Raises:
        ValueError: A line is no header; it is not repeated, for it may be a secret.
    """
    found: dict[str, str] = {}
    for source, lines in (
        (HEADERS_VARIABLE, os.environ.get(HEADERS_VARIABLE, "").splitlines()),
        ("--header", given),
    ):
        for line in lines:
            name, colon, value = line.partition(":")
            if not line.strip():
                continue
            if not colon or not name.strip() or not f"{name}{value}".isprintable():
                raise ValueError(f"{source}: a header is written `Name: value`")
            found = joined(found, {name.strip(): value.strip()})
    return found


def variables(names: Sequence[str]) -> dict[str, str]:
    """Environment variables that a person hands over to a program, by their names.

    Raises:
        ValueError: One is not there, or has a value.
    """
    for name in names:
        if "=" in name:
            # Without the value, which may be a secret.
            hint = "give its name alone; the value is taken from the environment"
            raise ValueError(f"--env {name.partition('=')[0]}: {hint}")
        if name not in os.environ:
            raise ValueError(f"--env {name}: there is no such variable")
    return {name: os.environ[name] for name in names}
