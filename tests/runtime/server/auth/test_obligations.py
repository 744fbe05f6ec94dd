"""What the specification demands of servers that authenticate, in both eras."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Context, PromptBinding, Settings, create_app
from mcpgen.runtime.server.features.auth import (
    Authenticator,
    AuthRequest,
    Principal,
    Refusal,
    bearer_token,
)
from tests.requirements import requirement

from ..conftest import serving
from ..wire import LegacyWire, ModernWire, Reply
from ..workshop import Workshop

ISSUER = "https://login.example.com"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
FORMS: dict[str, Any] = {"elicitation": {"form": {}}}
BO = {"action": "accept", "content": {"name": "Bo"}}
EVE = {"action": "accept", "content": {"name": "Eve"}}
KEY = "elicitation/create#1"


class Names:
    """Takes tokens such as `alice.read.write`: who it is, then scopes."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        token = bearer_token(request.headers)
        if token is None:
            return None
        name, *scopes = token.split(".")
        if name == "expired":
            raise Refusal("The token has ended")
        return Principal(name, "names", scopes=frozenset(scopes))


class Guarded(Workshop):
    """A workshop for those whom it knows; some things need scopes."""

    contract = replace(
        Workshop.contract,
        tools={
            **Workshop.contract.tools,
            "nothing": replace(
                Workshop.contract.tools["nothing"], scopes=("read", "write")
            ),
        },
        prompts={
            **Workshop.contract.prompts,
            "trip": PromptBinding(
                "trip", Any, complete={"city": ("Oslo",)}, scopes=("read",)
            ),
        },
    )

    def authenticator(self, configured: Authenticator | None) -> Authenticator | None:
        return Names()

    async def context(self, args: Any, ctx: Context) -> str:
        self.seen.append(ctx)
        assert ctx.principal is not None
        return f"{ctx.principal.subject} {sorted(ctx.scopes)}"


class Doors:
    """A guarded server, and clients with tokens."""

    def __init__(self, http: ClientSession, stack: AsyncExitStack) -> None:
        self.http = http
        self.service = Guarded()
        self._stack = stack
        self.url = ""

    async def open(self, **settings: Any) -> None:
        app = create_app(self.service, Settings(auth_issuer=ISSUER, **settings))
        self.url = await self._stack.enter_async_context(serving(app))

    def modern(self, token: str | None = None) -> ModernWire:
        return ModernWire(self.http, self.url, bearer(token))

    async def legacy(self, token: str, **options: Any) -> LegacyWire:
        wire = LegacyWire(self.http, self.url, bearer(token))
        await wire.initialize(**options)
        return wire

    def thief(self, victim: LegacyWire, token: str) -> LegacyWire:
        """Somebody else with the victim's session."""
        return LegacyWire(self.http, self.url, {**victim.headers, **bearer(token)})


def bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def challenge(reply: Reply) -> str:
    return reply.headers["WWW-Authenticate"]


@pytest.fixture
async def doors(http: ClientSession) -> AsyncIterator[Doors]:
    async with AsyncExitStack() as stack:
        doors = Doors(http, stack)
        await doors.open()
        yield doors


@requirement(
    "2025-03-26/server/tokens-refused",
    "2025-06-18/server/challenge",
    "2025-11-25/server/elicitation-no-login",
    "2025-11-25/server/metadata-document",
    "2026-07-28/server/elicitation-no-login",
    "2026-07-28/server/metadata-document",
)
async def test_a_client_without_a_token_learns_where_to_get_one(doors: Doors) -> None:
    origin = doors.url.removesuffix("/mcp")
    for method in ("POST", "GET", "DELETE"):
        reply = await doors.modern().other(method)
        assert reply.status == 401
        assert f'resource_metadata="{origin}{WELL_KNOWN}/mcp"' in challenge(reply)

    for path in (f"{WELL_KNOWN}/mcp", WELL_KNOWN):
        async with doors.http.get(origin + path) as response:
            metadata = await response.json()
        assert metadata["authorization_servers"] == [ISSUER]
        assert metadata["resource"] == doors.url


@requirement(
    "2025-03-26/server/tokens-refused",
    "2025-11-25/server/tokens-refused",
    "2025-11-25/server/tokens-validated",
    "2026-07-28/server/tokens-refused",
    "2026-07-28/server/tokens-validated",
)
async def test_a_token_that_is_refused_gets_401(doors: Doors) -> None:
    old = await doors.legacy("alice", version="2025-03-26")
    session = doors.thief(old, "expired")
    for reply in (
        await doors.modern("expired").call("tools/list"),
        await session.call("tools/list"),
        await doors.thief(LegacyWire(doors.http, doors.url), "expired").call(
            "initialize"
        ),
    ):
        assert reply.status == 401
        assert 'error="invalid_token"' in challenge(reply)
        assert "result" not in reply.json


@requirement("2025-11-25/server/identify-users", "2026-07-28/server/identify-users")
@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_what_a_client_says_of_itself_makes_it_nobody_else(
    doors: Doors, era: str
) -> None:
    said: Any = {"user": "bob", "sub": "bob"}
    headers = {"X-Forwarded-User": "bob", "X-User": "bob", "Cookie": "user=bob"}
    if era == "modern":
        said["io.modelcontextprotocol/clientInfo"] = {"name": "bob", "version": "1"}
        reply = await doors.modern("alice").tool("context", meta=said, headers=headers)
    else:
        reply = await (await doors.legacy("alice")).tool(
            "context", params={"_meta": said, "user": "bob"}, headers=headers
        )

    assert reply.content == "alice []"
    assert doors.service.seen[0].meta.items() >= said.items()


@requirement(
    "2025-11-25/server/completions-security",
    "2025-11-25/server/tokens-refused",
    "2025-11-25/server/tools-security",
    "2026-07-28/server/caching-access",
    "2026-07-28/server/completions-security",
    "2026-07-28/server/tokens-refused",
    "2026-07-28/server/tools-security",
)
@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_a_call_that_may_not_be_made_gets_403(doors: Doors, era: str) -> None:
    client: ModernWire | LegacyWire = (
        doors.modern("alice.read")
        if era == "modern"
        else await doors.legacy("alice.read")
    )
    city = {"name": "city", "value": ""}
    ref = {"type": "ref/prompt", "name": "trip"}

    refused = await client.tool("nothing")
    completed = await client.call("completion/complete", {"ref": ref, "argument": city})
    client.headers.update(bearer("alice.write"))
    uncompleted = await client.call(
        "completion/complete", {"ref": ref, "argument": city}
    )

    assert refused.status == uncompleted.status == 403
    assert 'error="insufficient_scope"' in challenge(refused)
    assert 'scope="read write"' in challenge(refused)
    assert completed.result["completion"]["values"] == ["Oslo"]


@requirement("2026-07-28/server/scope-hierarchy")
async def test_a_broad_scope_implies_narrow_ones(doors: Doors) -> None:
    await doors.open(auth_implies=("admin=write", "write=read"))

    assert (await doors.modern("alice.admin").tool("nothing")).status == 200
    assert (await doors.modern("alice.read").tool("nothing")).status == 403


@requirement("2025-11-25/server/tokens-header", "2026-07-28/server/tokens-header")
async def test_a_token_counts_in_one_header_alone(doors: Doors) -> None:
    wire = ModernWire(doors.http, f"{doors.url}?access_token=alice", bearer("alice"))
    twice = [("Authorization", "Bearer alice"), ("Authorization", "Bearer bob")]

    assert (await wire.call("tools/list")).status == 400
    async with doors.http.post(doors.url, json={}, headers=twice) as response:
        assert response.status == 400


@requirement(
    "2025-11-25/server/elicitation-passthrough",
    "2025-11-25/server/tokens-not-passed",
    "2026-07-28/server/elicitation-passthrough",
    "2026-07-28/server/tokens-not-passed",
)
async def test_handlers_do_not_see_the_token(doors: Doors) -> None:
    await doors.modern("alice").tool("context")
    await (await doors.legacy("alice")).tool("context")

    assert len(doors.service.seen) == 2
    for ctx in doors.service.seen:
        assert "Authorization" not in ctx.headers
        assert "Bearer" not in str(dict(ctx.headers))


@requirement("2025-11-25/server/tokens-stored", "2026-07-28/server/tokens-stored")
async def test_a_token_is_in_no_log(
    doors: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    await doors.modern("alice.s3cret").call("tools/list")
    await doors.modern("expired.s3cret").call("tools/list")

    assert "tools/list" in caplog.text
    assert "s3cret" not in caplog.text


@requirement("2025-11-25/server/elicitation-state")
async def test_a_session_is_good_for_its_principal_alone(doors: Doors) -> None:
    alice = await doors.legacy("alice", capabilities=FORMS)
    thief = doors.thief(alice, "bob")

    assert (await thief.call("ping")).status == 404
    assert (await thief.other("DELETE")).status == 404
    async with alice.streaming("asking") as stream:
        question = await stream.message()
        assert (await thief.answer(question, EVE)).status == 404
        await alice.answer(question, BO)
        response = await stream.message()

    assert "Bo" in response["result"]["content"][0]["text"]
    who = await alice.tool("context")
    assert who.content == "alice []"


@requirement("2026-07-28/server/elicitation-state", "2026-07-28/server/state-protected")
async def test_a_state_is_good_for_its_principal_alone(doors: Doors) -> None:
    asked = await doors.modern("alice").tool("asking", capabilities=FORMS)
    retry = {
        "inputResponses": {KEY: BO},
        "requestState": asked.result["requestState"],
    }

    stolen = await doors.modern("bob").tool("asking", params=retry, capabilities=FORMS)
    own = await doors.modern("alice").tool("asking", params=retry, capabilities=FORMS)

    assert stolen.error["code"] == -32602
    assert own.content == "accept: {'name': 'Bo'}"


@requirement("2026-07-28/server/caching-access")
async def test_what_known_callers_get_is_private_to_them(doors: Doors) -> None:
    for method, params in (
        ("tools/list", {}),
        ("resources/read", {"uri": "shop://text"}),
    ):
        result = (await doors.modern("alice").call(method, params)).result
        assert result["cacheScope"] == "private"
