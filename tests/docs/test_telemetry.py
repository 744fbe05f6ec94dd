"""The page about telemetry, with a collector that takes OTLP over HTTP."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from aiohttp import web

from tests.docs import pages
from tests.pace import patient
from tests.peers import environment
from tests.ports import free_port
from tests.runtime.server.conftest import serving

PAGE = Path(__file__).parents[2] / "docs" / "telemetry.md"
INSTALL = "pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http"
PACKAGES = (
    *("opentelemetry-distro==0.66b2", "opentelemetry-exporter-otlp-proto-http==1.45.2"),
    *("aiohttp==3.14.5", "jsonschema-rs>=0.60,<0.61", "pydantic>=2.12.5,<3"),
    "opentelemetry-exporter-prometheus==0.66b2",
)
"""What the page installs, into an environment that has what a server needs."""

SECONDS = patient(60)


async def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    """Prometheus' page has every metric that is named; a collector gets the spans."""
    python = await asyncio.to_thread(environment, "telemetry", *PACKAGES)
    arrived = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        if b"tools/call get_forecast" in await request.read():
            arrived.set()
        return web.Response()

    collector = web.Application()
    collector.router.add_post("/v1/traces", take)
    collector.router.add_post("/v1/metrics", take)
    collector.router.add_post("/v1/logs", take)
    async with serving(collector, "") as url:
        stand_ins = {
            "http://collector:4318": url,
            "opentelemetry-instrument python": (
                f"{python.parent / 'opentelemetry-instrument'} {python}"
            ),
            INSTALL: "true",
            "8001": str(free_port()),
        }
        printed = await asyncio.to_thread(pages.run, PAGE, tmp_path, stand_ins)
        await asyncio.wait_for(arrived.wait(), SECONDS)

    assert not pages.missing(PAGE, printed), printed
    named = set(
        re.findall(r"\b(?:mcp_server|process)_\w*\w\b", PAGE.read_text("utf-8"))
    )
    assert named
    for name in named:
        assert name in printed, name
