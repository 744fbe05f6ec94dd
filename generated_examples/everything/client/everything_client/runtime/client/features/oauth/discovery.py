"""Who issues tokens for a server: RFC 9728, then RFC 8414 or OpenID Connect Discovery.

What a server says about itself is believed only where it fits what was asked:
https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from ...errors import AuthError
from ...shapes import is_list
from . import web
from .addresses import (
    Exceptions,
    Place,
    Reach,
    is_loopback,
    most_public,
    normal_host,
    place_of_server,
)
from .issuers import IssuerSettings, same_issuer

if TYPE_CHECKING:
    import aiohttp

logger: Final = logging.getLogger(__name__)


MOST_ISSUERS: Final = 8
"""Authorization servers of one server that are tried."""


class UnusableServerError(AuthError):
    """This authorization server cannot be used; another one perhaps can."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A server as its protected-resource metadata describes it.

    Attributes:
        identifier: What `resource` is in OAuth requests, exactly as published.
        issuer: The authorization server that is used.
        scopes: The scopes that it lists; None where it lists none.
        described: Whether there was metadata, or the revision 2025-03-26 is followed,
            where the server issues its own tokens.
        others: Further authorization servers, in the server's order.
        reach: Where this server may lead a client; None derives it from `identifier`.
    """

    identifier: str
    issuer: str
    scopes: tuple[str, ...] | None = None
    described: bool = True
    others: tuple[str, ...] = ()
    reach: Reach | None = None

    @property
    def issuers(self) -> tuple[str, ...]:
        """All authorization servers, in the server's order."""
        return (self.issuer, *self.others)


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """Where tokens come from.

    Attributes:
        issuer: Its identifier.
        authorization_endpoint: Where the user consents; None where there is no such.
        token_endpoint: Where tokens are issued.
        registration_endpoint: Where clients register themselves, if they can.
        scopes: The scopes that it lists; None where it lists none.
        auth_methods: How clients may authenticate at the token endpoint.
        takes_metadata_documents: Whether a URL can be a client's identifier.
        sends_issuer: Whether its authorization responses say who it is (RFC 9207).
        pkce: Whether it lists S256 among its code challenge methods.
        revocation_endpoint: Where tokens are revoked (RFC 7009), if they can be.
        settings: What the user has set for it.
        reach: Where requests to it may lead; None sets no limit.
    """

    issuer: str
    token_endpoint: str
    authorization_endpoint: str | None = None
    registration_endpoint: str | None = None
    scopes: tuple[str, ...] | None = None
    auth_methods: tuple[str, ...] = field(default=("client_secret_basic",))
    takes_metadata_documents: bool = False
    sends_issuer: bool = False
    pkce: bool = True
    revocation_endpoint: str | None = None
    settings: IssuerSettings = field(default_factory=IssuerSettings)
    reach: Reach | None = None


async def find_resource(
    session: aiohttp.ClientSession,
    url: str,
    hint: str | None,
    exceptions: Exceptions = (),
) -> Resource:
    """What protects a server.

    Args:
        session: To ask with.
        url: The server's address.
        hint: The `resource_metadata` of its challenge. One that is no URL, or none that
            can be trusted, is passed over: the well-known paths are tried.
        exceptions: Private hosts that the server may lead to.

    Raises:
        AuthError: The metadata speaks of another server, or names no issuer, or a
            token for the server would travel without TLS.
    """
    web.check(url, "MCP server")
    what = "protected-resource metadata"
    place = await place_of_server(url)
    reach = Reach.of(place, exceptions)
    hint = await _usable_hint(url, hint, reach, what)
    for address in _resource_addresses(url, hint):
        answer = await web.get(session, address, what, reach)
        if answer.status == 200 and answer.body:
            if _same_host(address, url):
                place = most_public([place, answer.place])
            reach = Reach.of(place, exceptions)
            return replace(_resource(url, address, answer.body), reach=reach)
    return Resource(url, origin(url), described=False, reach=reach)


async def _usable_hint(
    url: str, hint: str | None, reach: Reach, what: str
) -> str | None:
    """The address of the metadata that a challenge names, if it is one.

    Raises:
        AuthError: It leads to where the server may not lead a client.
    """
    if hint is None:
        return None
    parts = urlsplit(hint)
    if not parts.scheme or not parts.hostname:
        logger.warning("resource_metadata is no absolute URL; the usual place is tried")
        return None
    if not _same_host(hint, url) and not is_loopback(urlsplit(url).hostname):
        # The name of a server can be made to stand for this machine at any time.
        reach = reach.without(Place.LOOPBACK)
    await reach.check(hint, what)
    try:
        return web.check(hint, what)
    except AuthError as error:
        logger.warning("%s; the usual place is tried", error.told)
        return None


def _same_host(one: str, other: str) -> bool:
    hosts = [urlsplit(url).hostname or "" for url in (one, other)]
    return normal_host(hosts[0]) == normal_host(hosts[1])


async def find_authorization_server(
    session: aiohttp.ClientSession, resource: Resource, exceptions: Exceptions = ()
) -> AuthorizationServer:
    """The metadata of a resource's issuer.

    Raises:
        AuthError: There is none, or it is another issuer's.
    """
    issuer = resource.issuer
    reach = resource.reach
    if reach is None:
        place = await place_of_server(resource.identifier)
        reach = Reach.of(place, exceptions)
    await reach.check(issuer, "authorization server")
    web.check(issuer, "authorization server")
    place = await place_of_server(issuer)
    what = "authorization server's metadata"
    for address in _issuer_addresses(issuer):
        answer = await web.get(session, address, what, reach)
        if answer.status == 200 and answer.body:
            place = most_public([place, answer.place])
            found = _authorization_server(issuer, address, answer.body)
            found = replace(found, reach=Reach.of(place, exceptions))
            await _check_endpoints(found)
            return found
    if not resource.described:
        # The paths that 2025-03-26 names for servers without metadata.
        return AuthorizationServer(
            issuer,
            f"{issuer}/token",
            f"{issuer}/authorize",
            f"{issuer}/register",
            auth_methods=(),
            reach=reach,
        )
    raise AuthError(
        "the authorization server publishes no metadata",
        url=issuer,
        method="GET",
        hint="It has to, by RFC 8414 or OpenID Connect Discovery",
    )


async def _check_endpoints(server: AuthorizationServer) -> None:
    """See that an authorization server leads nowhere inward.

    Raises:
        AuthError: An endpoint is out of its reach.
    """
    assert server.reach is not None
    for what, endpoint in (
        ("token endpoint", server.token_endpoint),
        ("authorization endpoint", server.authorization_endpoint),
        ("registration endpoint", server.registration_endpoint),
        ("revocation endpoint", server.revocation_endpoint),
    ):
        if endpoint is not None:
            await server.reach.check(endpoint, what)


def _resource_addresses(url: str, hint: str | None) -> Iterator[str]:
    if hint:
        yield hint
    parts = urlsplit(url)
    well_known = "/.well-known/oauth-protected-resource"
    path = parts.path.rstrip("/")
    if path:
        yield urlunsplit((parts.scheme, parts.netloc, well_known + path, "", ""))
    yield urlunsplit((parts.scheme, parts.netloc, well_known, "", ""))


def _issuer_addresses(issuer: str) -> Iterator[str]:
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")

    def at(path: str) -> str:
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))

    yield at(f"/.well-known/oauth-authorization-server{path}")
    yield at(f"/.well-known/openid-configuration{path}")
    if path:
        yield at(f"{path}/.well-known/openid-configuration")


def _resource(url: str, address: str, body: Mapping[str, Any]) -> Resource:
    identifier = body.get("resource")
    if not isinstance(identifier, str) or not _covers(identifier, url):
        raise AuthError(
            "the server's metadata is about another resource, so it gets no token",
            url=address,
            method="GET",
            hint="Its `resource` has to be the server's own address",
        )
    issuers = _texts(body.get("authorization_servers"))
    if not issuers:
        raise AuthError(
            "the server's metadata names no authorization server",
            url=address,
            method="GET",
        )
    return Resource(
        identifier,
        issuers[0],
        _texts(body.get("scopes_supported")),
        others=issuers[1:MOST_ISSUERS],
    )


def _covers(identifier: str, url: str) -> bool:
    """Whether a resource identifier is a server's address, or a folder above it."""
    one, other = urlsplit(identifier), urlsplit(url)
    if one.fragment or (origin(identifier) != origin(url)):
        return False
    folder = one.path.rstrip("/")
    return other.path == folder or other.path.startswith(f"{folder}/") or not folder


def _authorization_server(
    issuer: str, address: str, body: Mapping[str, Any]
) -> AuthorizationServer:
    named = body.get("issuer")
    if not isinstance(named, str) or not same_issuer(named, issuer):
        raise AuthError(
            "the metadata is another issuer's, so it is not used",
            url=address,
            method="GET",
            hint="`issuer` has to be exactly what the server calls it",
        )
    token_endpoint = body.get("token_endpoint")
    if not isinstance(token_endpoint, str):
        raise AuthError("there is no token endpoint", url=address, method="GET")
    methods = _texts(body.get("token_endpoint_auth_methods_supported"))
    challenges = _texts(body.get("code_challenge_methods_supported"))
    return AuthorizationServer(
        named,
        token_endpoint,
        _text(body.get("authorization_endpoint")),
        _text(body.get("registration_endpoint")),
        _texts(body.get("scopes_supported")),
        ("client_secret_basic",) if methods is None else methods,
        body.get("client_id_metadata_document_supported") is True,
        body.get("authorization_response_iss_parameter_supported") is True,
        "S256" in (challenges or ()),
        _text(body.get("revocation_endpoint")),
    )


def origin(url: str) -> str:
    """Scheme, host and port in their one form (RFC 3986, section 6.2)."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme.lower()}://{host}{port}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...] | None:
    if not is_list(value):
        return None
    return tuple(item for item in value if isinstance(item, str))
