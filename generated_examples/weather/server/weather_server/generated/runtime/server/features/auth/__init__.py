"""Authentication: the protocol for rules of one's own, and ready authenticators."""

# Sorted, each name would have an import statement of its own.
# isort: skip_file

from ....core.lazy import lazily as _lazily
from ...principal import Principal as Principal
from .authenticator import (
    AllOf as AllOf,
    Authenticator as Authenticator,
    AuthRequest as AuthRequest,
    FirstOf as FirstOf,
    Refusal as Refusal,
    Unavailable as Unavailable,
    bearer_token as bearer_token,
)
from .token import (  # feature: token
    StaticTokenAuthenticator as StaticTokenAuthenticator,  # feature: token
)  # feature: token

_FEATURES = {
    "GitHubAuthenticator": "github",
    "IntrospectionAuthenticator": "introspection",
    "JWTAuthenticator": "jwt",
    "MutualTLSAuthenticator": "mtls",
    "StaticTokenAuthenticator": "token",
    **dict.fromkeys(
        ("APIKey", "APIKeyAuthenticator", "make_api_key", "parse_entry"), "api-key"
    ),
}


__getattr__, __dir__ = _lazily(
    __name__, {}, absent={name: ("server", kind) for name, kind in _FEATURES.items()}
)
