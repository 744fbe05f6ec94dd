"""Settings of Streamable HTTP: where it listens, to whom, and what requests may cost."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from ...options.section import (
    Common,
    Section,
    at_least_one,
    served_path,
    served_path_or_off,
    split_url,
    url,
)
from .proxies import Proxies

ProxyHeaders: TypeAlias = Literal["x-forwarded", "forwarded"]

_HOST: Final = re.compile(
    r"\*|(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?:[0-9]{1,5}|\*))?"
)
_ORIGIN: Final = re.compile(
    r"([a-z][a-z0-9+.-]*)://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?"
)
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}


def _port(value: int) -> str | None:
    return None if value <= 65535 else f"{value} is not a port (0 to 65535)"


def _hosts(values: Iterable[str]) -> str | None:
    for value in values:
        if "://" in value:
            return f"{value!r} is a URL, not a host: {urlsplit(value).netloc!r}"
        if not _HOST.fullmatch(value):
            hint = "; an IPv6 address needs brackets" if value.count(":") > 1 else ""
            return f"{value!r} is not a host as name, name:port or name:*{hint}"
    return None


def _origins(values: Iterable[str]) -> str | None:
    for value in values:
        if value in ("*", "null"):
            continue
        found = _ORIGIN.fullmatch(value)
        if found is None:
            return (
                f"{value!r} can never match: browsers send scheme://name[:port], in "
                "lower case and without a path"
            )
        if found[2] is not None and found[2] == _DEFAULT_PORTS.get(found[1]):
            return f"{value!r} can never match: browsers leave out the port {found[2]}"
    return None


def _proxies(values: Iterable[str]) -> str | None:
    try:
        Proxies(values)
    except ValueError as error:
        return str(error).removeprefix("trusted_proxies: ")
    return None


@dataclass(frozen=True, kw_only=True)
class ListeningSettings(Section):
    """Where the server is."""

    title = "Listening"
    common: ClassVar[Common] = ("host", "port", "path", "tls_cert", "tls_key")

    host: Annotated[str, "address to listen on"] = "127.0.0.1"
    port: Annotated[int, "port to listen on; 0 takes a free one", _port] = 8000
    path: Annotated[str, "path of the MCP endpoint", served_path] = "/mcp"
    tls_cert: Annotated[Path | None, "certificate chain in PEM form; serves HTTPS"] = (
        None
    )
    tls_key: Annotated[Path | None, "private key of the certificate in PEM form"] = None
    health_path: Annotated[
        str, "answers 200 while the process runs; empty: off", served_path_or_off
    ] = "/healthz"
    ready_path: Annotated[
        str, "answers 200 until shutdown begins; empty: off", served_path_or_off
    ] = "/readyz"


def _public_url(value: str) -> str | None:
    parts = split_url(value)
    if not value or parts is None:
        return url(value)
    if parts.query or parts.fragment or "@" in parts.netloc:
        return f"{value!r} has a user, a query or a fragment"
    return None


@dataclass(frozen=True, kw_only=True)
class PublicSettings(Section):
    """Where clients know the server to be, for what has to tell them."""

    title = "Public URL"

    public_url: Annotated[
        str,
        "the endpoint's URL as clients know it; tokens, if any, must be made for it",
        _public_url,
    ] = ""


@dataclass(frozen=True, kw_only=True)
class AccessSettings(Section):
    """From where requests may come."""

    title = "Who may connect"
    common: ClassVar[Common] = (
        "allowed_hosts",
        "allowed_origins",
        "allow_anonymous",
        "trusted_proxies",
    )

    allowed_hosts: Annotated[
        tuple[str, ...],
        "further Host values to accept, as name, name:port or name:*; * accepts any",
        _hosts,
    ] = ()
    allowed_origins: Annotated[
        tuple[str, ...],
        "further browser origins to accept, as https://name[:port]; * accepts any",
        _origins,
    ] = ()
    allow_anonymous: Annotated[
        bool, "listen beyond this machine even without authentication"
    ] = False
    trusted_proxies: Annotated[
        tuple[str, ...],
        "trusted proxies (addresses or networks)",
        _proxies,
    ] = ()
    proxy_headers: Annotated[
        ProxyHeaders, "the headers that those proxies write: X-Forwarded-* or Forwarded"
    ] = "x-forwarded"


@dataclass(frozen=True, kw_only=True)
class ConnectionSettings(Section):
    """What a request and a connection may take."""

    title = "Requests and connections"
    common: ClassVar[Common] = ("max_body",)

    max_body: Annotated[int, "largest request body", at_least_one] = 4 * 1024 * 1024
    max_values: Annotated[
        int,
        "most members and elements, all together, in one request body",
        at_least_one,
    ] = 100_000
    body_timeout: Annotated[float, "time that a request body may take to arrive"] = 30.0
    connection_idle: Annotated[
        float,
        "time that a connection may take to its next complete request head, or take "
        "nothing of an answer",
    ] = 75.0
    max_connections: Annotated[
        int,
        "open connections; beyond it, those silent longest are closed; 0: what the "
        "limit of file descriptors leaves",
    ] = 0
    keep_alive: Annotated[
        float, "silence on a stream after which a comment is sent"
    ] = 15.0
