"""Signing in with OAuth: hooks that get, renew and revoke tokens.

Knows HTTP and OAuth, and nothing of MCP.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .discovery import IssuerSettings
    from .identity import ClientRegistration, PrivateKey
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
            ".discovery": ("IssuerSettings",),
            ".identity": ("ClientRegistration", "PrivateKey"),
            ".machine": ("ClientCredentials", "EnterpriseAuth", "WorkloadIdentity"),
            ".provider": ("OAuth",),
            ".redirect": ("LoopbackRedirect", "Receiver", "Redirect"),
            ".storage": ("FileStorage", "MemoryStorage", "TokenStorage"),
        },
    )

__all__ = [
    "ClientCredentials",
    "ClientRegistration",
    "EnterpriseAuth",
    "FileStorage",
    "IssuerSettings",
    "LoopbackRedirect",
    "MemoryStorage",
    "OAuth",
    "PrivateKey",
    "Receiver",
    "Redirect",
    "TokenStorage",
    "WorkloadIdentity",
]
