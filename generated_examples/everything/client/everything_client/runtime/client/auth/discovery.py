"""Who issues tokens for a server: RFC 9728, then RFC 8414 or OpenID Connect Discovery.

What a server says about itself is believed only where it fits what was asked:
https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from ..errors import AuthError
from ..shapes import is_list
from . import web

if TYPE_CHECKING:
    import aiohttp


@dataclass(frozen=True, slots=True)
class Resource:
    """A server as its protected-resource metadata describes it.

    Attributes:
        identifier: What `resource` is in OAuth requests, exactly as published.
        issuer: The authorization server that is used.
        scopes: The scopes that it lists; None where it lists none.
        described: Whether there was metadata, or the revision 2025-03-26 is followed,
            where the server issues its own tokens.
    """

    identifier: str
    issuer: str
    scopes: tuple[str, ...] | None = None
    described: bool = True


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


async def find_resource(
    session: aiohttp.ClientSession, url: str, hint: str | None
) -> Resource:
    """What protects a server.

    Args:
        session: To ask with.
        url: The server's address.
        hint: The `resource_metadata` of its challenge.

    Raises:
        AuthError: The metadata speaks of another server, or names no issuer.
    """
    if hint:
        _check_inward(hint, "protected-resource metadata", url)
    for address in _resource_addresses(url, hint):
        answer = await web.get(session, address, "protected-resource metadata")
        if answer.status == 200 and answer.body:
            return _resource(url, address, answer.body)
    return Resource(url, origin(url), described=False)


async def find_authorization_server(
    session: aiohttp.ClientSession, resource: Resource
) -> AuthorizationServer:
    """The metadata of a resource's issuer.

    Raises:
        AuthError: There is none, or it is another issuer's.
    """
    issuer = resource.issuer
    web.check(issuer, "authorization server")
    _check_inward(issuer, "authorization server", resource.identifier)
    for address in _issuer_addresses(issuer):
        answer = await web.get(session, address, "authorization server's metadata")
        if answer.status == 200 and answer.body:
            return _authorization_server(issuer, address, answer.body)
    if not resource.described:
        # The paths that 2025-03-26 names for servers without metadata.
        return AuthorizationServer(
            issuer,
            f"{issuer}/token",
            f"{issuer}/authorize",
            f"{issuer}/register",
            auth_methods=(),
        )
    raise AuthError(
        "the authorization server publishes no metadata",
        url=issuer,
        method="GET",
        hint="It has to, by RFC 8414 or OpenID Connect Discovery",
    )


def _check_inward(address: str, what: str, said_by: str) -> None:
    """See that nobody out there makes this client ask this machine's own services.

    Raises:
        AuthError: The address is on this machine, and who named it is not.
    """
    inward = web.is_loopback(urlsplit(address).hostname)
    if inward and not web.is_loopback(urlsplit(said_by).hostname):
        raise AuthError(
            f"the {what} is on this machine, and the server is not",
            url=address,
            method="GET",
        )


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
    return Resource(identifier, issuers[0], _texts(body.get("scopes_supported")))


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
    if body.get("issuer") != issuer:
        raise AuthError(
            "the metadata is another issuer's, so it is not used",
            url=address,
            method="GET",
            hint="`issuer` has to be exactly what the server calls it",
        )
    token_endpoint = body.get("token_endpoint")
    if not isinstance(token_endpoint, str):
        raise AuthError("there is no token endpoint", url=address, method="GET")
    for member in ("token", "authorization", "registration"):
        endpoint = body.get(f"{member}_endpoint")
        if isinstance(endpoint, str):
            _check_inward(endpoint, f"{member} endpoint", issuer)
    methods = _texts(body.get("token_endpoint_auth_methods_supported"))
    challenges = _texts(body.get("code_challenge_methods_supported"))
    return AuthorizationServer(
        issuer,
        token_endpoint,
        _text(body.get("authorization_endpoint")),
        _text(body.get("registration_endpoint")),
        _texts(body.get("scopes_supported")),
        ("client_secret_basic",) if methods is None else methods,
        body.get("client_id_metadata_document_supported") is True,
        body.get("authorization_response_iss_parameter_supported") is True,
        "S256" in (challenges or ()),
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
