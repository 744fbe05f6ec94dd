"""Authentication: the protocol for rules of one's own, and ready authenticators.

Each name is imported when it is first asked for: most servers need none or one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ....core.features import load
from ...principal import Principal
from .extras import AUTHENTICATORS

if TYPE_CHECKING:
    from .authenticator import (
        AllOf,
        Authenticator,
        AuthRequest,
        FirstOf,
        Refusal,
        Unavailable,
    )
    from .bearer import bearer_token
    from .static import StaticTokenAuthenticator  # feature: token

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
    "APIKey": "api_keys",
    "APIKeyAuthenticator": "api_keys",
    "AllOf": "authenticator",
    "AuthRequest": "authenticator",
    "Authenticator": "authenticator",
    "FirstOf": "authenticator",
    "GitHubAuthenticator": "github",
    "IntrospectionAuthenticator": "introspection",
    "JWTAuthenticator": "jwt",
    "MutualTLSAuthenticator": "mutual_tls",
    "Refusal": "authenticator",
    "StaticTokenAuthenticator": "static",
    "Unavailable": "authenticator",
    "bearer_token": "bearer",
    "make_api_key": "api_keys",
    "parse_entry": "api_keys",
}

_FEATURES: Final = {module: kind for kind, module in AUTHENTICATORS.items()}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    what, module = f"{__name__}.{name}", f"{__name__}.{home}"
    return getattr(load(module, what, "server", _FEATURES.get(home, home)), name)
