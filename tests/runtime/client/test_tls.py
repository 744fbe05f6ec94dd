"""Clients with certificates of their own, over real TLS."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from mcpgen.runtime.client import Client, TransportError, tls_context
from mcpgen.runtime.client.features.terminal import main

from ..server.certificates import self_signed
from .wire import Call, Reply, modern, text


async def no_tools(call: Call) -> Reply:
    return call.result(tools=[])


@asynccontextmanager
async def guarded(certificate: Path, key: Path) -> AsyncIterator[str]:
    """A server that wants a certificate; its URL."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    app = web.Application()
    app.router.add_post(
        "/mcp", modern({"tools": {}}, tools_call=text, tools_list=no_tools).handle
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield f"https://127.0.0.1:{runner.addresses[0][1]}/mcp"
    finally:
        await runner.cleanup()


async def test_a_client_shows_its_certificate(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    own = tls_context(cacert=certificate, cert=certificate, key=key)
    async with guarded(certificate, key) as url:
        async with Client(url, tls=own) as client:
            await client.call_tool("a")
        for other in (None, tls_context(cacert=certificate)):
            with pytest.raises(TransportError):
                await Client(url, tls=other).open()


async def test_the_terminal_program_shows_a_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate, key = map(str, self_signed(tmp_path))
    own = ["--cacert", certificate, "--cert", certificate, "--key", key]
    async with guarded(Path(certificate), Path(key)) as url:
        assert await asyncio.to_thread(main, Client, ["--json", *own, url]) == 0
    assert json.loads(capsys.readouterr().out)["server"]["name"] == "wire"


@pytest.mark.parametrize(
    "options, problem",
    [
        (["--cert", "nothing.pem"], "nothing.pem: no certificate and key"),
        (["--cacert", "nothing.pem"], "nothing.pem: no certificates"),
        (["--key", "nothing.pem"], "a private key needs its certificate"),
    ],
)
def test_files_that_can_not_be_used_are_named(
    options: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(Client, [*options, "https://127.0.0.1:1/mcp"]) == 2
    assert problem in capsys.readouterr().err


def test_nothing_of_ones_own_needs_no_context() -> None:
    assert tls_context() is None
