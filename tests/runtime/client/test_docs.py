"""The Python in the how-to for clients runs as it stands there."""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.pace import patient
from tests.servers import running_server

ROOT = Path(__file__).parents[3]
WEATHER = ROOT / "generated_examples/weather"
PAGE = ROOT / "docs/how-to/call-a-server.md"
SECONDS = patient(30)
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with running_server(WEATHER / "server", "weather_server") as found:
        yield found


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for side in ("client", "server"):
        monkeypatch.syspath_prepend(WEATHER / side)
    yield importlib.import_module("weather_client")
    # Other tests make packages of the same names.
    for name in list(sys.modules):
        if name.partition(".")[0] in ("weather_client", "weather_server"):
            del sys.modules[name]


async def test_every_example_runs(
    url: str, client: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(BLOCKS) >= 8
    setup = "from weather_client import WeatherClient\n"
    for block in BLOCKS:
        body = textwrap.indent(setup + block, "    ")
        code = f"async def example(url):\n{body}"
        found: dict[str, Any] = {}
        exec(compile(code, str(PAGE), "exec"), found)
        async with asyncio.timeout(SECONDS):
            if "subscribe(" in block:
                # This server reports no changes.
                with pytest.raises(client.ProtocolError, match="subscriptions/listen"):
                    await found["example"](url)
            else:
                await found["example"](url)
    assert "Oslo" in capsys.readouterr().out
