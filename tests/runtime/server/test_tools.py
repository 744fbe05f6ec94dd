"""Tools: what handlers return and raise, and what clients get."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.requirements import requirement

from .wire import LegacyWire, ModernWire
from .workshop import CATALOG, Workshop

Client = ModernWire | LegacyWire


@pytest.fixture(params=["modern", "legacy"])
async def client(
    request: pytest.FixtureRequest, modern: ModernWire, legacy: LegacyWire
) -> Client:
    """Both eras: a tool is the same in either."""
    return modern if request.param == "modern" else legacy


async def test_the_list_has_each_tool_exactly_as_it_was_declared(
    modern: ModernWire,
) -> None:
    tools = (await modern.call("tools/list")).result["tools"]

    assert tools == [dict(tool) for tool in CATALOG.tools]
    assert [list(tool) for tool in tools] == [list(tool) for tool in CATALOG.tools]


async def test_legacy_lists_leave_out_outputs_that_have_no_place_in_them(
    legacy: LegacyWire,
) -> None:
    tools = {t["name"]: t for t in (await legacy.call("tools/list")).result["tools"]}

    assert "outputSchema" in tools["add"]
    assert "outputSchema" not in tools["numbers"]


@requirement(
    "2025-11-25/server/tools-output-schema", "2026-07-28/server/tools-output-schema"
)
async def test_a_structured_result_comes_with_its_text(client: Client) -> None:
    result = (await client.tool("add", {"a": 1, "b": 2})).result

    assert result["structuredContent"] == {"sum": 3}
    assert result["content"] == [{"type": "text", "text": '{"sum":3}'}]
    assert "isError" not in result


async def test_defaults_of_the_schema_reach_the_handler(client: Client) -> None:
    assert (await client.tool("add", {"a": 1})).result["structuredContent"] == {
        "sum": 2
    }


async def test_a_tool_result_says_more(client: Client) -> None:
    result = (await client.tool("add", {"a": 7})).result

    assert result["content"] == [{"type": "text", "text": "seven"}]
    assert result["structuredContent"] == {"sum": 7}
    assert result["_meta"]["cost"] == 1


async def test_a_result_that_is_no_object_is_structured_in_the_modern_era(
    modern: ModernWire, legacy: LegacyWire
) -> None:
    assert (await modern.tool("numbers")).result["structuredContent"] == [1, 2]
    old = (await legacy.tool("numbers")).result
    assert "structuredContent" not in old
    assert old["content"][0]["text"] == "[1,2]"


@requirement(
    "2025-11-25/server/prompts-audio",
    "2025-11-25/server/prompts-embedded",
    "2025-11-25/server/prompts-image",
    "2026-07-28/server/prompts-audio",
    "2026-07-28/server/prompts-embedded",
    "2026-07-28/server/prompts-image",
)
async def test_every_kind_of_content(client: Client) -> None:
    assert (await client.tool("echo_kinds")).result["content"] == [
        {"type": "text", "text": "text"},
        {"type": "image", "data": "iVBORw==", "mimeType": "image/png"},
        {"type": "audio", "data": "UklGRg==", "mimeType": "audio/wav"},
        {
            "type": "resource",
            "resource": {"uri": "shop://x", "mimeType": "text/plain", "text": "body"},
        },
        {"type": "resource_link", "uri": "shop://x", "name": "x", "title": "X"},
    ]


async def test_nothing_is_a_result_without_content(client: Client) -> None:
    assert (await client.tool("nothing")).result["content"] == []


async def test_arguments_may_be_left_out(client: Client) -> None:
    reply = await client.call(
        "tools/call", {"name": "nothing"}, headers={"Mcp-Name": "nothing"}
    )
    assert reply.result["content"] == []


@requirement("2025-11-25/server/tools-security", "2026-07-28/server/tools-security")
async def test_invalid_arguments_are_told_to_the_model_all_at_once(
    client: Client,
) -> None:
    result = (await client.tool("add", {"b": "two", "c": 3})).result

    assert result["isError"] is True
    text = result["content"][0]["text"]
    for part in (
        "a: is required",
        "b: must be an integer",
        "c: is not a known property",
    ):
        assert part in text


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18"])
async def test_older_revisions_want_invalid_arguments_as_an_error_of_the_protocol(
    version: str, http: ClientSession, url: str
) -> None:
    legacy = LegacyWire(http, url)
    await legacy.initialize(version)

    reply = await legacy.tool("add", {"b": "two", "c": 3})

    assert reply.error == {
        "code": -32602,
        "message": "Invalid arguments for 'add': b: must be an integer, got \"two\"; "
        "c: is not a known property; a: is required",
        "data": {
            "problems": [
                {"path": "b", "reason": 'must be an integer, got "two"'},
                {"path": "c", "reason": "is not a known property"},
                {"path": "a", "reason": "is required"},
            ]
        },
    }


async def test_each_of_many_unknown_arguments_is_told(client: Client) -> None:
    unknown = {f"x{number}": number for number in range(15)}

    text = (await client.tool("add", {"a": 1, **unknown})).content

    assert all(f"{name}: is not a known property" in text for name in unknown)


async def test_too_many_problems_are_told_to_be_more(client: Client) -> None:
    unknown = {f"x{number}": number for number in range(500)}

    lines = (await client.tool("add", {"a": 1, **unknown})).content.splitlines()

    assert len(lines) == 22
    assert lines[-1] == "and 480 more problems"


@pytest.mark.parametrize("arguments", [[], "a", 3, False])
async def test_arguments_must_be_an_object(client: Client, arguments: Any) -> None:
    reply = await client.call(
        "tools/call",
        {"name": "add", "arguments": arguments},
        headers={"Mcp-Name": "add"},
    )
    assert reply.error["code"] == -32602


async def test_an_unknown_tool_is_an_error_of_the_protocol(client: Client) -> None:
    reply = await client.tool("nope")

    assert reply.status == 200
    assert reply.error == {"code": -32602, "message": "Unknown tool: nope"}


@pytest.mark.parametrize("name", [None, 3, ["add"]])
async def test_a_tool_is_named_by_a_string(client: Client, name: Any) -> None:
    reply = await client.call("tools/call", {"name": name}, headers={"Mcp-Name": None})

    assert reply.error["code"] == -32602


async def test_a_tool_error_is_for_the_model(client: Client) -> None:
    result = (await client.tool("failing")).result

    assert result["isError"] is True
    assert result["content"] == [{"type": "text", "text": "The shop is closed."}]
    assert result["_meta"]["retry"] is False


async def test_a_tool_with_output_schema_may_fail_too(client: Client) -> None:
    result = (await client.tool("add", {"a": 404})).result

    assert result["isError"] is True
    assert "structuredContent" not in result


@requirement("2025-11-25/server/tools-security", "2026-07-28/server/tools-security")
async def test_an_unexpected_exception_is_logged_and_not_told(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await client.tool("broken")

    assert reply.result["isError"] is True
    assert "secret" not in reply.text
    assert "a secret of the server" in caplog.text
    assert "Traceback" in caplog.text


async def test_a_protocol_error_passes_through(client: Client) -> None:
    assert (await client.tool("refused")).error == {
        "code": -31000,
        "message": "Not for you",
        "data": {"why": "because"},
    }


@requirement("2026-07-28/server/error-codes")
async def test_the_modern_era_does_not_send_codes_of_the_legacy_one(
    modern: ModernWire, legacy: LegacyWire
) -> None:
    assert (await modern.tool("old_code")).error["code"] == -32602
    assert (await legacy.tool("old_code")).error["code"] == -32002


@requirement(
    "2025-11-25/server/tools-output-schema", "2026-07-28/server/tools-output-schema"
)
async def test_an_invalid_result_is_the_servers_own_fault(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await client.tool("add", {"a": 1000, "b": 1})

    assert reply.error == {
        "code": -32603,
        "message": "The tool returned an invalid result",
    }
    assert "sum: must be at most 1000, got 1001" in caplog.text
    assert '{"sum":1001}' in caplog.text


async def test_a_tool_that_takes_too_long_is_stopped(client: Client) -> None:
    result = (await client.tool("impatient")).result

    assert result["isError"] is True
    assert "0.2 seconds" in result["content"][0]["text"]


async def test_a_plain_function_runs_in_a_thread(client: Client) -> None:
    assert (await client.tool("threaded")).content.startswith("handler")


async def test_waiting_is_refused_where_await_belongs(service: Workshop) -> None:
    from mcpgen.runtime.server import Context

    with pytest.raises(RuntimeError, match="use `await`"):
        Context.wait(None, service.on_shutdown())  # type: ignore[arg-type]  # not used


async def test_what_a_handler_sees_of_its_request(
    client: Client, service: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    era = (await client.tool("context", headers={"X-Trace": "t1"})).content
    ctx = service.seen[0]

    assert ctx.era == era
    assert ctx.protocol_version == ("2026-07-28" if era == "modern" else "2025-11-25")
    assert ctx.client_info == {"name": "test", "version": "1"}
    assert ctx.client_capabilities == {}
    assert ctx.request_id == client.last_id
    assert ctx.headers["x-trace"] == "t1"
    assert ctx.principal is None
    assert ctx.scopes == frozenset()
    assert ctx.cancelled is False
    assert (ctx.session is None) == (era == "modern")
