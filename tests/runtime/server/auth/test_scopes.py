"""Scopes guard everything that names a tool, a prompt or a resource."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.core.catalog import Catalog
from mcpgen.runtime.server import Contract, Settings, TemplateBinding, create_app
from mcpgen.runtime.server.features.auth import scopes as scope_rules

from ..conftest import serving
from ..wire import ModernWire
from .conftest import Serving
from .vault import Names, Vault

REQUESTS: list[tuple[str, dict[str, Any], str]] = [
    ("tools/call", {"name": "read"}, "read"),
    ("prompts/get", {"name": "plan"}, "read"),
    ("resources/read", {"uri": "vault://gold"}, "read"),
    ("resources/read", {"uri": "vault://boxes/one"}, "boxes"),
    (
        "completion/complete",
        {
            "ref": {"type": "ref/prompt", "name": "plan"},
            "argument": {"name": "what", "value": ""},
        },
        "read",
    ),
    (
        "completion/complete",
        {
            "ref": {"type": "ref/resource", "uri": "vault://boxes/{box}"},
            "argument": {"name": "box", "value": ""},
        },
        "boxes",
    ),
]
SUBSCRIBE = ("resources/subscribe", {"uri": "vault://boxes/two"}, "boxes")


@pytest.mark.parametrize(("method", "params", "scope"), REQUESTS, ids=str)
async def test_modern_requests_need_them(
    vault: Serving, method: str, params: dict[str, Any], scope: str
) -> None:
    without = await vault.modern("alice.other").call(method, params)
    held = await vault.modern(f"alice.{scope}").call(method, params)

    assert without.status == 403
    assert f'scope="{scope}"' in without.headers["WWW-Authenticate"]
    assert "result" in held.json, held.text


@pytest.mark.parametrize(("method", "params", "scope"), [*REQUESTS, SUBSCRIBE], ids=str)
async def test_legacy_requests_need_them(
    vault: Serving, method: str, params: dict[str, Any], scope: str
) -> None:
    wire = await vault.legacy("alice.other")
    without = await wire.call(method, params)
    wire.headers["Authorization"] = f"Bearer alice.{scope}"
    held = await wire.call(method, params)

    assert without.status == 403
    assert without.json["id"] == wire.last_id - 1
    assert f'scope="{scope}"' in without.headers["WWW-Authenticate"]
    assert "result" in held.json, held.text


class Shelves(Vault):
    """One template is for everybody; the other takes in all that is left."""

    contract = Contract(
        Catalog(
            {"name": "shelves", "version": "1"},
            resource_templates=(
                {"uriTemplate": "v://a{?q}", "name": "open"},
                {"uriTemplate": "v://{+rest}", "name": "rest"},
            ),
        ),
        resource_templates={
            "v://a{?q}": TemplateBinding("box", Any),
            "v://{+rest}": TemplateBinding("box", Any, scopes=("rest",)),
        },
    )


@pytest.mark.parametrize(
    ("uri", "status"),
    [("v://a?q=1", 200), ("v://a", 200), ("v://b", 403), ("v://a{?q}", 403)],
)
async def test_the_template_that_answers_says_what_is_needed(
    http: ClientSession, uri: str, status: int
) -> None:
    async with serving(create_app(Shelves(Names()), Settings())) as url:
        wire = ModernWire(http, url, {"Authorization": "Bearer alice"})
        without = await wire.call("resources/read", {"uri": uri})
        wire.headers["Authorization"] += ".rest"
        held = await wire.call("resources/read", {"uri": uri})

    assert without.status == status
    assert "result" in held.json, held.text


async def test_a_batch_is_refused_as_a_whole_with_all_scopes(vault: Serving) -> None:
    wire = await vault.legacy("alice", version="2025-03-26")
    batch = [
        wire.request("tools/call", {"name": "whoami"}),
        wire.request("tools/call", {"name": "move"}),
        wire.request("resources/read", {"uri": "vault://boxes/one"}),
    ]

    reply = await wire.send(batch)

    assert reply.status == 403
    assert 'scope="read write boxes"' in reply.headers["WWW-Authenticate"]


async def test_a_subscription_needs_the_scopes_of_all_its_resources(
    vault: Serving,
) -> None:
    wanted = {"resourceSubscriptions": ["vault://gold", "vault://boxes/one"]}

    reply = await vault.modern("alice.read").call(
        "subscriptions/listen", {"notifications": wanted}
    )

    assert reply.status == 403
    assert 'scope="read boxes"' in reply.headers["WWW-Authenticate"]
    async with vault.modern("alice.read.boxes").streaming(
        "subscriptions/listen", {"notifications": wanted}
    ) as stream:
        message = await stream.message()
        assert message["method"] == "notifications/subscriptions/acknowledged"


async def test_a_subscription_to_too_many_resources_costs_no_look_at_them(
    vault: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0

    def count(template: str, uri: str) -> None:
        nonlocal looked
        looked += 1

    monkeypatch.setattr(scope_rules, "match", count)
    uris = [f"vault://boxes/{number}" for number in range(20_000)]

    reply = await vault.modern("alice.read").call(
        "subscriptions/listen", {"notifications": {"resourceSubscriptions": uris}}
    )

    assert "at most 1000 URIs" in reply.error["message"]
    assert looked == 0


async def test_what_is_added_while_it_runs_can_need_them_too(vault: Serving) -> None:
    from mcpgen.runtime.server import LIVE_CATALOG

    catalog = vault.app[LIVE_CATALOG]

    async def late(_: Any, ctx: Any) -> str:
        return "late"

    catalog.tools.add(
        {"name": "late", "inputSchema": {"type": "object"}}, late, scopes=("late",)
    )

    assert (await vault.modern("alice").tool("late")).status == 403
    assert (await vault.modern("alice.late").tool("late")).content == "late"


@pytest.mark.parametrize("params", [{}, {"name": 5}, {"name": "nope"}, {"name": []}])
async def test_what_names_nothing_needs_nothing(
    vault: Serving, params: dict[str, Any]
) -> None:
    wire = await vault.legacy("alice")
    assert (await wire.call("tools/call", params)).error["code"] == -32602


class TestLists:
    async def names(self, vault: Serving, token: str) -> list[str]:
        listed = (await vault.modern(token).call("tools/list")).result["tools"]
        again = await vault.legacy(token)
        assert (await again.call("tools/list")).result["tools"] == listed
        return [entry["name"] for entry in listed]

    async def test_they_show_everything_by_default(self, vault: Serving) -> None:
        assert len(await self.names(vault, "alice")) == 5

    async def test_they_leave_out_what_the_caller_may_not_use_if_so_set(
        self, vault: Serving
    ) -> None:
        await vault(Names(), auth_hide_forbidden=True)
        free = ["whoami", "ask", "wait"]

        assert await self.names(vault, "alice") == free
        assert await self.names(vault, "bob.read") == ["whoami", "read", "ask", "wait"]
        assert len(await self.names(vault, "carol.read.write.more")) == 5
        assert await self.names(vault, "alice") == free

    async def test_prompts_and_resources_are_left_out_as_well(
        self, vault: Serving
    ) -> None:
        await vault(Names(), auth_hide_forbidden=True)
        for method, key, scope in (
            ("prompts/list", "prompts", "read"),
            ("resources/list", "resources", "read"),
            ("resources/templates/list", "resourceTemplates", "boxes"),
        ):
            hidden = await vault.modern("alice").call(method)
            shown = await vault.modern(f"alice.{scope}").call(method)

            assert hidden.result[key] == []
            assert len(shown.result[key]) == 1

    async def test_pages_have_no_gaps(self, vault: Serving) -> None:
        await vault(Names(), auth_hide_forbidden=True, page_size=2)
        wire = vault.modern("alice")

        first = (await wire.call("tools/list")).result
        second = (await wire.call("tools/list", {"cursor": first["nextCursor"]})).result

        assert [len(page["tools"]) for page in (first, second)] == [2, 1]
        assert "nextCursor" not in second

    async def test_what_only_known_callers_get_is_private_to_them(
        self, vault: Serving
    ) -> None:
        for method in ("tools/list", "server/discover"):
            result = (await vault.modern("alice").call(method)).result
            assert result["cacheScope"] == "private"

    async def test_scopes_never_go_on_the_wire(self, vault: Serving) -> None:
        wire = vault.modern("alice.read.write.boxes")
        for method in ("tools/list", "prompts/list", "resources/list"):
            assert "scopes" not in (await wire.call(method)).text
