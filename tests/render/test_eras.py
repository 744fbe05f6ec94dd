"""Packages have the eras that their manifest's `protocol` asks for, and no others."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import mcp
import pytest
from aiohttp import ClientSession, web

from mcpgen.render import runtime_distribution
from mcpgen.runtime.core.errors import INVALID_REQUEST, UNSUPPORTED_PROTOCOL_VERSION
from tests.formatting import write
from tests.render.projects import importable, native, project, texts, tool
from tests.runtime.server.wire import ModernWire

from .test_features import EVERY_MODULE, run

ERAS: Final = ("modern", "legacy")
OTHER: Final = {"modern": "legacy", "legacy": "modern"}
OF: Final = {
    "modern": {
        *("server/eras/modern/", "client/eras/modern.py"),
        "client/transports/http/stateless.py",
    },
    "legacy": {
        *("server/eras/legacy/", "client/eras/legacy/"),
        "client/transports/http/streamable.py",
        "client/transports/http/http_sse.py",
    },
}
"""What only packages with an era have."""
CHOICE: Final = "client/eras/negotiation.py"


def document(protocol: Any, **more: Any) -> dict[str, Any]:
    return native(tools=[tool()], protocol=protocol, **more)


def files(protocol: Any) -> set[str]:
    """The files of the runtime in both packages."""
    return {
        path.rpartition("/runtime/")[2]
        for path in texts(project(document(protocol)))
        if "/runtime/" in path
    }


def has(found: set[str], era: str) -> set[bool]:
    return {any(path.startswith(each) for path in found) for each in OF[era]}


@pytest.mark.parametrize("era", ERAS)
def test_packages_have_no_files_of_the_other_era(era: str) -> None:
    found = files(era)
    assert has(found, era) == {True}
    assert has(found, OTHER[era]) == {False}
    assert CHOICE not in found


def test_one_revision_brings_its_era_alone() -> None:
    assert files("2025-06-18") == files("legacy")
    assert files(["2026-07-28"]) == files("modern")


@pytest.mark.parametrize("protocol", ["dual-era", ["2025-06-18", "2026-07-28"]])
def test_revisions_of_both_eras_bring_both(protocol: Any) -> None:
    found = files(protocol)
    assert has(found, "modern") == has(found, "legacy") == {True}
    assert CHOICE in found


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project of each era, whose packages have nothing that can be left out."""
    made = {}
    for era in ERAS:
        made[era] = tmp_path_factory.mktemp(era)
        none: dict[str, Any] = {"features": {"server": [], "client": []}}
        write(made[era], texts(project(document(era, **none))))
    return made


@pytest.mark.parametrize("era", ERAS)
def test_every_module_can_be_imported(era: str, folders: dict[str, Path]) -> None:
    for side in ("server", "client"):
        done = run(folders[era] / side, "-c", EVERY_MODULE, f"weather_{side}")
        assert done.returncode == 0, done.stderr


def application(**options: Any) -> web.Application:
    generated = importlib.import_module("weather_server.generated")

    class Service(generated.WeatherService):  # type: ignore[name-defined,misc]  # imported at run time
        def tool(self, args: Any, ctx: Any) -> str:
            return f"{ctx.era} {ctx.session is not None}"

    app: web.Application = generated.create_app(Service(), **options)
    return app


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[str]:
    """The URL of a project's server; its packages can be imported meanwhile."""
    with importable(folder / "server", folder / "client"):
        runner = web.AppRunner(application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
        finally:
            await runner.cleanup()


ANSWERS: Final = {"modern": "modern False", "legacy": "legacy True"}


@pytest.mark.parametrize("era", ERAS)
async def test_our_client_and_the_official_one_call(
    era: str, folders: dict[str, Path]
) -> None:
    async with served(folders[era]) as url:
        package = importlib.import_module("weather_client")
        async with package.WeatherClient(url) as ours:
            assert ours.era == era
            result = await ours.tool()
            assert result.content[0].text == ANSWERS[era]
        async with mcp.Client(url) as theirs:
            answered: Any = await theirs.call_tool("tool", {})
            assert answered.content[0].text == ANSWERS[era]


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_lacks_the_servers_era_says_so(
    era: str, folders: dict[str, Path]
) -> None:
    async with served(folders[OTHER[era]]) as url:
        pass
    with importable(folders[era] / "client"):
        package = importlib.import_module("weather_client")
        with pytest.raises(ValueError, match="`protocol` in the manifest"):
            package.WeatherClient(url, era=OTHER[era])


INITIALIZE: Final = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    },
}


async def test_a_modern_server_refuses_what_is_legacy(
    folders: dict[str, Path],
) -> None:
    headers = {"Accept": "application/json, text/event-stream"}
    async with served(folders["modern"]) as url, ClientSession(headers=headers) as http:
        async with http.post(url, json=INITIALIZE) as reply:
            assert reply.status == 400
            error = (await reply.json())["error"]
            assert error["code"] == UNSUPPORTED_PROTOCOL_VERSION
            assert error["data"]["supported"] == ["2026-07-28"]
        async with http.get(url) as stream:
            assert stream.status == 405
            assert stream.headers["Allow"] == "POST, OPTIONS"
        async with http.post(url, json=[INITIALIZE]) as batch:
            assert batch.status == 400


async def test_a_legacy_server_refuses_what_is_modern(
    folders: dict[str, Path],
) -> None:
    async with served(folders["legacy"]) as url, ClientSession() as http:
        reply = await ModernWire(http, url).call("tools/list")
        assert reply.status == 400
        assert reply.error["code"] == INVALID_REQUEST


STORES: Final = (
    *("EventStore", "Events", "MemoryEvents"),
    *("MemorySessions", "Session", "SessionStore"),
)
ADD: Final = (
    "add a revision of the {} era to `protocol` in the manifest and run `mcpgen"
)


def test_names_of_the_absent_era_name_the_key(folders: dict[str, Path]) -> None:
    with importable(folders["modern"] / "server"):
        stores = importlib.import_module("weather_server.generated.stores")
        for name in STORES:
            with pytest.raises(ImportError, match=ADD.format("legacy")):
                getattr(stores, name)
        for option in ("sessions", "events"):
            with pytest.raises(ValueError, match=f"{option}: {ADD.format('legacy')}"):
                application(**{option: object()})


@pytest.mark.parametrize(
    ("era", "option", "absent"),
    [
        ("modern", "--max-sessions=3", "--max-sessions"),
        ("modern", "--session-required=false", "--session-required"),
        ("legacy", "--warn-repeats", "--warn-repeats"),
        ("legacy", "--state-keys-file=keys.txt", "--state-keys-file"),
    ],
)
def test_settings_of_the_absent_era_name_the_key(
    era: str, option: str, absent: str, folders: dict[str, Path]
) -> None:
    command = ("-m", "weather_server", "--port", "0")
    done = run(folders[era] / "server", *command, option)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"python -m weather_server: error: {absent}: is not in this package: "
        f"{ADD.format(OTHER[era])} generate`\n"
    )
    shown = run(folders[era] / "server", "-m", "weather_server", "--help-all")
    assert absent not in shown.stdout


def test_a_revision_of_an_absent_era_can_not_be_served(
    folders: dict[str, Path],
) -> None:
    with importable(folders["modern"] / "server"):
        generated = importlib.import_module("weather_server.generated")
        runtime = importlib.import_module(
            "weather_server.generated.runtime.core.revision"
        )
        contract = generated.WeatherService.contract
        added = runtime.Revision(
            "2025-11-25", "legacy", {}, {}, *([frozenset[str]()] * 4)
        )
        changed = importlib.import_module("dataclasses").replace(
            contract, revisions=(added,)
        )

        class Service(generated.WeatherService):  # type: ignore[name-defined,misc]  # imported at run time
            contract = changed

            def tool(self, args: Any, ctx: Any) -> str:
                return ""

        with pytest.raises(ValueError, match=ADD.format("legacy")):
            generated.create_app(Service())


def test_a_shared_runtime_has_both() -> None:
    found = {path.partition("/")[2] for path in runtime_distribution()}
    assert has(found, "modern") == has(found, "legacy") == {True}
    assert CHOICE in found
