"""Credentials for requests: a hook of two methods, and ready ones.

Knows HTTP and OAuth, and nothing of the protocol that it opens the door to.
"""

from .hooks import ApiKeyAuth, Auth, BearerAuth, Challenge, Outgoing
from .identity import ClientRegistration, PrivateKey
from .machine import ClientCredentials, EnterpriseAuth, WorkloadIdentity
from .oauth import OAuth
from .redirect import LoopbackRedirect, Receiver, Redirect
from .storage import FileStorage, MemoryStorage, TokenStorage

__all__ = [
    "ApiKeyAuth",
    "Auth",
    "BearerAuth",
    "Challenge",
    "ClientCredentials",
    "ClientRegistration",
    "EnterpriseAuth",
    "FileStorage",
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
