"""Fixed bearer tokens, for development and for tests."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import SecretStr

from ...options.section import Section
from ...principal import Principal
from .authenticator import AuthRequest, Deployment, Refusal, bearer_token, digest


@dataclass(frozen=True, kw_only=True)
class TokenSettings(Section):
    """Which fixed tokens count."""

    title = "Fixed tokens"
    feature = "token"

    auth_tokens: Annotated[
        tuple[SecretStr, ...], "bearer tokens that never change, for development"
    ] = ()


class StaticTokenAuthenticator:
    """Accepts some tokens that never change; all callers are the same principal."""

    def __init__(
        self,
        tokens: Iterable[str],
        *,
        subject: str = "developer",
        grants: frozenset[str] = frozenset(),
    ) -> None:
        """Keep the tokens' digests.

        Args:
            tokens: The tokens.
            subject: Who their bearers are.
            grants: The scopes that they have.

        Raises:
            ValueError: There is no token, or one that no header can carry.
        """
        given = list(tokens)
        if not given or not all(token.isascii() and token.strip() for token in given):
            raise ValueError("token needs auth_tokens of visible ASCII characters")
        self._digests = [digest(token) for token in given]
        self._principal = Principal(subject, "static", scopes=grants)

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """The tokens' bearer; see `Authenticator`."""
        token = bearer_token(request.headers)
        if token is None:
            return None
        own = digest(token)
        if not any([hmac.compare_digest(own, known) for known in self._digests]):  # noqa: C419  # all are compared, whichever it is
            raise Refusal("the token is not known")
        return self._principal


def configured(settings: TokenSettings, server: Deployment) -> StaticTokenAuthenticator:
    """The authenticator that settings ask for."""
    tokens = [token.get_secret_value() for token in settings.auth_tokens]
    return StaticTokenAuthenticator(tokens, grants=server.scopes)
