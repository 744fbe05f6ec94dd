"""What the endpoint lets in: hosts, origins, sizes, forms of messages; and CORS."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from aiohttp import ClientSession, web

from mcpgen.runtime.server import Settings, create_app
from tests.requirements import requirement

from .conftest import Serve, serving
from .wire import LegacyWire, ModernWire
from .workshop import Workshop


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1234", "127.0.0.1:80", "[::1]:9", "LOCALHOST"]
)
async def test_local_hosts_are_fine(modern: ModernWire, host: str) -> None:
    assert (await modern.call("tools/list", headers={"Host": host})).status == 200


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE", "OPTIONS"])
async def test_any_other_host_is_refused_with_the_setting_that_allows_it(
    legacy: LegacyWire, method: str
) -> None:
    reply = await legacy.other(method, Host="evil.example.com")

    assert reply.status == 403
    message = reply.error["message"]
    for part in ("Host", "evil.example.com", "allowed_hosts", "MCP_ALLOWED_HOSTS"):
        assert part in message
    assert "id" not in reply.json


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        ("api.example.com", "api.example.com", 200),
        ("api.example.com", "api.example.com:8443", 200),
        ("api.example.com:*", "api.example.com:8443", 200),
        ("api.example.com:8443", "API.example.com:8443", 200),
        ("api.example.com:8443", "api.example.com", 403),
        ("api.example.com", "api.example.com.evil.org", 403),
        ("*", "anything.at.all", 200),
    ],
)
async def test_hosts_can_be_allowed(
    http: ClientSession, serve: Serve, allowed: str, host: str, status: int
) -> None:
    wire = ModernWire(http, await serve(Settings(allowed_hosts=(allowed,))))

    assert (await wire.call("tools/list", headers={"Host": host})).status == status


async def test_a_public_server_that_names_no_hosts_takes_any(
    http: ClientSession, serve: Serve
) -> None:
    wire = ModernWire(http, await serve(Settings(host="0.0.0.0")))

    public = await wire.call("tools/list", headers={"Host": "mcp.example.com"})
    rebound = await wire.call(
        "tools/list",
        headers={"Host": "evil.example.com", "Origin": "http://evil.example.com"},
    )

    assert public.status == 200
    assert rebound.status == 403


@pytest.mark.parametrize(
    "origin", ["http://localhost", "http://localhost:3000", "https://127.0.0.1:1"]
)
async def test_local_origins_are_fine_and_may_read_the_answer(
    modern: ModernWire, origin: str
) -> None:
    reply = await modern.call("tools/list", headers={"Origin": origin})

    assert reply.status == 200
    assert reply.headers["Access-Control-Allow-Origin"] == origin
    assert "Mcp-Session-Id" in reply.headers["Access-Control-Expose-Headers"]
    assert reply.headers["Vary"] == "Origin"


@requirement("2025-11-25/server/origin", "2026-07-28/server/origin")
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example.com",
        "null",
        "file://localhost",
        "http://localhost.evil.org",
        "http://localhost@evil.org",
        "http://localhost:@evil.org",
        "http://localhost:1@evil.org",
        "http://l\xf6calhost",
    ],
)
async def test_any_other_origin_is_refused_with_the_setting_that_allows_it(
    modern: ModernWire, origin: str
) -> None:
    reply = await modern.call("tools/list", headers={"Origin": origin})

    assert reply.status == 403
    assert "allowed_origins" in reply.error["message"]
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize("allowed", ["https://app.example.com", "*"])
async def test_origins_can_be_allowed(
    http: ClientSession, serve: Serve, allowed: str
) -> None:
    wire = ModernWire(http, await serve(Settings(allowed_origins=(allowed,))))
    origin = "https://app.example.com"

    reply = await wire.call("tools/list", headers={"Origin": origin})

    assert reply.headers["Access-Control-Allow-Origin"] == origin


async def test_a_preflight_is_answered(modern: ModernWire) -> None:
    reply = await modern.other(
        "OPTIONS",
        Origin="http://localhost:3000",
        **{
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,mcp-method",
        },
    )

    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Headers"] == "content-type,mcp-method"
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]


async def test_a_stream_has_the_headers_for_browsers_too(modern: ModernWire) -> None:
    reply = await modern.tool(
        "threaded",
        meta={"progressToken": 1},
        headers={"Origin": "http://localhost:3000"},
    )

    assert reply.headers["Content-Type"] == "text/event-stream"
    assert reply.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", None])
async def test_a_body_must_be_json_by_its_type(
    modern: ModernWire, content_type: str | None
) -> None:
    reply = await modern.call("tools/list", headers={"Content-Type": content_type})

    assert reply.status == 415


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON"]
)
async def test_parameters_and_case_of_the_type_do_not_matter(
    modern: ModernWire, content_type: str
) -> None:
    reply = await modern.call("tools/list", headers={"Content-Type": content_type})

    assert reply.status == 200


async def test_a_client_that_accepts_nothing_of_ours_is_told(
    modern: ModernWire,
) -> None:
    reply = await modern.call("tools/list", headers={"Accept": "text/html"})

    assert reply.status == 406


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/*"])
async def test_accept_may_be_less_than_the_specification_wants(
    modern: ModernWire, accept: str | None
) -> None:
    assert (await modern.call("tools/list", headers={"Accept": accept})).status == 200


@requirement(
    "2025-11-25/server/json-rpc",
    "2025-11-25/server/utf-8",
    "2026-07-28/server/json-rpc",
    "2026-07-28/server/utf-8",
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"a":1}x',
        b"\xff\xfe",
        b'{"a":NaN}',
        b'"\\ud800"',
        b"[" * 100000,
        b'{"a":' * 100000,
    ],
)
async def test_what_is_not_json_is_a_parse_error(
    modern: ModernWire, legacy: LegacyWire, body: bytes
) -> None:
    headers: dict[str, str | None]
    _, headers = modern.request("tools/list")
    for reply in (await modern.send(body, headers=headers), await legacy.send(body)):
        assert (reply.status, reply.error["code"]) == (400, -32700)


@requirement(
    "2024-11-05/server/json-rpc",
    "2025-11-25/server/json-rpc",
)
@pytest.mark.parametrize(
    "body",
    [
        3,
        "x",
        None,
        {},
        {"jsonrpc": "1.0", "id": 1, "method": "ping"},
        {"id": 1, "method": "ping"},
        {"jsonrpc": "2.0"},
    ],
)
async def test_json_that_is_no_message_is_an_invalid_request(
    modern: ModernWire, legacy: LegacyWire, body: Any
) -> None:
    for wire in (modern, legacy):
        assert (await wire.send(body)).status == 400


@requirement("2025-11-25/server/json-rpc")
@pytest.mark.parametrize("method", [3, None, [], {}])
async def test_a_method_is_a_string(legacy: LegacyWire, method: Any) -> None:
    reply = await legacy.send({"jsonrpc": "2.0", "id": 1, "method": method})

    assert reply.error["code"] in (-32600, -32601)


class TestSize:
    """Bodies are limited, however they come."""

    @pytest.fixture
    async def wire(self, http: ClientSession, serve: Serve) -> ModernWire:
        return ModernWire(http, await serve(Settings(max_body=1000)))

    async def test_a_large_body_is_refused(self, wire: ModernWire) -> None:
        reply = await wire.send(b" " * 1001)

        assert reply.status == 413
        assert "1000 bytes" in reply.error["message"]
        assert "max_body" in reply.error["message"]

    async def test_a_large_body_in_chunks_is_refused(self, wire: ModernWire) -> None:
        async def chunks() -> Any:
            for _ in range(20):
                yield b" " * 100

        async with wire.http.post(
            wire.url, data=chunks(), headers={"Content-Type": "application/json"}
        ) as response:
            assert response.status == 413

    async def test_a_body_that_grows_when_unpacked_is_refused(
        self, wire: ModernWire
    ) -> None:
        packed = gzip.compress(b" " * 500_000)
        assert len(packed) < 1000

        reply = await wire.send(packed, headers={"Content-Encoding": "gzip"})

        assert reply.status == 413

    async def test_a_packed_body_is_read(self, wire: ModernWire) -> None:
        body, headers = wire.request("tools/list")
        packed = gzip.compress(json.dumps(body).encode())

        reply = await wire.send(packed, headers={**headers, "Content-Encoding": "gzip"})

        assert reply.status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD"])
async def test_other_http_methods_are_not_served(
    modern: ModernWire, method: str
) -> None:
    reply = await modern.other(method)

    assert reply.status == 405
    assert reply.headers["Allow"] == "GET, POST, DELETE, OPTIONS"


async def test_health_and_readiness(http: ClientSession, url: str) -> None:
    for path in ("/healthz", "/readyz"):
        async with http.get(url.replace("/mcp", path)) as response:
            assert response.status == 200


async def test_health_of_an_application_is_only_asked_for(
    http: ClientSession, service: Workshop
) -> None:
    for path in ("/healthz", "/readyz"):
        async with (
            serving(create_app(service), path) as url,
            http.post(url) as response,
        ):
            assert response.status == 405


async def test_readiness_ends_when_shutdown_begins(
    http: ClientSession, service: Workshop
) -> None:
    app = create_app(service)
    async with serving(app, "/readyz") as url:
        await app.shutdown()
        async with http.get(url) as response:
            assert response.status == 503


async def test_the_service_hears_of_start_and_stop(service: Workshop) -> None:
    async with serving(create_app(service)):
        assert service.up is True
    assert service.up is False


async def test_a_server_can_be_mounted_in_another_application(
    http: ClientSession, service: Workshop
) -> None:
    outer = web.Application()
    outer.add_subapp("/tools", create_app(service))

    async with serving(outer, "/tools/mcp") as url:
        assert (await ModernWire(http, url).tool("add", {"a": 1})).content
        await LegacyWire(http, url).initialize()


class TestOneEra:
    """A service may serve one era alone."""

    @pytest.fixture
    async def modern_url(self, serve: Serve) -> str:
        return await serve(None, limited("2026-07-28"))

    @pytest.fixture
    async def legacy_url(self, serve: Serve) -> str:
        return await serve(None, limited("2025-06-18", "2025-11-25"))

    @requirement("2025-11-25/server/get-stream", "2026-07-28/server/one-endpoint")
    async def test_modern_alone_has_no_get_and_delete(
        self, http: ClientSession, modern_url: str
    ) -> None:
        wire = ModernWire(http, modern_url)

        for method in ("GET", "DELETE"):
            reply = await wire.other(method)
            assert (reply.status, reply.headers["Allow"]) == (405, "POST, OPTIONS")
        assert (await wire.call("tools/list")).status == 200

    async def test_modern_alone_names_its_versions_to_those_who_initialize(
        self, http: ClientSession, modern_url: str
    ) -> None:
        wire = LegacyWire(http, modern_url)

        reply = await wire.call("initialize", {"protocolVersion": "2025-11-25"})

        assert reply.status == 400
        assert "2026-07-28" in reply.error["message"]
        assert reply.error["data"]["supported"] == ["2026-07-28"]

    async def test_modern_alone_lists_its_versions(
        self, http: ClientSession, modern_url: str
    ) -> None:
        result = (await ModernWire(http, modern_url).call("server/discover")).result

        assert result["supportedVersions"] == ["2026-07-28"]

    async def test_legacy_alone_does_not_look_modern(
        self, http: ClientSession, legacy_url: str
    ) -> None:
        reply = await ModernWire(http, legacy_url).call("server/discover")

        assert reply.status == 400
        assert reply.error["code"] == -32600

    @requirement("2025-11-25/server/version-other")
    async def test_legacy_alone_negotiates_among_its_versions(
        self, http: ClientSession, legacy_url: str
    ) -> None:
        for wanted, given in (
            ("2025-06-18", "2025-06-18"),
            ("2024-11-05", "2025-11-25"),
        ):
            result = await LegacyWire(http, legacy_url).initialize(wanted)
            assert result["protocolVersion"] == given


def limited(*versions: str) -> Workshop:
    """A workshop that serves some revisions only."""
    from dataclasses import replace

    class Limited(Workshop):
        contract = replace(Workshop.contract, revisions=versions)

    return Limited()


def test_an_unknown_revision_can_not_be_served() -> None:
    with pytest.raises(ValueError, match="1999-01-01"):
        create_app(limited("1999-01-01"))
