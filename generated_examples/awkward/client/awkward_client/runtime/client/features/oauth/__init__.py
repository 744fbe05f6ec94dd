"""Credentials for requests: a hook of two methods, and ready ones.

Knows HTTP and OAuth, and nothing of the protocol that it opens the door to.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .hooks import ApiKeyAuth, Auth, BearerAuth, Challenge, Outgoing
    from .identity import ClientRegistration, PrivateKey
    from .issuers import IssuerSettings
    from .machine import ClientCredentials, EnterpriseAuth, WorkloadIdentity
    from .provider import OAuth
    from .redirect import LoopbackRedirect, Receiver, Redirect
    from .storage import FileStorage, MemoryStorage, TokenStorage
else:
    from ....core.lazy import lazily

    # Most clients need none of this, and it would be a third of what they import.
    __getattr__, __dir__ = lazily(
        __name__,
        {
            ".hooks": ("ApiKeyAuth", "Auth", "BearerAuth", "Challenge", "Outgoing"),
            ".identity": ("ClientRegistration", "PrivateKey"),
            ".machine": ("ClientCredentials", "EnterpriseAuth", "WorkloadIdentity"),
            ".issuers": ("IssuerSettings",),
            ".provider": ("OAuth",),
            ".redirect": ("LoopbackRedirect", "Receiver", "Redirect"),
            ".storage": ("FileStorage", "MemoryStorage", "TokenStorage"),
        },
    )

__all__ = [
    "ApiKeyAuth",
    "Auth",
    "BearerAuth",
    "Challenge",
    "ClientCredentials",
    "ClientRegistration",
    "EnterpriseAuth",
    "FileStorage",
    "IssuerSettings",
    "LoopbackRedirect",
    "MemoryStorage",
    "OAuth",
    "Outgoing",
    "PrivateKey",
    "Receiver",
    "Redirect",
    "TokenStorage",
    "WorkloadIdentity",
]
