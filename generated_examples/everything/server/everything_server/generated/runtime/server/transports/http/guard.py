"""Who may talk to the endpoint from where: the Host and Origin headers, and CORS.

Browsers send Origin, and a page that rebinds its name to this address sends a foreign
Host; both are refused unless they are expected here.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#security--endpoint
"""

from __future__ import annotations

import re
from typing import Final

from aiohttp import hdrs, web

from ...incoming import Refused, refused
from ...settings import Settings
from .exchange import single

_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
_AUTHORITY: Final = re.compile(r"(\[[^\]]*\]|[^:]*)(?::([0-9]*|\*))?")
_EXPOSED: Final = "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate"
_REMEMBERED: Final = 1_000
_LONGEST_NAME: Final = 300


class Guard:
    """Checks a request's Host and Origin, and knows the headers that browsers need."""

    def __init__(self, settings: Settings) -> None:
        self._local = settings.host in ("127.0.0.1", "::1", "localhost")
        self._hosts = settings.allowed_hosts
        self._origins = settings.allowed_origins
        # A server that is open to the network and names no hosts accepts any: there is
        # nothing local to protect, and a proxy in front may use any name.
        self._any_host = "*" in self._hosts or not (self._local or self._hosts)
        self.known: Final[set[str | None]] = set()
        """Hosts that have been found to be expected here."""

    def check(self, request: web.BaseRequest) -> dict[str, str]:
        """The headers that the answer needs for browsers.

        Raises:
            Refused: Host or Origin is not expected here.
        """
        host = self.check_host(request)
        if hdrs.ORIGIN not in request.headers:
            return {}
        origin = single(request.headers, hdrs.ORIGIN) or ""
        if not self._is_known_origin(origin, host):
            raise _unexpected("Origin", origin, "allowed_origins", "--allowed-origins")
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": _EXPOSED,
            "Vary": "Origin",
        }

    def check_host(self, request: web.BaseRequest) -> str:
        """The host that a request is for, which has to be one that this server is.

        Raises:
            Refused: Host is not expected here.
        """
        host = host_of(request)
        if host not in self.known:
            self._check_host(host)
        return host

    def preflight(self, request: web.BaseRequest, methods: str) -> web.Response:
        """The answer to a browser that asks before it sends.

        Raises:
            Refused: Host or Origin is not expected here.
        """
        headers = self.check(request)
        if headers:
            wanted = request.headers.get("Access-Control-Request-Headers", "")
            headers["Access-Control-Allow-Methods"] = methods
            headers["Access-Control-Allow-Headers"] = (
                wanted if wanted and wanted.isascii() else "Content-Type"
            )
            headers["Access-Control-Max-Age"] = "600"
        return web.Response(status=204, headers={"Allow": methods, **headers})

    def _check_host(self, host: str) -> None:
        name, port = _split(host)
        known = (*self._hosts, *(_LOOPBACK if self._local else ()))
        if not self._any_host and not any(_matches(p, name, port) for p in known):
            raise _unexpected("Host", host, "allowed_hosts", "--allowed-hosts")
        if len(self.known) < _REMEMBERED and len(host) <= _LONGEST_NAME:
            self.known.add(host)

    def _is_known_origin(self, origin: str, host: str) -> bool:
        if not origin.isascii():
            return False
        if "*" in self._origins or origin in self._origins:
            return True
        scheme, _, rest = origin.partition("://")
        if scheme not in ("http", "https"):
            return False
        # The page's own host is fine once that host itself has been checked.
        if rest == host and not self._any_host:
            return True
        return self._local and _split(rest)[0] in _LOOPBACK


def host_of(request: web.BaseRequest) -> str:
    """The host that a request is for; a whole URL in its first line goes before Host.

    https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2

    Raises:
        Refused: Its first line says nothing of what it is for.
    """
    target = request.raw_path
    if not target:
        raise refused(400, "The request line has no target")
    if target.startswith(("/", "*")):
        return request.headers.get(hdrs.HOST, "")
    return request.url.raw_authority


def _split(host: str) -> tuple[str, str]:
    """Name and port; what is neither is a name as a whole, which nobody has."""
    parts = _AUTHORITY.fullmatch(host)
    return (host, "") if parts is None else (parts[1].lower(), parts[2] or "")


def _matches(pattern: str, name: str, port: str) -> bool:
    wanted_name, wanted_port = _split(pattern)
    return wanted_name == name and wanted_port in ("", "*", port)


def _unexpected(header: str, value: str, setting: str, option: str) -> Refused:
    variable = f"MCP_{setting.upper()}"
    return refused(
        403,
        f"{header} {value[:200]!r} is not allowed; the setting {setting} "
        f"({option} or {variable}) can allow it",
    )
