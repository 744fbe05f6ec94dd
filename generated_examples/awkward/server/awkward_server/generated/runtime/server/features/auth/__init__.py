"""Authentication: the protocol for rules of one's own, and ready authenticators.

Each name is imported when it is first asked for: most servers need none or one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ....core.features import load
from ...principal import Principal

if TYPE_CHECKING:
    from .authenticator import (
        AllOf,
        Authenticator,
        AuthRequest,
        FirstOf,
        Refusal,
        Unavailable,
        bearer_token,
    )
    from .token import StaticTokenAuthenticator  # feature: token

__all__ = [
    "AllOf",
    "AuthRequest",
    "Authenticator",
    "FirstOf",
    "Principal",
    "Refusal",
    "StaticTokenAuthenticator",  # feature: token
    "Unavailable",
    "bearer_token",
]

_HOMES: Final = {
    "APIKey": "api_key",
    "APIKeyAuthenticator": "api_key",
    "AllOf": "authenticator",
    "AuthRequest": "authenticator",
    "Authenticator": "authenticator",
    "FirstOf": "authenticator",
    "GitHubAuthenticator": "github",
    "IntrospectionAuthenticator": "introspection",
    "JWTAuthenticator": "jwt",
    "MutualTLSAuthenticator": "mtls",
    "Refusal": "authenticator",
    "StaticTokenAuthenticator": "token",
    "Unavailable": "authenticator",
    "bearer_token": "authenticator",
    "make_api_key": "api_key",
    "parse_entry": "api_key",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    what, module = f"{__name__}.{name}", f"{__name__}.{home}"
    return getattr(load(module, what, "server", home.replace("_", "-")), name)
