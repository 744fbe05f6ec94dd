"""What the documentation says is so: every block of code is run, every link is there."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import pytest

from mcpgen import generate, new, project
from mcpgen.protocol import installed, known
from tests.docs import pages
from tests.docs.tracker import tracker
from tests.pace import patient
from tests.peers import SDK1, environment, environment_with
from tests.ports import free_port
from tests.publishing.index_server import serving
from tests.runtime.client.auth.authority import guarded
from tests.runtime.client.auth.providers import (
    PROVIDERS,
    SECRET,
    Provider,
    behind,
)

CHECKOUT = Path(__file__).parents[2]
DOCS = CHECKOUT / "docs"
INDEX = "https://index.example.com"
SERVER = "https://weather.example/mcp"

ELSEWHERE = {
    "CONTRIBUTING.md": "tests/docs/test_readme.py::test_make_knows_every_target",
    "README.md": "tests/docs/test_readme.py::test_five_minutes",
    "docs/how-to/call-a-server.md": "tests/runtime/client/test_docs.py::"
    "test_every_example_runs_and_prints_what_it_shows",
    "docs/how-to/follow-a-server.md": "tests/docs/test_pages.py::"
    "test_following_a_server",
    "docs/how-to/scale.md": "tests/docs/test_scaling.py::test_the_page_does_what_it_says",
    "docs/how-to/sign-in.md": "tests/docs/test_pages.py::test_signing_in",
    "docs/how-to/sign-in-with.md": "tests/docs/test_pages.py::test_signing_in_with",
    "docs/how-to/write-handlers.md": "tests/docs/test_library.py::"
    "test_the_page_does_what_it_says",
    "docs/telemetry.md": "tests/docs/test_telemetry.py::test_the_page_does_what_it_says",
    "docs/types.md": "tests/docs/test_types.py::test_every_example_runs",
}
"""Pages that are run in another way, and the test that does."""

PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if any(pages.runnable(page)) and pages.name_of(page) not in ELSEWHERE
]


def serve_index(folder: Path, stack: ExitStack) -> dict[str, str]:
    """An index takes the place of the one that pages name."""
    served = stack.enter_context(serving(folder.parent / "index"))
    return {INDEX: served.url}


def next_revision(folder: Path, stack: ExitStack) -> dict[str, str]:
    """The schema of a revision to come: the latest one's under another name."""
    document = installed().load(known()[-1]).document
    (folder / "2027-03-01.json").write_text(json.dumps(document), "utf-8")
    return {}


def other_folders(folder: Path, stack: ExitStack) -> dict[str, str]:
    """Folders of root's get another place; the server is installed there in the end."""
    places = ("/opt/weather", "/etc/weather", "/etc/systemd/system")
    root = folder.parent / "root"
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / "opt").mkdir()
    python = root / "opt/weather/bin/python"
    server: list[str | Path] = [python, "-I", "-m", "weather_server", "--help"]
    stack.callback(subprocess.check_output, server)
    return {place: f"{root}{place}" for place in places}


def fastmcp(folder: Path, stack: ExitStack) -> dict[str, str]:
    """A Python that has FastMCP, as the official SDK 1.x brings it."""
    return {"python my_server.py": f"{environment('sdk1', SDK1)} my_server.py"}


def home(folder: Path, stack: ExitStack) -> dict[str, str]:
    """A home of the reader's own, and an active environment that has the server."""
    own = folder.parent
    active = environment_with(own / "active", folder / "weather" / "server")
    variables = {
        "HOME": str(own),
        "VIRTUAL_ENV": str(active.parents[1]),
        "MCPGEN_STATE_DIR": str(own / "state"),
        "XDG_CONFIG_HOME": str(own / "config"),
    }
    stack.enter_context(patch.dict(os.environ, variables))
    return {}


PREPARED: dict[str, Callable[[Path, ExitStack], dict[str, str]]] = {
    "docs/how-to/deploy.md": other_folders,
    "docs/how-to/follow-the-protocol.md": next_revision,
    "docs/how-to/install-into-hosts.md": home,
    "docs/how-to/migrate-from-fastmcp.md": fastmcp,
    "docs/how-to/publish-a-client.md": serve_index,
    "docs/tutorial.md": serve_index,
}
"""What pages need besides their own blocks; gives what takes the place of addresses."""


@pytest.mark.parametrize("page", PAGES, ids=pages.name_of)
def test_a_page_does_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINE_USERNAME", "ann")
    monkeypatch.setenv("TWINE_PASSWORD", "s3cret")
    folder = tmp_path / "reader"
    folder.mkdir()
    with ExitStack() as stack:
        prepare = PREPARED.get(pages.name_of(page))
        stand_ins = prepare(folder, stack) if prepare else {}
        printed = pages.run(page, folder, stand_ins)
    assert not pages.missing(page, printed), printed


async def test_following_a_server(tmp_path: Path) -> None:
    """A server that changes once the reader has a project."""
    page = DOCS / "how-to" / "follow-a-server.md"
    async with tracker(lambda: (tmp_path / "tracker").exists()) as url:
        stand_ins = {"https://tracker.example/mcp": url}
        printed = await asyncio.to_thread(pages.run, page, tmp_path, stand_ins)
    assert not pages.missing(page, printed), printed


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


def test_every_recipe_is_for_a_product_that_is_known() -> None:
    """And each has one block, so that none is left out."""
    recipes = {recipe(provider.name).line for provider in PROVIDERS}
    blocks = list(pages.blocks(DOCS / "how-to" / "sign-in-with.md"))
    assert recipes == {block.line for block in blocks}
    assert {block.language for block in blocks} == {"python"}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
async def test_signing_in_with(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a server that behaves like the product."""
    new.create("weather", folder=tmp_path / "weather")
    with (tmp_path / "weather" / "mcpgen.yaml").open("a", encoding="utf-8") as manifest:
        manifest.write("features: {client: [oauth]}\n")
    generate.generate(project.at(tmp_path / "weather"))
    browser = Path(__file__).parent / "programs" / "browser"
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} %s")
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    block = recipe(provider.name)
    async with behind(provider) as (guard, authority):
        guard.answer_lists()
        if not provider.registers:
            is_public = provider.methods == ("none",)
            authority.clients["weather-desk"] = None if is_public else SECRET
        stand_ins = {SERVER: guard.url, "8400": str(free_port())}
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
