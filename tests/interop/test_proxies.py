"""Our client and our server with nginx, HAProxy and Caddy between them."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.client import Client, Progress
from mcpgen.runtime.core.catalog import Catalog
from mcpgen.runtime.protocol.types import CallToolResult
from mcpgen.runtime.server import (
    Context,
    Contract,
    Service,
    Settings,
    ToolBinding,
    create_app,
)
from tests import official, proxies
from tests.delivery.test_delivery import EXAMPLES
from tests.pace import patient
from tests.ports import free_port
from tests.runtime.server.certificates import self_signed
from tests.runtime.server.conftest import serving
from tests.runtime.server.wire import LegacyWire

Era = Literal["modern", "legacy"]
LIMIT: Final = patient(60)
AT_ONCE: Final = patient(3)
"""Far below what anything here waits for that is silent: see KEEP_ALIVE and the client's
own limits."""
SILENCE: Final = 2
"""Seconds of silence after which proxies with a short limit give up."""
KEEP_ALIVE: Final = 0.2
NEVER: Final = 600.0
STEPS: Final = 3
TLS: Final = frozenset(
    ["nginx-documented", "nginx-h2", "haproxy-documented", "caddy-tls"]
)
NAMES: Final = (
    "nginx-default",
    "nginx-gzip",
    "nginx-documented",
    "nginx-h2",
    "haproxy",
    "haproxy-compressing",
    "haproxy-documented",
    "caddy",
    "caddy-documented",
    "caddy-tls",
)


def _nginx(location: str, listen: str = "", more: str = "") -> str:
    return (
        f"server {{ listen 127.0.0.1:PORT {listen}; {more} "
        f"location / {{ proxy_pass http://127.0.0.1:UPSTREAM; {location} }} }}"
    )


def _haproxy(timeout: float, bind: str = "", backend: str = "") -> str:
    return (
        "defaults\n mode http\n option http-no-delay\n timeout connect 5s\n"
        f" timeout client 60s\n timeout server {timeout}s\n"
        f"frontend in\n bind 127.0.0.1:PORT {bind}\n default_backend out\n"
        f"backend out\n{backend} server one 127.0.0.1:UPSTREAM\n"
    )


def _documented(name: str) -> str:
    text = EXAMPLES[f"deploy/{name}"]
    for written, here in (
        ("/etc/ssl/mcp-both.pem", "BOTH"),
        ("/etc/ssl/mcp.pem", "CERTIFICATE"),
        ("/etc/ssl/mcp.key", "KEY"),
        ("127.0.0.1:8000", "127.0.0.1:UPSTREAM"),
        ("listen 443", "listen 127.0.0.1:PORT"),
        ("bind :443", "bind 127.0.0.1:PORT"),
        ("server_name mcp.example.com", "server_name 127.0.0.1"),
        ("\nmcp.example.com {", "\nhttp://127.0.0.1:PORT {\n  bind 127.0.0.1"),
    ):
        text = f"\n{text}".replace(written, here)
    return text


def command(name: str, folder: Path, values: dict[str, str]) -> list[str]:
    """The command that starts a proxy with one of the configurations here."""
    certificate = "ssl_certificate CERTIFICATE; ssl_certificate_key KEY;"
    site, out = (
        "://127.0.0.1:PORT {\n bind 127.0.0.1\n",
        " reverse_proxy 127.0.0.1:UPSTREAM\n}",
    )
    short = f"proxy_read_timeout {SILENCE}s;"
    texts = {
        "nginx-default": _nginx(short),
        "nginx-gzip": _nginx(
            short,
            more="gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;",
        ),
        "nginx-documented": _documented("nginx.conf"),
        "nginx-h2": _nginx(short, "ssl http2", certificate),
        "haproxy": _haproxy(SILENCE),
        "haproxy-compressing": _haproxy(
            SILENCE,
            backend=" compression algo gzip\n"
            " compression type text/event-stream application/json\n",
        ),
        "haproxy-documented": _documented("haproxy.cfg"),
        "caddy": f"http{site}{out}",
        "caddy-documented": _documented("Caddyfile"),
        "caddy-tls": f"https{site} tls CERTIFICATE KEY\n{out}",
    }
    text = texts[name]
    for key, value in values.items():
        text = text.replace(key, value)
    if name == "nginx-documented":
        # The helper has a frame of its own.
        text = text.split("http {", 1)[1].rsplit("}", 1)[0]
    make = {"nginx": proxies.nginx, "haproxy": proxies.haproxy, "caddy": proxies.caddy}
    return make[name.partition("-")[0]](folder, text)


def _tool(name: str) -> dict[str, Any]:
    return {"name": name, "description": name, "inputSchema": {"type": "object"}}


class Works(Service):
    """Tools that go on when the test says so."""

    announces = frozenset(["tools"])
    contract: ClassVar[Contract] = Contract(
        Catalog(
            server={"name": "works", "version": "1"},
            tools=tuple(
                _tool(name) for name in ("steps", "silent", "polling", "change")
            ),
        ),
        tools={
            name: ToolBinding(name, Any)
            for name in ("steps", "silent", "polling", "change")
        },
    )

    def __init__(self) -> None:
        self.seen = asyncio.Semaphore(0)
        self.started = asyncio.Event()
        self.release = asyncio.Event()

    async def steps(self, args: Any, ctx: Context) -> str:
        for number in range(STEPS):
            await ctx.progress(number + 1, STEPS)
            await self.seen.acquire()
        return "seen"

    async def silent(self, args: Any, ctx: Context) -> str:
        self.started.set()
        await self.release.wait()
        return "done"

    async def polling(self, args: Any, ctx: Context) -> str:
        await ctx.disconnect(retry_ms=50)
        self.started.set()
        await self.release.wait()
        return "polled"

    async def change(self, args: Any, ctx: Context) -> str:
        ctx.catalog.tools.add(_tool("extra"), self.silent)
        return "changed"


@dataclass
class Site:
    """A server behind a proxy.

    Attributes:
        url: The endpoint as the proxy offers it.
        service: What answers.
        tls: What trusts the proxy; None without TLS.
        certificate: The file of the proxy's certificate.
    """

    url: str
    service: Works
    tls: ssl.SSLContext | None
    certificate: Path

    def client(self, era: Era) -> Client:
        return Client(self.url, era=era, tls=self.tls, timeout=LIMIT)


@asynccontextmanager
async def behind(name: str, folder: Path, keep_alive: float) -> AsyncIterator[Site]:
    """A server behind the proxy of that name."""
    certificate, key = self_signed(folder)
    both = folder / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    port, service = free_port(), Works()
    tls = proxies.trust(certificate) if name in TLS else None
    url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/mcp"
    settings = Settings(
        keep_alive=keep_alive,
        trusted_proxies=("127.0.0.1",) if name.endswith("documented") else (),
        public_url=url if name.endswith("documented") else "",
    )
    async with serving(create_app(service, settings)) as upstream:
        values = {
            "CERTIFICATE": str(certificate),
            "KEY": str(key),
            "BOTH": str(both),
            "UPSTREAM": upstream.removesuffix("/mcp").rpartition(":")[2],
            "PORT": str(port),
        }
        async with proxies.running(command(name, folder, values), port, folder):
            with official.ours(url):
                yield Site(url, service, tls, certificate)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["modern", "legacy"])
def era(request: pytest.FixtureRequest) -> Era:
    found: Era = request.param
    return found


@pytest.fixture
async def site(name: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with behind(name, tmp_path, NEVER) as found:
        yield found


def text(result: CallToolResult) -> str:
    return str(getattr(result.content[0], "text", None))


async def test_calls_and_progress_arrive_one_by_one(site: Site, era: Era) -> None:
    """The tool reports the next step when the client has seen the one before."""
    steps: list[float] = []

    def progress(step: Progress) -> None:
        steps.append(step.progress)
        site.service.seen.release()

    async with site.client(era) as client:
        assert len(await client.list_tools()) == len(site.service.contract.tools)
        result = await client.with_options(progress=progress).call_tool("steps")
    assert (text(result), steps) == ("seen", [1, 2, 3])


async def test_a_long_call_outlives_the_limit_of_the_proxy(
    name: str, tmp_path: Path, era: Era
) -> None:
    """Comments on the stream keep a silent call open."""
    async with behind(name, tmp_path, KEEP_ALIVE) as site, site.client(era) as client:
        call = asyncio.create_task(client.call_tool("silent"))
        async with asyncio.timeout(LIMIT):
            await site.service.started.wait()
        await asyncio.sleep(SILENCE * 1.5)  # the silence is what is tested
        site.service.release.set()
        assert text(await call) == "done"


async def test_a_subscription_begins_at_once(site: Site, era: Era) -> None:
    async with site.client(era) as client:
        changes = client.subscribe(tools_changed=True)
        await asyncio.wait_for(changes.__aenter__(), AT_ONCE)
        try:
            await client.call_tool("change")
            change = await asyncio.wait_for(anext(changes), LIMIT)
        finally:
            await changes.__aexit__(None, None, None)
    assert change.method == "notifications/tools/list_changed"


@pytest.mark.parametrize(
    "name", ["caddy-documented", "haproxy-compressing", "nginx-gzip"]
)
async def test_a_compressing_proxy_passes_the_head_of_a_stream_on_at_once(
    site: Site,
) -> None:
    """Caddy's `encode` holds it back until the first bytes of the stream."""
    async with ClientSession() as http:
        wire = LegacyWire(http, site.url)
        await wire.initialize()
        headers = {**wire.headers, "Accept": "text/event-stream"}
        async with asyncio.timeout(AT_ONCE), http.get(site.url, headers=headers) as got:
            assert await got.content.readline() == b":\n"


async def test_a_call_whose_stream_was_closed_is_resumed(site: Site) -> None:
    async with site.client("legacy") as client:
        call = asyncio.create_task(client.call_tool("polling"))
        async with asyncio.timeout(LIMIT):
            await site.service.started.wait()
        site.service.release.set()
        assert text(await call) == "polled"


async def test_a_call_survives_a_restart_of_the_proxy(tmp_path: Path) -> None:
    """The stream breaks, and the client resumes it through the proxy's next process."""
    port, service = free_port(), Works()
    async with serving(create_app(service)) as upstream:
        values = {"UPSTREAM": upstream.removesuffix("/mcp").rpartition(":")[2]}
        start = command("haproxy", tmp_path, {**values, "PORT": str(port)})
        url = f"http://127.0.0.1:{port}/mcp"
        client, seen = Client(url, era="legacy", timeout=LIMIT), asyncio.Event()
        async with proxies.running(start, port, tmp_path):
            await client.open()
            call = asyncio.create_task(
                client.with_options(progress=lambda _: seen.set()).call_tool("steps")
            )
            await asyncio.wait_for(seen.wait(), LIMIT)
        async with proxies.running(start, port, tmp_path):
            for _ in range(STEPS):
                service.seen.release()
            assert text(await call) == "seen"
            await client.close()


@pytest.mark.parametrize("name", ["nginx-h2", "haproxy-documented", "caddy-tls"])
async def test_events_arrive_one_by_one_over_http2(site: Site) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "progressToken": 1,
    }
    params = {"name": "steps", "arguments": {}, "_meta": meta}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": "steps",
    }
    curl = await asyncio.create_subprocess_exec(
        proxies.executable("curl"),
        *("--silent", "--show-error", "--no-buffer", "--include", "--http2"),
        *("--noproxy", "*", "--max-time", str(LIMIT)),
        *("--cacert", str(site.certificate), "--data", json.dumps(body)),
        *(part for each in headers.items() for part in ("--header", ": ".join(each))),
        site.url,
        stdout=asyncio.subprocess.PIPE,
    )
    assert curl.stdout is not None
    first = await curl.stdout.readline()
    messages: list[dict[str, Any]] = []
    async for line in curl.stdout:
        if line.startswith(b"data: "):
            messages.append(json.loads(line[6:]))
            site.service.seen.release()
    assert await curl.wait() == 0
    assert first.startswith(b"HTTP/2 200")
    progress = [each["params"]["progress"] for each in messages[:-1]]
    assert (progress, messages[-1]["result"]["content"][0]["text"]) == (
        [1, 2, 3],
        "seen",
    )
