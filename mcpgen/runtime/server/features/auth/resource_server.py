"""The server as an OAuth resource server: access, and challenges where it is denied.

Challenges (RFC 6750), metadata (RFC 9728), the scopes that every request needs.
https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from ....core.errors import INVALID_REQUEST, ProtocolError
from ....core.jsonrpc import RequestId
from ...incoming import Incoming, Refused
from ...methods.registry import LiveCatalog
from ...principal import Principal
from ...service import Service
from ...settings import LOOPBACK, Settings, SettingsError
from ...transports.http.exchange import Exchange
from ...transports.http.guard import host_of
from ...transports.http.proxies import Proxies
from . import authenticator as authenticators
from .authenticator import Authenticator, AuthRequest, Deployment, Refusal, Unavailable
from .scopes import Implications, ScopeRequirements

_log: Final = logging.getLogger("mcp.auth")

_DESCRIPTION: Final = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")
"""What `error_description` may hold: https://www.rfc-editor.org/rfc/rfc6750#section-3"""
_USUAL: Final = authenticators.CREDENTIALS | {"cookie"}
_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
_MALFORMED: Final = (400, "invalid_request")
_INVALID: Final = (401, "invalid_token")
_IN_QUERY: Final = frozenset({"access_token", "token", "api_key", "apikey"})
WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"


@dataclass(frozen=True, slots=True)
class Resource:
    """What clients connect to; a token is made for one of them.

    Attributes:
        path: Its own path.
        public: Its URL as clients know it; empty where requests name the host.
    """

    path: str
    public: str

    @property
    def named(self) -> str:
        """Where its metadata is, as clients know the server."""
        return well_known(urlsplit(self.public).path if self.public else self.path)


def resources(settings: Settings) -> tuple[Resource, ...]:
    """The endpoint; then the event streams of HTTP+SSE, where the server has them.

    Clients of both compare what they connect to with the metadata, so each needs its own.
    """
    public, own = settings.public_url.rstrip("/"), settings.path.rstrip("/")
    sse: str = getattr(settings, "sse_path", "").rstrip("/")
    found = (Resource(settings.path, public),)
    if not sse or not public.endswith(own if public else ""):
        return found
    return (*found, Resource(sse, public and public.removesuffix(own) + sse))


def well_known(path: str) -> str:
    """Where the metadata of an endpoint is: no slash is left at its end.

    https://www.rfc-editor.org/rfc/rfc9728#section-3.1
    """
    return WELL_KNOWN + path.rstrip("/")


class ResourceServer:
    """Lets requests of known principals in."""

    def __init__(
        self,
        authenticator: Authenticator,
        settings: Settings,
        scopes: Iterable[str],
        needed: Callable[[object, object], tuple[str, ...]],
    ) -> None:
        """Prepare.

        Args:
            authenticator: What identifies the caller of a request.
            settings: How the server is run.
            scopes: All that its tools, prompts and resources ask for.
            needed: Which of them a method with its parameters asks for.

        Raises:
            ValueError: A setting can't be used.
        """
        self._authenticator = authenticator
        self._recall = authenticators.recall_of(authenticator) or _recall_nobody
        self.needed: Final = needed
        """The scopes that a JSON-RPC request needs, beside those that every one does."""
        self._resources = resources(settings)
        self._public = settings.public_url.rstrip("/")
        self._public_uris = tuple(r.public for r in self._resources if r.public)
        self._issuer = settings.auth_issuer
        self._proxies = Proxies(settings.trusted_proxies, settings.proxy_headers)
        implies = settings.auth_implies
        self._implications = Implications(implies) if implies else None
        self.hides_forbidden = settings.auth_hide_forbidden
        self._needed = settings.auth_scopes
        self._local_scopes = settings.stdio_scopes or (*scopes, *settings.auth_scopes)
        self._all_scopes = sorted({*scopes, *settings.auth_scopes})
        self._audiences: dict[object, tuple[str, ...]] = {}
        headers = authenticators.credential_headers(authenticator)
        shows_all = settings.auth_pass_credentials
        self._hidden = frozenset[str]() if shows_all else headers
        named = sorted(headers - _USUAL)
        self._required = "Authorization is required" + (
            f", in the header {' or '.join(named)}" if named else ""
        )
        self._keys = "".join(f', ApiKey header="{name}"' for name in named)
        self._local = settings.host in LOOPBACK
        served = self._resources if self._issuer else ()
        self.named: Final = tuple(each.named for each in served)
        """Where the metadata is, as clients know the server."""
        # Clients may also go by the endpoint's own path as it is.
        own = [p for r in served for p in (well_known(r.path), WELL_KNOWN + r.path)]
        self.paths: Final = (
            tuple(dict.fromkeys((WELL_KNOWN, *self.named, *own))) if served else ()
        )
        """Where the metadata is served; nowhere without an authorization server."""

    def local_principal(self) -> Principal:
        """Who started the process, with the scopes of `stdio_scopes`: all by default."""
        return Principal("local", scopes=frozenset(self._local_scopes))

    async def admit(self, exchange: Exchange) -> str:
        """Find out who sends a request; the principal's key.

        Raises:
            Refused: 401 without good credentials, 403 without the scopes that every
                request needs, 400 for tokens in the query, 503 when nobody can tell.
        """
        request = exchange.request
        if "?" in request.raw_path and _IN_QUERY & request.query.keys():
            problem = "Credentials belong into headers, not into the query"
            raise self._refused(exchange, *_MALFORMED, problem)
        try:
            principal = self._recall(request.headers)
            if principal is None:
                principal = await self._authenticator.authenticate(
                    AuthRequest(
                        request.headers,
                        request.remote,
                        self._public_uris or partial(self._own_uris, request),
                        request.transport,
                    )
                )
        except Refusal as refusal:
            _log.info("%s: %s", request.remote, refusal.reason)
            status, code = _MALFORMED if refusal.malformed else _INVALID
            raise self._refused(exchange, status, code, refusal.reason) from None
        except Unavailable as error:
            unknown = ProtocolError(INVALID_REQUEST, str(error))
            raise Refused(503, unknown, {"Retry-After": "5"}) from None
        if principal is None:
            raise self._refused(exchange, 401, None, self._required)
        principal = exchange.principal = self.extended(principal)
        exchange.hidden = self._hidden
        self.require_common(exchange)
        return principal.key

    def extended(self, principal: Principal) -> Principal:
        """A principal with all scopes that its own imply."""
        implications = self._implications
        return implications.extend(principal) if implications else principal

    def require_common(self, incoming: Incoming) -> None:
        """Refuse a sender that lacks one of the scopes that every request needs.

        Raises:
            Refused: 403; it names all of them.
        """
        if self._needed:
            self.require(incoming, self._needed)

    def require(
        self,
        incoming: Incoming,
        scopes: Sequence[str],
        request_id: RequestId | None = None,
    ) -> None:
        """Refuse a request whose sender lacks one of the scopes that it needs.

        Args:
            incoming: Who sends it.
            scopes: What the JSON-RPC requests in it need; see `needed`.
            request_id: What the refusal answers.

        Raises:
            Refused: 403; it names all scopes that are needed.
        """
        principal = incoming.principal
        if principal is not None and principal.scopes.issuperset(scopes):
            return
        needed = tuple(dict.fromkeys((*self._needed, *scopes)))
        reason = f"This needs the scopes: {' '.join(needed)}"
        refusal = self._refused(incoming, 403, "insufficient_scope", reason, needed)
        refusal.request_id = request_id
        raise refusal

    def metadata(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request for the metadata.

        https://www.rfc-editor.org/rfc/rfc9728#section-3
        """
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=300"}
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = "GET, OPTIONS"
            headers["Access-Control-Allow-Headers"] = "MCP-Protocol-Version"
            return web.Response(status=204, headers=headers)
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers={"Allow": "GET, OPTIONS"})
        origin = self._origin(request)
        if origin is None:
            return web.Response(status=400, text="The Host header is not valid")
        if not self._public:
            headers["Vary"] = "Host, Forwarded, X-Forwarded-Host, X-Forwarded-Proto"
        resource = self._described(request.path)
        document: dict[str, Any] = {
            "resource": resource.public or origin + resource.path,
            "authorization_servers": [self._issuer],
            "bearer_methods_supported": ["header"],
        }
        if self._all_scopes:
            document["scopes_supported"] = self._all_scopes
        return web.json_response(document, headers=headers)

    async def close(self) -> None:
        """Let the authenticator go."""
        await authenticators.close(self._authenticator)

    def _refused(
        self,
        incoming: Incoming,
        status: int,
        error: str | None,
        reason: str,
        scopes: Sequence[str] | None = None,
    ) -> Refused:
        parts = [] if error is None else [f'error="{error}"']
        if error is not None and _DESCRIPTION.fullmatch(reason):
            parts.append(f'error_description="{reason}"')
        needed = self._needed if scopes is None else scopes
        if needed:
            parts.append(f'scope="{" ".join(needed)}"')
        origin, named = None, ""
        if self._issuer and isinstance(incoming, Exchange):
            origin = self._origin(incoming.request)
            named = self._resources[-1 if incoming.over_sse else 0].named
        if origin is not None:
            parts.append(f'resource_metadata="{origin}{named}"')
        challenge = f"Bearer {', '.join(parts)}" if parts else "Bearer"
        if status == 401:
            challenge += self._keys
        problem = ProtocolError(INVALID_REQUEST, reason)
        return Refused(status, problem, {"WWW-Authenticate": challenge})

    def _described(self, path: str) -> Resource:
        """What the metadata at a path is about; below a prefix, too."""
        endpoint, *others = self._resources
        for other in others:
            if path.rstrip("/").endswith((other.named, well_known(other.path))):
                return other
        return endpoint

    def _origin(self, request: web.BaseRequest) -> str | None:
        """The server's scheme and host as clients see them."""
        if self._public:
            scheme, _, rest = self._public.partition("://")
            return f"{scheme}://{rest.partition('/')[0]}"
        seen = self._proxies.seen(
            request.headers, request.scheme, request.remote, host_of(request)
        )
        return None if seen.host is None else f"{seen.scheme}://{seen.host}"

    def _own_uris(self, request: web.BaseRequest) -> tuple[str, ...]:
        """What tokens may name as their audience.

        Never what a request says: a client with a token for another server could send
        that server's name along.
        """
        if not self._local or request.transport is None:
            return ()
        address: tuple[str, int] | str = request.transport.get_extra_info("sockname")
        known = self._audiences.get(address)
        if known is None:
            port = address[1] if isinstance(address, tuple) else 80
            known = self._audiences[address] = tuple(
                f"{request.scheme}://{name}:{port}{each.path}"
                for each in self._resources
                for name in _NAMES
            )
        return known


def _recall_nobody(headers: Mapping[str, str]) -> Principal | None:
    return None


def build(
    service: Service, settings: Settings, catalog: LiveCatalog, *, local: bool
) -> ResourceServer | None:
    """Who gets in; see `table.build_authentication`."""
    scopes = service.contract.scopes
    if "sse" not in service.contract.transports and hasattr(settings, "sse_path"):
        # No tokens are made for event streams that are not served.
        off: dict[str, Any] = {"sse_path": ""}
        settings = replace(settings, **off)
    authenticator = service.authenticator(_chosen(settings, scopes, local))
    if authenticator is None:
        return None
    needed = ScopeRequirements(catalog, settings.max_subscriptions).of
    try:
        return ResourceServer(authenticator, settings, scopes, needed)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _chosen(
    settings: Settings, scopes: frozenset[str], local: bool
) -> Authenticator | None:
    """The authenticator that settings choose; None for no authentication."""
    kind: str = settings.auth
    if kind in ("manifest", "none"):
        return None
    if local:
        # Nothing is verified there, so no setting of the authenticator need be there.
        return LocalOnly()
    module = import_module(f"{__package__}.{kind.replace('-', '_')}")
    deployment = Deployment(
        scopes | {*settings.auth_scopes},
        settings.auth_issuer,
        tuple(each.public for each in resources(settings) if each.public),
        settings.host in LOOPBACK,
    )
    try:
        made: Authenticator = module.configured(settings, deployment)
        return made
    except ValueError as error:
        raise SettingsError(f"auth {kind}: {error}") from None


class LocalOnly:
    """The authenticator of a server that no request reaches over the network."""

    async def authenticate(self, request: AuthRequest) -> None:
        """Know nobody."""
        return
