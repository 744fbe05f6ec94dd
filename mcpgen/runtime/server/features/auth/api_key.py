"""API keys: made here, kept as hashes, compared in constant time, changed while running.

An entry is `NAME:SHA256-OF-THE-KEY:SCOPE SCOPE`. Keys are 256 random bits, so a plain
hash is enough: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from ...options.section import Section
from ...principal import Principal
from .authenticator import (
    KEY_PREFIX,
    AuthRequest,
    Deployment,
    Refusal,
    bearer_token,
    only,
)

_log: Final = logging.getLogger("mcp.auth")

HEADER: Final = "X-API-Key"
_ENTRY: Final = re.compile(r"([^:\s][^:]*):([0-9a-f]{64})(?::(.*))?")
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class APIKeySettings(Section):
    """Which API keys count."""

    title = "API keys"
    feature = "api-key"

    auth_api_keys: Annotated[
        tuple[str, ...], "hashed API keys, as NAME:SHA256:SCOPE SCOPE"
    ] = ()
    auth_api_keys_path: Annotated[
        Path | None, "file of hashed API keys, one a line; read again when it changes"
    ] = None


@dataclass(frozen=True, slots=True)
class APIKey:
    """A key as it is kept.

    Attributes:
        name: Whose it is; several keys may share one, so that they can be changed.
        hash: The SHA-256 of the key, in hexadecimal digits.
        scopes: What it allows; `*` means everything that the server has.
    """

    name: str
    hash: str
    scopes: frozenset[str]

    def __str__(self) -> str:
        return f"{self.name}:{self.hash}:{' '.join(sorted(self.scopes))}"


def make_api_key(name: str, scopes: Iterable[str] = ("*",)) -> tuple[str, APIKey]:
    """A new key for its user, and the entry for the server.

    Raises:
        ValueError: The name or a scope can't be written in an entry.
    """
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    entry = APIKey(name, hashlib.sha256(key.encode()).hexdigest(), frozenset(scopes))
    return key, parse_entry(str(entry))


def parse_entry(text: str) -> APIKey:
    """An entry from its text.

    Raises:
        ValueError: It has another form; the text itself is not shown.
    """
    found = _ENTRY.fullmatch(text.strip())
    if found is None or not found[1].isprintable():
        raise ValueError("an API key's entry is NAME:SHA256:SCOPE SCOPE")
    scopes = frozenset((found[3] or "").split())
    if not all(map(_SCOPE.fullmatch, scopes)):
        raise ValueError("a scope has a character that scopes can't have")
    return APIKey(found[1], found[2], scopes)


class APIKeyAuthenticator:
    """Accepts keys in `X-API-Key`, or as bearer tokens.

    A file of entries is read again when it changes: add the new key, move its user to
    it, take the old one away.
    """

    def __init__(
        self,
        entries: Iterable[APIKey] = (),
        file: Path | None = None,
        *,
        header: str = HEADER,
        everything: frozenset[str] = frozenset(),
    ) -> None:
        """Read the file, if there is one.

        Args:
            entries: Keys that are always there.
            file: Further entries, one a line; `#` begins a comment.
            header: The header that keys come in.
            everything: The scopes that `*` stands for.

        Raises:
            ValueError: There is no key at all, or the file can't be used.
        """
        self._fixed = tuple(entries)
        self._file = file
        self._header = header
        self._everything = everything
        self._looked = time.monotonic()
        self._state = None if file is None else _state(file)
        self._keys = self._fixed
        if file is not None:
            self._keys += tuple(_read(file))
        elif not self._fixed:
            raise ValueError("api-key needs auth_api_keys or auth_api_keys_path")

    @property
    def credential_headers(self) -> frozenset[str]:
        """The header that keys come in."""
        return frozenset([self._header.lower()])

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """The key's user; see `Authenticator`."""
        given = only(request.headers, self._header)
        if given is None:
            given = bearer_token(request.headers)
            if given is None or not given.startswith(KEY_PREFIX):
                return None
        self._look()
        own = hashlib.sha256(given.encode("utf-8", "surrogateescape")).hexdigest()
        found: APIKey | None = None
        for key in self._keys:
            # All are compared, so that the time does not show which one it was.
            if hmac.compare_digest(key.hash, own):
                found = key
        if found is None:
            raise Refusal("the API key is not known")
        scopes = self._everything if "*" in found.scopes else found.scopes
        return Principal(found.name, "api-key", scopes=scopes)

    def _look(self) -> None:
        """Read the file again if it changed, at most once a second."""
        now = time.monotonic()
        if self._file is None or now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        state = _state(self._file)
        if state == self._state:
            return
        try:
            self._keys = (*self._fixed, *_read(self._file))
            self._state = state
        except ValueError as error:
            _log.error("the API keys stay as they were: %s", error)


def _state(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read(file: Path) -> Iterator[APIKey]:
    try:
        text = file.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ValueError(f"{file}: {error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                yield parse_entry(line)
            except ValueError as error:
                raise ValueError(f"{file}:{number}: {error}") from None


def configured(settings: APIKeySettings, server: Deployment) -> APIKeyAuthenticator:
    """The authenticator that settings ask for."""
    return APIKeyAuthenticator(
        [parse_entry(entry) for entry in settings.auth_api_keys],
        settings.auth_api_keys_path,
        everything=server.scopes,
    )
