"""Asks a server that runs on this machine whether it is healthy, as containers do."""

from __future__ import annotations

import ssl
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from typing import Final

from .settings import Settings

FLAG: Final = "--health"
"""Makes the program ask a running server instead of being one."""

_SECONDS: Final = 3.0


def is_healthy(settings: Settings) -> bool:
    """Whether the server with these settings answers 200 at its health path.

    Without a health path it is enough that the server accepts a connection.
    """
    with closing(_connection(settings)) as connection:
        try:
            connection.connect()
            if not settings.health_path:
                return True
            connection.request("GET", settings.health_path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False


def _connection(settings: Settings) -> HTTPConnection:
    host = _reached_at(settings.host)
    if settings.tls_cert is None:
        return HTTPConnection(host, settings.port, timeout=_SECONDS)
    # The certificate names the public host, not this address, and no secret is sent.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return HTTPSConnection(host, settings.port, timeout=_SECONDS, context=context)


def _reached_at(host: str) -> str:
    """This machine's own address where a server listens on all of them."""
    try:
        address = ip_address(host)
    except ValueError:
        return host or "127.0.0.1"
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"
