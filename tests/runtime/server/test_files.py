"""How many files of the runtime one call passes through: what a reader has to open."""

from __future__ import annotations

import sys
from types import FrameType

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Server, Settings
from mcpgen.runtime.server.runner import Runner
from tests.test_layers import RUNTIME

from .wire import LegacyWire, ModernWire
from .workshop import Workshop

MOST = 14


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_one_call_touches_few_files(era: str, http: ClientSession) -> None:
    files: set[str] = set()

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    settings = Settings(port=0)
    server = Server(Workshop(), settings, access_log=lambda line: None)
    runner = Runner(server, settings)
    await runner.setup()
    try:
        await runner.listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
        wire: ModernWire | LegacyWire = ModernWire(http, url)
        if era == "legacy":
            wire = LegacyWire(http, url)
            await wire.initialize()
        await wire.tool("add", {"a": 1})
        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            await wire.tool("add", {"a": 1})
        finally:
            sys.setprofile(before)
    finally:
        await runner.cleanup()

    touched = sorted(file for file in files if file.startswith(str(RUNTIME)))
    assert 0 < len(touched) <= MOST, touched
