"""Who issues tokens for a server: RFC 9728, then RFC 8414 or OpenID Connect Discovery.

What a server says about itself is believed only where it fits what was asked:
https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from ...errors import AuthError
from ...incoming import is_list, text
from .web import (
    ANYWHERE,
    Answer,
    Exceptions,
    OAuthError,
    Place,
    Reach,
    check_secure,
    fetch,
    is_loopback,
    normal_host,
    place_of_server,
)

if TYPE_CHECKING:
    import aiohttp

logger: Final = logging.getLogger(__name__)

MOST_ISSUERS: Final = 8
"""Authorization servers of one server that are tried."""
_RESERVED: Final = frozenset(
    {
        *("client_id", "code_challenge", "code_challenge_method", "redirect_uri"),
        *("resource", "response_type", "scope", "state"),
    }
)


class UnusableServerError(OAuthError):
    """This authorization server cannot be used; another one perhaps can."""


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """Exceptions for one authorization server, all off by default.

    Attributes:
        assume_pkce: Use PKCE although the metadata does not list S256 among
            `code_challenge_methods_supported` (Entra, Cognito).
        resource: What to send as `resource` (RFC 8707); None leaves it out, which Entra
            needs; `...` sends what the MCP server publishes.
        parameters: Further parameters of the authorization request, such as
            `{"audience": "https://api.example"}`.

    Raises:
        ValueError: A parameter is one that this client sets itself.
    """

    assume_pkce: bool = False
    resource: str | EllipsisType | None = ...
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        reserved = sorted(_RESERVED & self.parameters.keys())
        if reserved:
            raise ValueError(
                f"`parameters` cannot set {', '.join(reserved)}: "
                "the client sets that itself"
            )

    def resource_for(self, identifier: str) -> str | None:
        """What to send as `resource` for a server with this identifier."""
        return identifier if isinstance(self.resource, EllipsisType) else self.resource


@dataclass(frozen=True, slots=True)
class Resource:
    """A server as its protected-resource metadata describes it.

    Attributes:
        session: Asks it, and its authorization servers.
        identifier: What `resource` is in OAuth requests, exactly as published.
        issuers: Its authorization servers, in its order.
        scopes: The scopes that it lists; None where it lists none.
        described: Whether there was metadata, or the revision 2025-03-26 is followed,
            where the server issues its own tokens.
        reach: Where this server may lead a client; None derives it from `identifier`.
    """

    session: aiohttp.ClientSession = field(repr=False)
    identifier: str
    issuers: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    described: bool = True
    reach: Reach | None = None


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """Where tokens come from.

    Attributes:
        issuer: Its identifier.
        authorization_endpoint: Where the user consents; None where there is no such.
        token_endpoint: Where tokens are issued.
        registration_endpoint: Where clients register themselves, if they can.
        revocation_endpoint: Where tokens are revoked (RFC 7009), if they can be.
        scopes: The scopes that it lists; None where it lists none.
        auth_methods: How clients may authenticate at the token endpoint.
        takes_metadata_documents: Whether a URL can be a client's identifier.
        sends_issuer: Whether its authorization responses say who it is (RFC 9207).
        pkce: Whether it lists S256 among its code challenge methods.
        settings: What the user has set for it.
        reach: Where requests to it may lead.
    """

    issuer: str
    token_endpoint: str
    authorization_endpoint: str | None = None
    registration_endpoint: str | None = None
    revocation_endpoint: str | None = None
    scopes: tuple[str, ...] | None = None
    auth_methods: tuple[str, ...] = ("client_secret_basic",)
    takes_metadata_documents: bool = False
    sends_issuer: bool = False
    pkce: bool = True
    settings: IssuerSettings = field(default_factory=IssuerSettings)
    reach: Reach = ANYWHERE


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
    check_secure(url, "MCP server")
    what = "protected-resource metadata"
    place = await place_of_server(url)
    reach = Reach.of(place, exceptions)
    well_known = "/.well-known/oauth-protected-resource"
    addresses = [_at(url, well_known)]
    if path := urlsplit(url).path.rstrip("/"):
        addresses.insert(0, _at(url, well_known + path))
    if hint is not None and await _is_usable(hint, url, reach, what):
        addresses.insert(0, hint)
    answer = await _first(session, addresses, what, reach)
    if answer is None:
        return Resource(session, url, (origin(url),), described=False, reach=reach)
    if _host(answer.url) == _host(url):
        reach = Reach.of(min(place, answer.place or place), exceptions)
    identifier = answer.body.get("resource")
    if not isinstance(identifier, str) or not _covers(identifier, url):
        raise OAuthError(
            "the server's metadata is about another resource, so it gets no token",
            answer.url,
            hint="Its `resource` has to be the server's own address",
        )
    issuers = _texts(answer.body.get("authorization_servers"))
    if not issuers:
        problem = "the server's metadata names no authorization server"
        raise OAuthError(problem, answer.url)
    scopes = _texts(answer.body.get("scopes_supported"))
    return Resource(session, identifier, issuers[:MOST_ISSUERS], scopes, reach=reach)


async def _first(
    session: aiohttp.ClientSession, addresses: Iterable[str], what: str, reach: Reach
) -> Answer | None:
    """The first document at some addresses."""
    for address in addresses:
        answer = await fetch(session, address, what, reach)
        if answer.status == 200 and answer.body:
            return answer
    return None


async def _is_usable(hint: str, url: str, reach: Reach, what: str) -> bool:
    """Whether what a challenge names can be the metadata's address.

    Raises:
        AuthError: It leads to where the server may not lead a client.
    """
    if not urlsplit(hint).scheme or not _host(hint):
        logger.warning("resource_metadata is no absolute URL; the usual place is tried")
        return False
    if _host(hint) != _host(url) and not is_loopback(urlsplit(url).hostname):
        # The name of a server can be made to stand for this machine at any time.
        reach = replace(reach, places=reach.places - {Place.LOOPBACK})
    await reach.check(hint, what)
    try:
        check_secure(hint, what)
    except AuthError as error:
        logger.warning("%s; the usual place is tried", error.summary)
        return False
    return True


async def find_authorization_server(
    resource: Resource, issuer: str, exceptions: Exceptions = ()
) -> AuthorizationServer:
    """The metadata of one of a resource's issuers.

    Raises:
        AuthError: There is none, or it is another issuer's, or leads inward.
    """
    reach = resource.reach
    if reach is None:
        reach = Reach.of(await place_of_server(resource.identifier), exceptions)
    await reach.check(issuer, "authorization server")
    check_secure(issuer, "authorization server")
    place = await place_of_server(issuer)
    path = urlsplit(issuer).path.rstrip("/")
    addresses = [
        _at(issuer, f"/.well-known/oauth-authorization-server{path}"),
        _at(issuer, f"/.well-known/openid-configuration{path}"),
        _at(issuer, f"{path}/.well-known/openid-configuration"),
    ]
    what = "authorization server's metadata"
    answer = await _first(resource.session, dict.fromkeys(addresses), what, reach)
    if answer is not None:
        reach = Reach.of(min(place, answer.place or place), exceptions)
        found = _authorization_server(issuer, answer, reach)
        for kind in ("token", "authorization", "registration", "revocation"):
            endpoint = getattr(found, f"{kind}_endpoint")
            if endpoint is not None:
                await reach.check(endpoint, f"{kind} endpoint")
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
    raise OAuthError(
        "the authorization server publishes no metadata",
        issuer,
        hint="It has to, by RFC 8414 or OpenID Connect Discovery",
    )


def _covers(identifier: str, url: str) -> bool:
    """Whether a resource identifier is a server's address, or a folder above it."""
    one, other = urlsplit(identifier), urlsplit(url)
    if one.fragment or (origin(identifier) != origin(url)):
        return False
    return f"{other.path}/".startswith(f"{one.path.rstrip('/')}/")


def _authorization_server(
    issuer: str, answer: Answer, reach: Reach
) -> AuthorizationServer:
    body, address = answer.body, answer.url
    named = body.get("issuer")
    if not isinstance(named, str) or not same_issuer(named, issuer):
        raise OAuthError(
            "the metadata is another issuer's, so it is not used",
            address,
            hint="`issuer` has to be exactly what the server calls it",
        )
    token_endpoint = body.get("token_endpoint")
    if not isinstance(token_endpoint, str):
        raise OAuthError("there is no token endpoint", address)
    methods = _texts(body.get("token_endpoint_auth_methods_supported"))
    challenges = _texts(body.get("code_challenge_methods_supported"))
    return AuthorizationServer(
        named,
        token_endpoint,
        text(body.get("authorization_endpoint")),
        text(body.get("registration_endpoint")),
        text(body.get("revocation_endpoint")),
        _texts(body.get("scopes_supported")),
        ("client_secret_basic",) if methods is None else methods,
        body.get("client_id_metadata_document_supported") is True,
        body.get("authorization_response_iss_parameter_supported") is True,
        "S256" in (challenges or ()),
        reach=reach,
    )


def origin(url: str) -> str:
    """Scheme, host and port in their one form (RFC 3986, section 6.2)."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme.lower()}://{host}{port}"


def normal_issuer(issuer: str) -> str:
    """An issuer without the slash after a bare host (RFC 8414, section 3.1)."""
    parts = urlsplit(issuer)
    is_bare = parts.path == "/" and not parts.query and not parts.fragment
    return issuer.removesuffix("/") if is_bare else issuer


def same_issuer(one: str, other: str) -> bool:
    """Whether two identifiers name one issuer; only that slash may differ."""
    return normal_issuer(one) == normal_issuer(other)


def _at(url: str, path: str) -> str:
    """An address on the same host."""
    return urlunsplit((*urlsplit(url)[:2], path, "", ""))


def _host(url: str) -> str:
    return normal_host(urlsplit(url).hostname or "")


def _texts(value: object) -> tuple[str, ...] | None:
    if not is_list(value):
        return None
    return tuple(item for item in value if isinstance(item, str))
