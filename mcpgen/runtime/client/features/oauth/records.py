"""What is stored for a server and for an authorization server, and under which keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .identity import ClientRegistration
from .issuers import normal_issuer
from .tokens import Token

if TYPE_CHECKING:
    from .storage import TokenStorage


class Records:
    """Tokens and registrations in a storage. Callers lock the storage to change them."""

    def __init__(self, storage: TokenStorage) -> None:
        self._storage = storage

    async def token(self, url: str) -> Token | None:
        """The token for a server."""
        issuer = await self._storage.get(_issuer_key(url))
        if issuer is None:
            return None
        data = await self._storage.get(_token_key(str(issuer.get("issuer")), url))
        return None if data is None else Token.from_json(data)

    async def keep(self, url: str, token: Token) -> None:
        """Store the token for a server in place of any other one."""
        await self.drop(url, except_of=token.issuer)
        await self._storage.put(_token_key(token.issuer, url), token.to_json())
        await self._storage.put(_issuer_key(url), {"issuer": token.issuer})

    async def drop(self, url: str, *, except_of: str | None = None) -> None:
        """Remove the token for a server, unless it is of the issuer `except_of`."""
        before = await self._storage.get(_issuer_key(url))
        if before is None or before.get("issuer") == except_of:
            return
        await self._storage.put(_token_key(str(before.get("issuer")), url), None)
        await self._storage.put(_issuer_key(url), None)

    async def client(self, issuer: str) -> ClientRegistration | None:
        """This client's registration at an authorization server, while it is valid."""
        data = await self._storage.get(_client_key(issuer))
        found = None if data is None else ClientRegistration.from_json(data)
        return None if found is None or found.has_expired else found

    async def keep_client(self, issuer: str, client: ClientRegistration) -> None:
        """Store a registration."""
        await self._storage.put(_client_key(issuer), client.to_json())

    async def drop_client(self, issuer: str, client_id: str) -> None:
        """Remove a registration, unless another one has taken its place."""
        data = await self._storage.get(_client_key(issuer))
        if data is not None and data.get("client_id") == client_id:
            await self._storage.put(_client_key(issuer), None)


def _issuer_key(url: str) -> str:
    return f"issuer of {url}"


def _token_key(issuer: str, url: str) -> str:
    return f"token of {issuer} for {url}"


def _client_key(issuer: str) -> str:
    return f"client of {normal_issuer(issuer)}"
