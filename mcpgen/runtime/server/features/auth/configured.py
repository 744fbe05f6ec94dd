"""From settings and the manifest's choice to an authenticator.

What a setting leaves at its default, the manifest fills; what neither says is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...effective import LOOPBACK
from ...handlers.contract import Contract
from ...settings import Settings, SettingsError
from ..optional import optional
from .extras import AUTHENTICATORS

if TYPE_CHECKING:
    from .authenticator import Authenticator, AuthRequest


def configured(settings: Settings, contract: Contract) -> Authenticator | None:
    """The authenticator that settings choose; None for no authentication.

    Args:
        settings: From `effective`.
        contract: What the server offers.

    Raises:
        SettingsError: A setting that this kind needs is missing or can't be used.
    """
    if settings.auth in ("manifest", "none"):
        return None
    kind = settings.auth
    module = optional(f"auth.{AUTHENTICATORS[kind]}", f"auth {kind}", kind)
    everything = contract.scopes | {*settings.auth_scopes}
    try:
        made: Authenticator = module.configured(settings, everything)
        return made
    except ValueError as error:
        raise SettingsError(f"auth {settings.auth}: {error}") from None


class LocalOnly:
    """The authenticator of a server that no request reaches over the network."""

    async def authenticate(self, request: AuthRequest) -> None:
        """Know nobody."""
        return


def chosen_locally(settings: Settings) -> Authenticator | None:
    """What `configured` gives to a server over standard input and output.

    Nothing is verified there, so no setting of the authenticator need be there.
    """
    return None if settings.auth in ("manifest", "none") else LocalOnly()


def audience(settings: Settings) -> tuple[str, ...]:
    """The audiences that mean this server.

    Raises:
        ValueError: Nothing says what tokens for this server name.
    """
    # Fixed ones let what was verified once be recalled without asking which server it is.
    own = (settings.public_url,) if settings.public_url else ()
    known = settings.auth_audience or own
    if not (known or settings.host in LOOPBACK):
        raise ValueError(
            "beyond this machine, set public_url (--public-url or MCP_PUBLIC_URL) to the "
            "endpoint's URL as clients know it: tokens must be made for it"
        )
    if not settings.auth_issuer:
        raise ValueError("auth_issuer is missing: the authorization server's URL")
    return known


def client_secret(settings: Settings) -> str:
    """The secret of this server's client; empty where there is none."""
    secret = settings.auth_client_secret
    return "" if secret is None else secret.get_secret_value()
