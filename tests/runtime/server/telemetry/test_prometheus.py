"""The page of metrics: what is on it, and who may see it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import cast

import pytest
from aiohttp import ClientSession
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from mcpgen.runtime.server import Settings, SettingsError, create_app

from ..conftest import Serve, serving
from ..wire import SECONDS, LegacyWire, ModernWire
from ..workshop import Workshop

ROOT = Path(__file__).parents[4]
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
Parse = Callable[[str], Iterable[Metric]]
parse_text = cast(Parse, text_string_to_metric_families)
parse_newer = cast(Parse, openmetrics.text_string_to_metric_families)
DURATION = "mcp_server_operation_duration_seconds"
ON = Settings(metrics_path="/metrics")


async def page(
    http: ClientSession, url: str, headers: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Status, type and text of the page of the server whose endpoint is `url`."""
    where = url.removesuffix("/mcp") + "/metrics"
    async with http.get(where, headers=headers) as response:
        return response.status, response.content_type, await response.text()


async def scrape(http: ClientSession, url: str) -> dict[str, Metric]:
    """The families that Prometheus would read."""
    status, _, text = await page(http, url)
    assert status == 200, text
    return {family.name: family for family in parse_text(text)}


async def test_a_scrape_tells_of_calls_errors_durations_sessions_and_streams(
    http: ClientSession, serve: Serve
) -> None:
    url = await serve(ON)
    modern, legacy = ModernWire(http, url), LegacyWire(http, url)
    await legacy.initialize()
    for wire in (modern, legacy, modern):
        await wire.tool("add", {"a": 1})
    await modern.tool("failing")

    async with legacy.get():
        families = await scrape(http, url)

    counted = {
        (
            sample.labels["gen_ai_tool_name"],
            sample.labels["mcp_protocol_version"],
            sample.labels.get("error_type", ""),
        ): sample.value
        for sample in families[DURATION].samples
        if sample.name == f"{DURATION}_count"
    }
    assert counted == {
        ("add", "2026-07-28", ""): 2,
        ("add", "2025-11-25", ""): 1,
        ("failing", "2026-07-28", "tool_error"): 1,
    }
    assert any(s.name == f"{DURATION}_bucket" for s in families[DURATION].samples)
    for name, value in (("calls", 0), ("sessions", 1), ("streams", 1)):
        (sample,) = families[f"mcp_server_active_{name}"].samples
        assert sample.value == value


async def test_the_newer_format_is_given_to_those_who_ask(
    http: ClientSession, serve: Serve
) -> None:
    url = await serve(ON)
    await ModernWire(http, url).tool("add", {"a": 1})

    status, content_type, text = await page(http, url, {"Accept": OPENMETRICS})

    assert (status, content_type) == (200, "application/openmetrics-text")
    assert DURATION in {family.name for family in parse_newer(text)}


async def test_two_servers_of_a_process_count_apart(
    http: ClientSession, serve: Serve
) -> None:
    one, other = await serve(ON), await serve(ON)
    await ModernWire(http, one).tool("add", {"a": 1})

    assert DURATION in await scrape(http, one)
    assert DURATION not in await scrape(http, other)


async def test_there_is_no_page_by_default(http: ClientSession, url: str) -> None:
    assert (await page(http, url))[0] == 404


class TestWhoMaySeeIt:
    """This machine alone, or whoever has the token; never a page in a browser."""

    @pytest.mark.parametrize(
        ("peer", "proxies", "headers", "status"),
        [
            ("127.0.0.1", (), {}, 200),
            ("::1", (), {}, 200),
            ("203.0.113.9", (), {}, 403),
            ("127.0.0.1", (), {"X-Forwarded-For": "203.0.113.9"}, 403),
            ("127.0.0.1", (), {"X-Forwarded-For": "127.0.0.1"}, 403),
            ("127.0.0.1", (), {"Forwarded": "for=203.0.113.9"}, 403),
            ("127.0.0.1", ("127.0.0.1",), {"X-Forwarded-For": "203.0.113.9"}, 403),
            ("203.0.113.9", ("203.0.113.9",), {"X-Forwarded-For": "127.0.0.1"}, 200),
            ("127.0.0.1", (), {"Host": "evil.example.com"}, 403),
            ("127.0.0.1", (), {"Origin": "https://evil.example.com"}, 403),
            ("127.0.0.1", (), {"Origin": "null"}, 403),
        ],
    )
    async def test_without_a_token(
        self,
        http: ClientSession,
        peer: str,
        proxies: tuple[str, ...],
        headers: dict[str, str],
        status: int,
    ) -> None:
        settings = Settings(metrics_path="/metrics", trusted_proxies=proxies)
        async with serving(create_app(Workshop(), settings), peer=peer) as url:
            assert (await page(http, url, headers))[0] == status

    @pytest.mark.parametrize(
        ("authorization", "status"),
        [
            ("Bearer open sesame", 200),
            ("bearer open sesame", 200),
            ("Bearer open", 401),
            ("Bearer ", 401),
            ("Basic open sesame", 401),
            ("Bearer \xf6pen", 401),
            (None, 401),
        ],
    )
    @pytest.mark.parametrize("peer", ["127.0.0.1", "203.0.113.9"])
    async def test_with_a_token(
        self, http: ClientSession, peer: str, authorization: str | None, status: int
    ) -> None:
        settings = Settings(
            metrics_path="/metrics", metrics_token=SecretStr("open sesame")
        )
        given = {} if authorization is None else {"Authorization": authorization}
        async with serving(create_app(Workshop(), settings), peer=peer) as url:
            assert (await page(http, url, given))[0] == status

    @pytest.mark.parametrize("authorization", ["Bearer", "Bearer ", "bearer", None])
    async def test_an_empty_token_is_nobody_s(
        self, http: ClientSession, authorization: str | None
    ) -> None:
        settings = Settings(metrics_path="/metrics", metrics_token=SecretStr(""))
        given = {} if authorization is None else {"Authorization": authorization}
        async with serving(create_app(Workshop(), settings)) as url:
            assert (await page(http, url, given))[0] == 401


async def test_a_server_as_a_program_is_scraped(http: ClientSession) -> None:
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "everything_server", "--port", "0"),
        *("--metrics-path", "/metrics"),
        cwd=ROOT / "generated_examples" / "everything" / "server",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert server.stdout is not None
        line = await asyncio.wait_for(server.stdout.readline(), SECONDS)
        url = line.decode().strip()
        await ModernWire(http, url).call("tools/list")

        families = await scrape(http, url)
    finally:
        server.terminate()
        await asyncio.wait_for(server.wait(), SECONDS)

    methods = {s.labels.get("mcp_method_name") for s in families[DURATION].samples}
    assert methods == {"tools/list"}
    assert "process_resident_memory_bytes" in families


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (Settings(telemetry=True), "opentelemetry-api"),
        (ON, "opentelemetry-exporter-prometheus"),
    ],
)
def test_the_extra_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, missing: str
) -> None:
    def nothing(name: str, package: str | None = None) -> ModuleSpec | None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(
        "mcpgen.runtime.server.features.telemetry.hook.find_spec", nothing
    )

    with pytest.raises(SettingsError, match=f"{missing}.*extra `telemetry`"):
        create_app(Workshop(), settings)
