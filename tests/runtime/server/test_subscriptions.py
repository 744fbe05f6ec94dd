"""`subscriptions/listen`, and the announcements of changes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import LIVE_CATALOG, Settings, create_app
from tests.requirements import requirement

from .conftest import Serve, serving
from .wire import SECONDS, ModernWire
from .workshop import Workshop, tool

ID = "io.modelcontextprotocol/subscriptionId"
EVERYTHING = {
    "toolsListChanged": True,
    "promptsListChanged": True,
    "resourcesListChanged": True,
    "resourceSubscriptions": ["shop://text", "shop://bytes"],
}


def listen(wire: ModernWire, wanted: Any) -> Any:
    return wire.streaming("subscriptions/listen", {"notifications": wanted})


@requirement(
    "2026-07-28/server/subscription-acknowledged", "2026-07-28/server/subscription-id"
)
async def test_the_acknowledgement_comes_first_and_says_what_is_granted(
    modern: ModernWire,
) -> None:
    async with listen(modern, EVERYTHING) as stream:
        message = await stream.message()

    assert message["method"] == "notifications/subscriptions/acknowledged"
    assert message["params"] == {
        "_meta": {ID: modern.last_id},
        "notifications": {
            **EVERYTHING,
            "resourceSubscriptions": ["shop://bytes", "shop://text"],
        },
    }


@requirement("2026-07-28/server/subscription-id")
async def test_changes_are_told_with_the_subscriptions_id(modern: ModernWire) -> None:
    async with listen(modern, EVERYTHING) as stream:
        subscription = modern.last_id
        await stream.message()
        await modern.tool("change_lists")
        told = [await stream.message() for _ in range(4)]

    assert [message["method"] for message in told] == [
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
        "notifications/resources/updated",
    ]
    assert all(m["params"]["_meta"] == {ID: subscription} for m in told)
    assert told[3]["params"]["uri"] == "shop://text"


@requirement("2026-07-28/server/subscription-filter")
@pytest.mark.parametrize(
    ("wanted", "method"),
    [
        ({"promptsListChanged": True}, "notifications/prompts/list_changed"),
        ({"resourceSubscriptions": ["shop://text"]}, "notifications/resources/updated"),
        (
            {"resourcesListChanged": True, "resourceSubscriptions": ["shop://other"]},
            "notifications/resources/list_changed",
        ),
    ],
)
async def test_nothing_is_told_that_was_not_asked_for(
    modern: ModernWire, wanted: Any, method: str
) -> None:
    async with listen(modern, wanted) as stream:
        await stream.message()
        for _ in range(2):
            await modern.tool("change_lists")
            assert (await stream.message())["method"] == method


@requirement(
    "2026-07-28/server/prompts-list",
    "2026-07-28/server/resources-list",
    "2026-07-28/server/tools-list",
)
async def test_changed_lists_are_listed(modern: ModernWire) -> None:
    before = (await modern.call("tools/list")).result["tools"]
    await modern.tool("change_lists")

    after = (await modern.call("tools/list")).result["tools"]
    assert after == [*before, tool("extra")]
    assert (await modern.tool("extra", {"b": 1, "a": 2})).content == "extra ['a', 'b']"
    prompts = (await modern.call("prompts/list")).result["prompts"]
    assert "hello" not in [prompt["name"] for prompt in prompts]
    resources = (await modern.call("resources/list")).result["resources"]
    assert resources[-1] == {"uri": "shop://new", "name": "new"}
    new = (await modern.call("resources/read", {"uri": "shop://new"})).result
    assert new["contents"] == [{"uri": "shop://new", "text": "some text"}]


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        [],
        {"toolsListChanged": "yes"},
        {"resourceSubscriptions": "shop://text"},
        {"resourceSubscriptions": [1]},
    ],
)
async def test_a_malformed_filter_is_refused(modern: ModernWire, wanted: Any) -> None:
    reply = await modern.call("subscriptions/listen", {"notifications": wanted})

    assert reply.error["code"] == -32602


async def test_a_client_that_takes_no_events_can_not_listen(modern: ModernWire) -> None:
    reply = await modern.call(
        "subscriptions/listen",
        {"notifications": {}},
        headers={"Accept": "application/json"},
    )

    assert reply.error["code"] == -32602


async def test_there_is_a_limit(http: ClientSession, serve: Serve) -> None:
    wire = ModernWire(http, await serve(Settings(max_subscriptions=1)))

    many = await wire.call(
        "subscriptions/listen", {"notifications": {"resourceSubscriptions": ["a", "b"]}}
    )
    async with listen(wire, {}) as stream:
        await stream.message()
        refused = await wire.call("subscriptions/listen", {"notifications": {}})

    assert many.error["code"] == -32602
    assert refused.status == 503
    assert refused.headers["Retry-After"] == "5"
    assert "Too many open subscriptions" in refused.error["message"]


async def test_silence_is_broken_by_comments(http: ClientSession, serve: Serve) -> None:
    wire = ModernWire(http, await serve(Settings(keep_alive=0.02)))

    async with listen(wire, {}) as stream:
        await stream.message()
        assert await stream.comment() == ":"
        assert await stream.comment() == ":"


async def test_shutdown_ends_a_subscription_with_its_response(
    http: ClientSession, service: Workshop
) -> None:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(create_app(service)))
        wire = ModernWire(http, url)
        async with listen(wire, {"toolsListChanged": True}) as stream:
            await stream.message()
            stopping = asyncio.ensure_future(stack.aclose())
            message = await stream.message()
            assert await stream.ended()
        await asyncio.wait_for(stopping, SECONDS)

    assert message["id"] == wire.last_id
    assert message["result"]["resultType"] == "complete"
    assert message["result"]["_meta"][ID] == wire.last_id


async def test_an_application_announces_changes(
    http: ClientSession, serve: Serve
) -> None:
    wire = ModernWire(http, await serve())

    async with listen(wire, {"resourceSubscriptions": ["shop://text"]}) as stream:
        await stream.message()
        serve.app[LIVE_CATALOG].updated("shop://text")
        assert (await stream.message())["params"]["uri"] == "shop://text"


class Quiet(Workshop):
    """Announces nothing."""

    announces = frozenset()


async def test_a_service_that_announces_nothing_has_no_subscriptions(
    http: ClientSession, serve: Serve
) -> None:
    wire = ModernWire(http, await serve(None, Quiet()))

    reply = await wire.call("subscriptions/listen", {"notifications": EVERYTHING})
    capabilities = (await wire.call("server/discover")).result["capabilities"]

    assert (reply.status, reply.error["code"]) == (404, -32601)
    assert capabilities == {
        "logging": {},
        "completions": {},
        "prompts": {},
        "resources": {},
        "tools": {},
    }


async def test_an_announcement_that_was_not_declared_is_a_mistake() -> None:
    catalog = create_app(Quiet())[LIVE_CATALOG]

    with pytest.raises(RuntimeError, match="add 'updates' to `announces`"):
        catalog.updated("shop://text")
