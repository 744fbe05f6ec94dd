"""Registering a client with an authorization server by itself (RFC 7591)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import web
from .discovery import AuthorizationServer, UnusableServerError
from .grants import refusal
from .identity import SECRET_METHODS, ClientRegistration

if TYPE_CHECKING:
    import aiohttp


async def register(
    session: aiohttp.ClientSession,
    server: AuthorizationServer,
    name: str,
    uri: str,
    scopes: tuple[str, ...],
) -> ClientRegistration:
    """The registration of a new client.

    Args:
        session: To ask with.
        server: The authorization server.
        name: What users read when they consent.
        uri: The redirect address.
        scopes: What the client will ask for. A server that refuses a client with them
            (as Keycloak may) is asked for one without.

    Raises:
        UnusableServerError: The server registers no clients, or not this one.
    """
    url = server.registration_endpoint
    if url is None:
        raise UnusableServerError(
            "this client is not known to the authorization server, and can't "
            "register itself",
            url=server.issuer,
            method="GET",
            hint="Register it there, and pass client=ClientRegistration(...)",
        )
    document: dict[str, Any] = {
        "client_name": name,
        "redirect_uris": [uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": _preferred(server),
        "application_type": "web" if uri.startswith("https:") else "native",
    }
    sent = {**document, "scope": " ".join(scopes)} if scopes else document
    answer = await _post(session, server, url, sent)
    first = answer
    if scopes and 400 <= answer.status < 500 and answer.status != 429:
        answer = await _post(session, server, url, document)
        scopes = ()
    client_id = answer.body.get("client_id")
    if answer.status not in (200, 201) or not isinstance(client_id, str):
        reason = refusal(first.body, first.status)
        raise UnusableServerError(
            f"the authorization server does not register this client: {reason}",
            url=url,
            method="POST",
            status=first.status,
            hint="Register it by hand, and pass client=ClientRegistration(...)",
        )
    client = _read(answer.body, server, client_id, uri, scopes)
    if client.auth_method in SECRET_METHODS and client.client_secret is None:
        raise _useless(url, f"{client.auth_method} without a secret")
    return client


def _read(
    body: Mapping[str, Any],
    server: AuthorizationServer,
    client_id: str,
    uri: str,
    scopes: tuple[str, ...],
) -> ClientRegistration:
    """The registration in a response, which may differ from what was asked for.

    Raises:
        UnusableServerError: The client cannot authenticate as it says.
    """
    secret = body.get("client_secret")
    method = body.get("token_endpoint_auth_method")
    expires = body.get("client_secret_expires_at")
    is_time = isinstance(expires, int | float) and not isinstance(expires, bool)
    if isinstance(method, str) and method not in ("none", *SECRET_METHODS):
        name = "".join(filter(str.isprintable, method[:50]))
        raise _useless(server.registration_endpoint or "", name)
    return ClientRegistration(
        client_id,
        secret if isinstance(secret, str) else None,
        auth_method=method if isinstance(method, str) else None,
        issuer=server.issuer,
        redirect_uris=(uri,),
        scopes=scopes or None,
        secret_expires_at=expires if is_time and expires and secret else None,
    )


def _useless(url: str, method: str) -> UnusableServerError:
    return UnusableServerError(
        f"the authorization server registers this client with {method}, which it "
        "cannot use",
        url=url,
        method="POST",
        hint="Register it by hand, and pass client=ClientRegistration(...)",
    )


async def _post(
    session: aiohttp.ClientSession,
    server: AuthorizationServer,
    url: str,
    document: dict[str, Any],
) -> web.Answer:
    what = "registration endpoint"
    return await web.post(session, url, what, document=document, reach=server.reach)


def _preferred(server: AuthorizationServer) -> str:
    """How to authenticate: without a secret if the server takes that, else as it prefers.

    Raises:
        UnusableServerError: The server takes only clients that it knows already.
    """
    if "none" in server.auth_methods or not server.auth_methods:
        return "none"
    for method in server.auth_methods:
        if method in SECRET_METHODS:
            return method
    raise UnusableServerError(
        "the authorization server takes no client that registers itself: "
        f"its methods are {', '.join(server.auth_methods)}",
        url=server.issuer,
        method="GET",
    )
