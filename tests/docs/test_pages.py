"""What the documentation says is so: every block of code is run, every link is there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcpgen import new
from tests.docs import pages
from tests.pace import patient
from tests.publishing.index_server import serving
from tests.runtime.client.auth.authority import guarded
from tests.runtime.client.auth.providers import PROVIDERS, SECRET, Provider, behind

CHECKOUT = Path(__file__).parents[2]
DOCS = CHECKOUT / "docs"
PAGES = sorted(
    path
    for path in DOCS.rglob("*.md")
    if any(pages.blocks(path)) and path.parent.name != "decisions"
)
INDEX = "https://index.example.com"
SERVER = "https://weather.example/mcp"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Takes the place of the index that pages name."""
    with serving(tmp_path / "index") as served:
        yield {INDEX: served.url}


def name_of(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


SPECIAL = {
    "how-to/call-a-server.md",  # by `runtime/client/test_docs.py`, block by block
    "how-to/scale.md",  # by `test_scaling.py`, with a Valkey server
    "how-to/sign-in.md",
    "how-to/sign-in-with.md",
    "how-to/write-handlers.md",  # by `test_library.py`
}
"""Pages that are run in another way."""


@pytest.mark.parametrize(
    "page", [page for page in PAGES if name_of(page) not in SPECIAL], ids=name_of
)
def test_a_page_does_what_it_says(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setenv("TWINE_USERNAME", "ann")
    monkeypatch.setenv("TWINE_PASSWORD", "s3cret")
    named = INDEX in page.read_text("utf-8")
    stand_ins = request.getfixturevalue("index") if named else None
    folder = tmp_path / "reader"
    folder.mkdir()
    said = pages.run(page, folder, stand_ins)
    assert not pages.missing(page, said), said


async def test_signing_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against an authorization server, with a browser that consents to everything."""
    new.create("weather", folder=tmp_path / "weather")
    browser = Path(__file__).parent / "programs" / "browser"
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} %s")
    async with guarded() as guard:
        guard.answer_lists()
        page = DOCS / "how-to" / "sign-in.md"
        stand_ins = {SERVER: guard.url}
        printed = await asyncio.to_thread(
            pages.run, page, tmp_path / "weather", stand_ins
        )
        assert not pages.missing(page, printed), printed
        assert len(guard.authority.asked) == 1
        assert guard.authority.registered[0]["client_name"] == "Weather desk"


def recipe(name: str) -> pages.Block:
    """The code in the section about a product."""
    page = DOCS / "how-to" / "sign-in-with.md"
    lines = page.read_text("utf-8").splitlines()
    heading = lines.index(f"## {name}") + 1
    return next(block for block in pages.blocks(page) if block.line > heading)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
async def test_signing_in_with(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a server that behaves like the product."""
    new.create("weather", folder=tmp_path / "weather")
    browser = Path(__file__).parent / "programs" / "browser"
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} %s")
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    block = recipe(provider.name)
    async with behind(provider) as (guard, authority):
        guard.answer_lists()
        if not provider.registers:
            is_public = provider.methods == ("none",)
            authority.clients["weather-desk"] = None if is_public else SECRET
        stand_ins = {SERVER: guard.url, "8400": str(pages.free_port())}
        stand_ins[provider.issuer] = authority.issuer
        named = {key: text for key, text in stand_ins.items() if key in block.text}
        printed = await asyncio.to_thread(
            pages.run_block, block, tmp_path / "weather", named
        )
        assert printed == "['get_forecast']\n"
        assert len(authority.asked) == 1


def test_the_site_is_built_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", tmp_path],
        cwd=CHECKOUT,
        capture_output=True,
        encoding="utf-8",
        timeout=patient(120),
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tutorial" / "index.html").exists()
