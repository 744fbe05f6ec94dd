"""From settings and the manifest's choice to an authenticator.

What a setting leaves at its default, the manifest fills; what neither says is an error.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ...handlers.contract import Contract
from ...settings import Settings, SettingsError
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
    kind: str = settings.auth
    module = import_module(f"{__package__}.{AUTHENTICATORS[kind]}")
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
