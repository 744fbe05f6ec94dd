"""Modern requests: the envelope, the headers that repeat it, discovery, errors."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.requirements import requirement

from .wire import MODERN, ModernWire

PREFIX = "io.modelcontextprotocol/"


@requirement(
    "2026-07-28/server/base-protocol",
    "2026-07-28/server/caching-hints",
    "2026-07-28/server/discover",
)
async def test_discover_tells_versions_capabilities_and_identity(
    modern: ModernWire,
) -> None:
    reply = await modern.call("server/discover")

    assert reply.status == 200
    assert reply.result == {
        "resultType": "complete",
        "_meta": {
            "io.modelcontextprotocol/serverInfo": {
                "name": "workshop",
                "title": "Workshop",
                "version": "1.2.3",
            }
        },
        "supportedVersions": [
            "2026-07-28",
            "2025-11-25",
            "2025-06-18",
            "2025-03-26",
            "2024-11-05",
        ],
        "capabilities": {
            "logging": {},
            "completions": {},
            "prompts": {"listChanged": True},
            "resources": {"subscribe": True, "listChanged": True},
            "tools": {"listChanged": True},
        },
        "ttlMs": 60_000,
        "cacheScope": "public",
        "instructions": "Use with care.",
    }


@requirement("2026-07-28/server/meta-required")
@pytest.mark.parametrize(
    ("missing", "kept"),
    [
        ("protocolVersion", "clientCapabilities"),
        ("clientCapabilities", "protocolVersion"),
    ],
)
async def test_a_missing_key_of_meta_is_named(
    modern: ModernWire, missing: str, kept: str
) -> None:
    body, headers = modern.request("tools/list")
    del body["params"]["_meta"][PREFIX + missing]

    reply = await modern.send(body, headers=headers)

    assert reply.status == 400
    assert reply.error["code"] == -32602
    assert PREFIX + missing in reply.error["message"]
    assert reply.json["id"] == body["id"]


@requirement("2026-07-28/server/meta-required")
@pytest.mark.parametrize("params", [{}, {"_meta": {}}, {"_meta": 3}, None])
async def test_a_modern_version_header_without_meta_is_a_malformed_modern_request(
    modern: ModernWire, params: Any
) -> None:
    body = {"jsonrpc": "2.0", "id": "x", "method": "tools/list", "params": params}
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/list"}

    reply = await modern.send(body, headers=headers)

    assert (reply.status, reply.error["code"]) == (400, -32602)
    assert reply.json["id"] == "x"


async def test_client_info_may_be_left_out(modern: ModernWire) -> None:
    body, headers = modern.request("tools/list")
    del body["params"]["_meta"]["io.modelcontextprotocol/clientInfo"]

    assert (await modern.send(body, headers=headers)).status == 200


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("protocolVersion", 3),
        ("clientCapabilities", []),
        ("clientInfo", "me"),
        ("logLevel", "loud"),
        ("logLevel", 3),
    ],
)
async def test_a_value_of_meta_must_have_its_type(
    modern: ModernWire, key: str, value: Any
) -> None:
    reply = await modern.call("tools/list", meta={PREFIX + key: value})

    assert (reply.status, reply.error["code"]) == (400, -32602)
    assert key in reply.error["message"]


@requirement("2026-07-28/server/version-unsupported")
async def test_an_unknown_version_is_answered_with_those_that_are_served(
    modern: ModernWire,
) -> None:
    reply = await modern.call(
        "tools/list",
        headers={"MCP-Protocol-Version": "1900-01-01"},
        meta={PREFIX + "protocolVersion": "1900-01-01"},
    )

    assert reply.status == 400
    assert reply.error["code"] == -32022
    assert reply.error["data"]["requested"] == "1900-01-01"
    assert MODERN in reply.error["data"]["supported"]


@requirement(
    "2026-07-28/server/header-names",
    "2026-07-28/server/headers-match",
    "2026-07-28/server/sentinel-decoded",
    "2026-07-28/server/version-header",
)
@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("MCP-Protocol-Version", None),
        ("MCP-Protocol-Version", "2025-11-25"),
        ("Mcp-Method", None),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Method", "TOOLS/CALL"),
        ("Mcp-Name", None),
        ("Mcp-Name", "other"),
        ("Mcp-Name", "=?base64?!!!?="),
        ("Mcp-Name", "=?BASE64?YWRk?="),
    ],
)
async def test_a_header_that_is_missing_or_says_something_else_is_a_mismatch(
    modern: ModernWire, header: str, value: str | None
) -> None:
    reply = await modern.tool("add", {"a": 1}, headers={header: value})

    assert (reply.status, reply.error["code"]) == (400, -32020)
    assert header in reply.error["message"]


@requirement("2026-07-28/server/sentinel-decoded")
async def test_an_encoded_name_is_decoded_before_it_is_compared(
    modern: ModernWire,
) -> None:
    encoded = base64.b64encode(b"add").decode()

    reply = await modern.tool(
        "add", {"a": 1}, headers={"Mcp-Name": f"=?base64?{encoded}?="}
    )

    assert reply.content == '{"sum":2}'


@requirement("2026-07-28/server/headers-match")
async def test_a_header_that_was_sent_twice_is_a_mismatch(modern: ModernWire) -> None:
    body, headers = modern.request("tools/call", {"name": "add", "arguments": {"a": 1}})
    lines = [(name, value) for name, value in headers.items() if value is not None]
    lines += [("Mcp-Name", "other"), ("Content-Type", "application/json")]

    async with modern.http.post(modern.url, json=body, headers=lines) as response:
        answer = await response.json()

    assert (response.status, answer["error"]["code"]) == (400, -32020)


@requirement("2026-07-28/server/method-not-found")
@pytest.mark.parametrize(
    "method",
    [
        "unknown/method",
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
        "tasks/get",
    ],
)
async def test_a_method_that_the_revision_does_not_have_is_not_found(
    modern: ModernWire, method: str
) -> None:
    reply = await modern.call(method)

    assert (reply.status, reply.error["code"]) == (404, -32601)


@requirement("2026-07-28/server/error-responses", "2026-07-28/server/request-ids")
@pytest.mark.parametrize("request_id", [None, True, 1.5, [], {}])
async def test_an_id_is_a_string_or_an_integer(
    modern: ModernWire, request_id: Any
) -> None:
    body, headers = modern.request("tools/list")
    body["id"] = request_id

    reply = await modern.send(body, headers=headers)

    assert (reply.status, reply.error["code"]) == (400, -32600)
    assert "id" not in reply.json


@requirement("2026-07-28/server/request-ids", "2026-07-28/server/result-responses")
@pytest.mark.parametrize("request_id", [0, -1, "", "näme", 2**60])
async def test_any_other_id_comes_back_as_it_was(
    modern: ModernWire, request_id: Any
) -> None:
    body, headers = modern.request("tools/list")
    body["id"] = request_id

    assert (await modern.send(body, headers=headers)).json["id"] == request_id


async def test_a_notification_is_accepted(modern: ModernWire) -> None:
    body, headers = modern.request("notifications/cancelled", {"requestId": 1})
    del body["id"]

    reply = await modern.send(body, headers=headers)

    assert (reply.status, reply.text) == (202, "")


@requirement("2026-07-28/server/one-message-per-post")
async def test_a_response_is_no_message_of_this_era(modern: ModernWire) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "result": {}}

    reply = await modern.send(body, headers={"MCP-Protocol-Version": MODERN})

    assert reply.status == 400


@requirement("2026-07-28/server/caching-hints")
@pytest.mark.parametrize(
    ("method", "member"),
    [
        ("tools/list", "tools"),
        ("prompts/list", "prompts"),
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
    ],
)
async def test_lists_say_how_long_they_may_be_kept_and_by_whom(
    modern: ModernWire, method: str, member: str
) -> None:
    result = (await modern.call(method)).result

    assert result["resultType"] == "complete"
    assert (result["ttlMs"], result["cacheScope"]) == (60_000, "public")
    assert result[member]


@requirement("2026-07-28/server/caching-hints")
async def test_a_resource_says_how_long_it_may_be_kept(modern: ModernWire) -> None:
    result = (await modern.call("resources/read", {"uri": "shop://text"})).result

    assert (result["ttlMs"], result["cacheScope"]) == (0, "private")


async def test_a_session_id_is_ignored(modern: ModernWire) -> None:
    reply = await modern.call("tools/list", headers={"Mcp-Session-Id": "whatever"})

    assert reply.status == 200
    assert "Mcp-Session-Id" not in reply.headers


class TestParameterHeaders:
    """`Mcp-Param-*` and the arguments that they repeat."""

    @requirement(
        "2026-07-28/server/header-names",
        "2026-07-28/server/parameter-headers-match",
        "2026-07-28/server/sentinel-decoded",
    )
    @pytest.mark.parametrize(
        ("arguments", "headers"),
        [
            ({}, {}),
            ({"region": "us-west1"}, {"Mcp-Param-Region": "us-west1"}),
            ({"region": "us-west1"}, {"mcp-param-REGION": "us-west1"}),
            ({"region": "世界"}, {"Mcp-Param-Region": "=?base64?5LiW55WM?="}),
            ({"region": "a"}, {"Mcp-Param-Region": "=?base64?YQ==?="}),
            ({"count": 42}, {"Mcp-Param-Count": "42"}),
            ({"count": 42}, {"Mcp-Param-Count": "42.0"}),
            ({"count": -7.0}, {"Mcp-Param-Count": "-7"}),
            ({}, {"Mcp-Param-Unknown": "anything"}),
        ],
    )
    async def test_agree(
        self, modern: ModernWire, arguments: Any, headers: dict[str, str]
    ) -> None:
        reply = await modern.tool("region", arguments, headers=headers)

        assert reply.status == 200, reply.text
        assert reply.content.startswith("in ")

    @requirement(
        "2026-07-28/server/parameter-headers-invalid",
        "2026-07-28/server/parameter-headers-match",
    )
    @pytest.mark.parametrize(
        ("arguments", "headers"),
        [
            ({"region": "us-west1"}, {}),
            ({"region": "us-west1"}, {"Mcp-Param-Region": "eu"}),
            ({"region": "us-west1"}, {"Mcp-Param-Region": "US-WEST1"}),
            ({"region": "a"}, {"Mcp-Param-Region": "=?base64?YQ?="}),
            ({"region": "a"}, {"Mcp-Param-Region": "=?base64?Y$==?="}),
            ({"region": "a"}, {"Mcp-Param-Region": "YQ=="}),
            ({"region": "café"}, {"Mcp-Param-Region": "café"}),
            ({}, {"Mcp-Param-Region": "us-west1"}),
            ({"region": None}, {"Mcp-Param-Region": "null"}),
            ({"count": 42}, {"Mcp-Param-Count": "43"}),
            ({"count": 42}, {"Mcp-Param-Count": "4.2e1"}),
            ({"count": True}, {"Mcp-Param-Count": "1"}),
        ],
    )
    async def test_differ(
        self, modern: ModernWire, arguments: Any, headers: dict[str, str]
    ) -> None:
        reply = await modern.tool("region", arguments, headers=headers)

        assert (reply.status, reply.error["code"]) == (400, -32020)
