"""The nginx configuration of the deployment page, in front of two real servers."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from aiohttp import ClientSession

from tests import proxies
from tests.docs import pages
from tests.pace import patient
from tests.ports import free_port

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "docs" / "how-to" / "deploy.md"
TOKEN = "a-token-that-nobody-else-knows-1234"
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


WEATHER = {
    "MCP_ALLOWED_HOSTS": HOST,
    "MCP_TRUSTED_PROXIES": "127.0.0.1",
    "MCP_STATE_KEYS": "k" * 64,
}


@asynccontextmanager
async def upstream(
    port: int,
    log: Path,
    example: str = "weather",
    variables: Mapping[str, str] = WEATHER,
) -> AsyncIterator[None]:
    """A server of an example in a process of its own, which appends to a log."""
    with log.open("ab") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"{example}_server", "--port", str(port)),
            cwd=CHECKOUT / "generated_examples" / example / "server",
            env=dict(variables),
            stdout=asyncio.subprocess.PIPE,
            stderr=written,
        )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), patient(60))
        assert line.startswith(b"http://")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), patient(60))


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


async def modern_request(
    http: ClientSession, url: str, method: str = "tools/list", **params: Any
) -> tuple[dict[str, Any], str]:
    """The answer to a request, and the server that it came from."""
    version = "2026-07-28"
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": method,
        "params": {**params, "_meta": meta},
    }
    headers = {
        **JSON,
        "Authorization": f"Bearer {TOKEN}",
        "MCP-Protocol-Version": version,
        "Mcp-Method": method,
    }
    if "name" in params:
        headers["Mcp-Name"] = params["name"]
    async with http.post(url, json=message, headers=headers) as answer:
        assert answer.status in (200, 400), await answer.text()
        return await answer.json(), answer.headers["X-Upstream"]


async def test_two_servers_keep_legacy_sessions_and_share_modern_requests(
    tmp_path: Path,
) -> None:
    ports = (free_port(), free_port())
    listen = free_port()
    command = proxies.nginx(tmp_path, configured(listen, ports))
    url = f"http://127.0.0.1:{listen}/mcp"
    async with (
        upstream(ports[0], tmp_path / "log"),
        upstream(ports[1], tmp_path / "log"),
        proxies.running(command, listen, tmp_path),
        ClientSession() as http,
    ):
        for _ in range(SESSIONS):
            await legacy_session(http, url)
        # By chance all of 40 go to one server once in 2 ** 39 runs.
        seen = {(await modern_request(http, url))[1] for _ in range(40)}
        assert len(seen) == 2


def replica(folder: Path) -> dict[str, str]:
    """The variables of a container of `deploy/deployment.yaml`, with its secrets."""
    (text,) = (
        block.text
        for block in pages.blocks(PAGE)
        if block.title == "deploy/deployment.yaml"
    )
    pod = yaml.safe_load(text)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (mount,) = container["volumeMounts"]
    (folder / "tokens").write_text(TOKEN, "utf-8")
    (folder / "state-keys").write_text("k" * 64, "utf-8")
    return {
        each["name"]: each["value"].replace(mount["mountPath"], str(folder))
        for each in container["env"]
    }


async def answered(http: ClientSession, url: str) -> tuple[bool, dict[str, Any]]:
    """A call whose handler asks; whether the question and the answer reached two
    servers, and the outcome."""
    call: dict[str, Any] = {"name": "test_elicitation", "arguments": {"message": "?"}}
    asked, first = await modern_request(http, url, "tools/call", **call)
    (key,) = asked["result"]["inputRequests"]
    reply = {
        "action": "accept",
        "content": {"username": "bo", "email": "b@example.com"},
    }
    call |= {
        "inputResponses": {key: reply},
        "requestState": asked["result"]["requestState"],
    }
    outcome, second = await modern_request(http, url, "tools/call", **call)
    return first != second, outcome


async def two_replicas(
    folder: Path, variables: Mapping[str, str]
) -> list[tuple[bool, dict[str, Any]]]:
    """Calls to two replicas behind one address."""
    ports = (free_port(), free_port())
    listen = free_port()
    command = proxies.nginx(folder, configured(listen, ports))
    async with (
        upstream(ports[0], folder / "log", "everything", variables),
        upstream(ports[1], folder / "log", "everything", variables),
        proxies.running(command, listen, folder),
        ClientSession() as http,
    ):
        url = f"http://127.0.0.1:{listen}/mcp"
        return [await answered(http, url) for _ in range(30)]


async def test_two_replicas_of_the_deployment_understand_answers_to_each_other(
    tmp_path: Path,
) -> None:
    calls = await two_replicas(tmp_path, replica(tmp_path))
    # By chance no call of 30 changes servers once in 2 ** 30 runs.
    assert any(changed for changed, _ in calls)
    for _, outcome in calls:
        assert outcome["result"]["resultType"] == "complete"
    assert "MCP_STATE_KEYS" not in (tmp_path / "log").read_text("utf-8")


async def test_replicas_without_keys_refuse_such_answers_and_log_what_is_missing(
    tmp_path: Path,
) -> None:
    variables = replica(tmp_path)
    del variables["MCP_STATE_KEYS_FILE"]
    calls = await two_replicas(tmp_path, variables)
    assert any(changed for changed, _ in calls)
    assert all(("error" in outcome) is changed for changed, outcome in calls)
    assert "MCP_STATE_KEYS" in (tmp_path / "log").read_text("utf-8")
