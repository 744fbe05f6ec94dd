"""Signing in with OAuth: hooks that get, renew and revoke tokens.

Knows HTTP and OAuth, and nothing of MCP.
"""

from .discovery import IssuerSettings
from .identity import ClientRegistration, PrivateKey
from .machine import ClientCredentials, EnterpriseAuth, WorkloadIdentity
from .provider import OAuth
from .redirect import LoopbackRedirect, Receiver, Redirect
from .storage import FileStorage, MemoryStorage, TokenStorage

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
