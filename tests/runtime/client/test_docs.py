"""The Python in the how-to for clients runs as it stands there, and prints what it shows."""

from __future__ import annotations

import asyncio
import importlib
import shutil
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from mcpgen import new
from tests.docs import pages
from tests.pace import patient
from tests.runtime.server.certificates import self_signed
from tests.servers import running_server

ROOT = Path(__file__).parents[3]
WEATHER = ROOT / "generated_examples/weather"
LIBRARY = ROOT / "docs/examples/library"
PAGE = ROOT / "docs/how-to/call-a-server.md"
SECONDS = patient(60)
BLOCKS = list(pages.blocks(PAGE))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A project with the service of "Write handlers"."""
    folder = tmp_path / "library"
    new.create("library", source=LIBRARY / "mcpgen.yaml", folder=folder)
    for name in ("handlers.py", "store.py"):
        shutil.copy(LIBRARY / name, folder / "server" / "library_server")
    return folder


@pytest.fixture
async def urls(library: Path) -> AsyncIterator[dict[str, str]]:
    """Where the servers are that the page calls."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(
                running_server(project / "server", f"{name}_server")
            )
            for name, project in (("weather", WEATHER), ("library", library))
        }


@pytest.fixture
def clients(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clients can be imported."""
    made = ("weather_client", "weather_server", "library_client")
    for project in (WEATHER, library):
        for side in ("client", "server"):
            monkeypatch.syspath_prepend(project / side)
    importlib.invalidate_caches()
    yield
    # Other tests make packages of the same names.
    for name in list(sys.modules):
        if name.partition(".")[0] in made:
            del sys.modules[name]


@pytest.fixture
def certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that the page names are in the current folder."""
    certificate, key = self_signed(tmp_path)
    for name, file in (
        ("ca.pem", certificate),
        ("me.pem", certificate),
        ("me.key", key),
    ):
        shutil.copy(file, tmp_path / name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("clients", "certificates")
async def test_every_example_runs_and_prints_what_it_shows(
    urls: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert sum(block.language == "python" for block in BLOCKS) >= 8
    compared = 0
    printed = ""
    for block in BLOCKS:
        if block.language == "text":
            assert not pages.not_in_order(block.text, printed), printed
            compared += 1
            continue
        url = urls["library" if "library_client" in block.text else "weather"]
        body = textwrap.indent(
            "from weather_client import WeatherClient\n" + block.text, "    "
        )
        found: dict[str, Any] = {}
        code = f"async def example(url):\n{body}"
        exec(compile(code, str(PAGE), "exec"), found)
        async with asyncio.timeout(SECONDS):
            await found["example"](url)
        printed = capsys.readouterr().out
    assert compared >= 4
