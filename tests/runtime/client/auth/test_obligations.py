"""Obligations of the specification about signing in that no other test is about."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from mcpgen.runtime.client import AuthError, Client, OAuth
from mcpgen.runtime.client.features.oauth.discovery import (
    Resource,
    find_authorization_server,
    find_resource,
)
from tests.requirements import requirement

from ..wire import legacy, serving, text
from .authority import Authority, Elsewhere, Form, consenting, guarded


@asynccontextmanager
async def nothing() -> AsyncIterator[tuple[str, list[str]]]:
    """A server that has nothing, and the paths that it was asked for."""
    asked: list[str] = []

    async def absent(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=404)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", absent)
    async with serving(app) as origin:
        yield origin, asked


@requirement(
    "2025-11-25/client/metadata-discovered", "2026-07-28/client/metadata-discovered"
)
async def test_metadata_are_found_where_the_challenge_or_the_rule_says() -> None:
    well_known = "/.well-known/oauth-protected-resource"
    async with nothing() as (origin, asked), aiohttp.ClientSession() as session:
        await find_resource(session, f"{origin}/one/mcp", f"{origin}/told")
        told, asked[:] = list(asked), []
        await find_resource(session, f"{origin}/one/mcp", None)

    assert told[0] == "/told"
    assert asked == [f"{well_known}/one/mcp", well_known]


@requirement(
    "2025-06-18/client/issuer-metadata",
    "2025-11-25/client/issuer-metadata",
    "2026-07-28/client/issuer-metadata",
)
@pytest.mark.parametrize(
    ("path", "places"),
    [
        (
            "",
            [
                "/.well-known/oauth-authorization-server",
                "/.well-known/openid-configuration",
            ],
        ),
        (
            "/tenant1",
            [
                "/.well-known/oauth-authorization-server/tenant1",
                "/.well-known/openid-configuration/tenant1",
                "/tenant1/.well-known/openid-configuration",
            ],
        ),
    ],
)
async def test_an_issuers_metadata_are_looked_for_in_order(
    path: str, places: list[str]
) -> None:
    async with nothing() as (origin, asked), aiohttp.ClientSession() as session:
        resource, issuer = Resource(session, f"{origin}/mcp"), f"{origin}{path}"
        with pytest.raises(AuthError, match="publishes no metadata"):
            await find_authorization_server(resource, issuer)

    assert asked == places


@requirement(
    "2025-03-26/client/tokens",
    "2025-11-25/client/tokens-sent",
    "2026-07-28/client/tokens-sent",
)
@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_a_token_is_in_the_header_of_every_request_and_nowhere_else(
    era: str,
) -> None:
    async with guarded() as guard:
        if era == "legacy":
            guard.wire = legacy(tools_call=text)
        auth = OAuth(redirect=consenting())
        async with Client(guard.url, auth=auth, on_notification=print) as client:
            await client.call_tool("echo", {"a": 1})
            await client.call_tool("echo", {"a": 2})
        [token] = guard.authority.tokens

    assert len(guard.wire.requests) >= 3
    for request in guard.wire.requests:
        assert request.headers["Authorization"] == f"Bearer {token}"
        assert request.query_string == ""
    methods = {request.method for request in guard.wire.requests}
    assert methods == ({"POST", "GET", "DELETE"} if era == "legacy" else {"POST"})


@requirement("2025-11-25/client/client-metadata", "2026-07-28/client/client-metadata")
@pytest.mark.parametrize(
    "url",
    [
        "http://client.example/metadata.json",
        "https://client.example",
        "https://client.example/",
        "client.json",
        "https:///metadata.json",
        "https://user:pw@client.example/metadata.json",
        "https://client.example/metadata.json#here",
    ],
)
def test_a_metadata_document_has_an_https_url_with_a_path(url: str) -> None:
    with pytest.raises(ValueError, match="client_metadata_url"):
        OAuth(client_metadata_url=url)
    OAuth(client_metadata_url="https://client.example/metadata.json")


class Insecure(Elsewhere):
    """A way back that anybody between could read."""

    uri = "http://app.example/callback"

    @asynccontextmanager
    async def open(self, known: Sequence[str]) -> AsyncGenerator[Insecure]:
        yield self


@requirement(
    "2025-03-26/client/redirect-uris",
    "2025-11-25/client/redirect-uris",
    "2026-07-28/client/redirect-uris",
)
async def test_the_way_back_is_registered_and_on_this_machine_or_https() -> None:
    for redirect in (consenting(), Elsewhere()):
        async with guarded() as guard:
            auth = OAuth(redirect=redirect)
            async with Client(guard.url, auth=auth) as client:
                await client.call_tool("echo", {})
            [registered] = guard.authority.registered
            [asked] = guard.authority.asked
        assert registered["redirect_uris"] == [asked["redirect_uri"]]
    async with guarded() as guard:
        with pytest.raises(AuthError, match="redirect address is no https URL"):
            await Client(guard.url, auth=OAuth(redirect=Insecure())).open()
        assert guard.authority.registered == guard.authority.asked == []


@requirement("2026-07-28/client/application-type")
async def test_a_registration_says_what_kind_of_application_asks() -> None:
    kinds = []
    for redirect in (consenting(), Elsewhere()):
        async with guarded() as guard:
            async with Client(guard.url, auth=OAuth(redirect=redirect)):
                pass
            kinds += [one["application_type"] for one in guard.authority.registered]

    assert kinds == ["native", "web"]


@requirement("2026-07-28/client/registration-refused")
async def test_a_registration_that_is_refused_says_so() -> None:
    async with guarded() as guard:
        guard.authority.answers["/register"] = lambda _: web.json_response(
            {"error": "invalid_redirect_uri"}, status=400
        )
        with pytest.raises(AuthError, match="does not register this client") as raised:
            await Client(guard.url, auth=OAuth(redirect=consenting())).open()

    assert "invalid_redirect_uri" in str(raised.value)


@requirement("2026-07-28/client/answer-validated")
@pytest.mark.parametrize("change", [str.upper, "{}/".format, "{}%2F".format])
async def test_a_senders_name_is_compared_as_it_is(
    change: Callable[[str], str],
) -> None:
    def back(form: Form) -> Form:
        return {**form, "iss": change(form["iss"])}

    async with guarded(Authority(back=back)) as guard:
        with pytest.raises(AuthError, match="is another server's"):
            await Client(guard.url, auth=OAuth(redirect=Elsewhere())).open()
        assert guard.authority.forms == []


@requirement("2025-03-26/client/own-issuer")
async def test_a_server_without_metadata_is_its_own_issuer() -> None:
    async with nothing() as (origin, asked), aiohttp.ClientSession() as session:
        resource = await find_resource(session, f"{origin}/v1/mcp", None)
        asked.clear()
        found = await find_authorization_server(resource, resource.issuers[0])

    assert resource.issuers[0] == found.issuer == origin
    assert asked[0] == "/.well-known/oauth-authorization-server"
    assert found.authorization_endpoint == f"{origin}/authorize"
    assert found.token_endpoint == f"{origin}/token"
    assert found.registration_endpoint == f"{origin}/register"
