"""Authentication: the protocol for rules of one's own, and ready authenticators."""

# Sorted, each name would have an import statement of its own.
# isort: skip_file

from ....core.lazy import lazily as _lazily
from ...principal import Principal as Principal
from .api_key import (  # feature: api-key
    APIKey as APIKey,  # feature: api-key
    APIKeyAuthenticator as APIKeyAuthenticator,  # feature: api-key
    make_api_key as make_api_key,  # feature: api-key
    parse_entry as parse_entry,  # feature: api-key
)  # feature: api-key
from .authenticator import (
    AllOf as AllOf,
    Authenticator as Authenticator,
    AuthRequest as AuthRequest,
    FirstOf as FirstOf,
    Refusal as Refusal,
    Unavailable as Unavailable,
    bearer_token as bearer_token,
)
from .github import GitHubAuthenticator as GitHubAuthenticator  # feature: github
from .introspection import (  # feature: introspection
    IntrospectionAuthenticator as IntrospectionAuthenticator,  # feature: introspection
)  # feature: introspection
from .jwt import JWTAuthenticator as JWTAuthenticator  # feature: jwt
from .mtls import MutualTLSAuthenticator as MutualTLSAuthenticator  # feature: mtls
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
