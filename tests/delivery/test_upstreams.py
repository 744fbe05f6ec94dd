"""The nginx configuration of the deployment page, in front of two real servers."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession

from tests import proxies
from tests.docs import pages
from tests.pace import patient

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "docs" / "how-to" / "deploy.md"
HOST = "mcp.example.com"
SESSIONS = 12
JSON = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "Host": HOST,
}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@asynccontextmanager
async def upstream(port: int) -> AsyncIterator[None]:
    """A server of the weather example in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "weather_server", "--port", str(port)),
        cwd=CHECKOUT / "generated_examples" / "weather" / "server",
        env={
            "MCP_ALLOWED_HOSTS": HOST,
            "MCP_TRUSTED_PROXIES": "127.0.0.1",
            "MCP_STATE_KEYS": "k" * 64,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), patient(30))
        assert line.startswith(b"http://")
        yield
    finally:
        process.terminate()
        await asyncio.wait_for(process.communicate(), patient(30))


def configured(listen: int, ports: tuple[int, int]) -> str:
    """The page's `http` block for these ports, without TLS."""
    (text,) = (
        block.text for block in pages.blocks(PAGE) if block.title == "deploy/nginx.conf"
    )
    text = text.partition("http {")[2].rstrip().removesuffix("}")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{listen}")
    text = re.sub(r"ssl_certificate\w* [^;]+;", "", text)
    for named, port in zip(("8000", "8001"), ports, strict=True):
        assert f"127.0.0.1:{named};" in text
        text = text.replace(f"127.0.0.1:{named};", f"127.0.0.1:{port};")
    return text.replace(
        "location / {",
        "add_header X-Upstream $upstream_addr always;\n    location / {",
    )


async def legacy_session(http: ClientSession, url: str) -> str:
    """A session from its first request to its end; gives the server that had it."""
    async with http.post(url, json=INITIALIZE, headers=JSON) as answer:
        assert answer.status == 200
        session = answer.headers["MCP-Session-Id"]
        seen = {answer.headers["X-Upstream"]}
    own = {**JSON, "MCP-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}
    for message in (
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ):
        async with http.post(url, json=message, headers=own) as answer:
            assert answer.status in (200, 202), await answer.text()
            seen.add(answer.headers["X-Upstream"])
    async with http.delete(url, headers=own) as answer:
        assert answer.status in (200, 204)
        seen.add(answer.headers["X-Upstream"])
    (server,) = seen
    return server


async def modern_request(http: ClientSession, url: str) -> str:
    version = "2026-07-28"
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/list",
        "params": {"_meta": meta},
    }
    headers = {**JSON, "MCP-Protocol-Version": version, "Mcp-Method": "tools/list"}
    async with http.post(url, json=message, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return answer.headers["X-Upstream"]


async def test_two_servers_keep_legacy_sessions_and_share_modern_requests(
    tmp_path: Path,
) -> None:
    ports = (proxies.free_port(), proxies.free_port())
    listen = proxies.free_port()
    command = proxies.nginx(tmp_path, configured(listen, ports))
    url = f"http://127.0.0.1:{listen}/mcp"
    async with (
        upstream(ports[0]),
        upstream(ports[1]),
        proxies.running(command, listen, tmp_path),
        ClientSession() as http,
    ):
        for _ in range(SESSIONS):
            await legacy_session(http, url)
        # By chance all of 40 go to one server once in 2 ** 39 runs.
        seen = {await modern_request(http, url) for _ in range(40)}
        assert len(seen) == 2
