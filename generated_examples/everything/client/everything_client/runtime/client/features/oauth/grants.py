"""Asking a token endpoint for a token, whatever for (RFC 6749, sections 4 to 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ...errors import AuthError
from . import tokens, web
from .identity import ClientRegistration, authenticate
from .tokens import Token

if TYPE_CHECKING:
    import aiohttp

    from .discovery import AuthorizationServer
    from .dpop import ProofKey


_TEMPORARY: Final = frozenset(["temporarily_unavailable", "server_error", "slow_down"])


class RefusedGrant(Exception):
    """The authorization server refused; the text is its own, and short.

    Attributes:
        code: The `error` of RFC 6749, section 5.2.
        status: The HTTP status.
        is_temporary: Whether the same request may succeed later.
    """

    def __init__(self, code: str, description: str, status: int) -> None:
        self.code = code
        self.status = status
        self.is_temporary = status >= 500 or status in (408, 429) or code in _TEMPORARY
        super().__init__(f"{code}: {description}" if description else code)


async def ask(
    session: aiohttp.ClientSession,
    server: AuthorizationServer,
    client: ClientRegistration,
    form: Mapping[str, str],
    *,
    resource: str,
    asked: tuple[str, ...],
    before: Token | None = None,
    key: ProofKey | None = None,
) -> Token:
    """The token for a grant.

    Args:
        session: To ask with.
        server: Who issues it.
        client: Who asks.
        form: The grant.
        resource: What the token is for (RFC 8707).
        asked: The scopes that were asked for.
        before: The token that is renewed.
        key: The key to bind it to.

    Raises:
        RefusedGrant: The server refused.
        AuthError: It can't be reached, or its answer is no token.
    """
    fields, headers = authenticate(client, server)
    sent = {**form, **fields}
    target = server.settings.resource_for(resource)
    if target is not None:
        sent["resource"] = target
    answer = await _post(session, server, sent, headers, key)
    # GitHub and Slack refuse with status 200.
    is_error = "error" in answer.body and "access_token" not in answer.body
    if answer.status not in (200, 201) or is_error:
        raise refusal(answer.body, answer.status)
    try:
        return tokens.read(
            answer.body,
            issuer=server.issuer,
            resource=resource,
            asked=asked,
            before=before,
            key=key.jwk if key else None,
        )
    except ValueError as error:
        raise AuthError(
            f"the authorization server's answer is no token: {error}",
            url=server.token_endpoint,
            method="POST",
        ) from None


async def _post(
    session: aiohttp.ClientSession,
    server: AuthorizationServer,
    form: Mapping[str, str],
    headers: Mapping[str, str],
    key: ProofKey | None,
) -> web.Answer:
    url, what, reach = server.token_endpoint, "token endpoint", server.reach
    if key is None:
        return await web.post(
            session, url, what, form=form, headers=headers, reach=reach
        )
    # Twice at most: the server may want its nonce in the proof (RFC 9449, section 8).
    for last in (False, True):
        proved = {**headers, "DPoP": key.proof("POST", url)}
        answer = await web.post(
            session, url, what, form=form, headers=proved, reach=reach
        )
        is_new = key.learn(url, answer.headers)
        if last or not is_new or answer.body.get("error") != "use_dpop_nonce":
            break
    return answer


def refusal(body: Mapping[str, Any], status: int) -> RefusedGrant:
    """What an authorization server's error says, made safe to show.

    Okta names the members `errorCode` and `errorSummary` in some of its errors.
    """
    codes = [_text(body.get(name)) for name in ("error", "errorCode")]
    texts = [_text(body.get(name)) for name in ("error_description", "errorSummary")]
    code = next(filter(None, codes), f"HTTP {status}")
    return RefusedGrant(code, next(filter(None, texts), ""), status)


def _text(value: object) -> str:
    return _short(value) if isinstance(value, str) else ""


def _short(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:200])
