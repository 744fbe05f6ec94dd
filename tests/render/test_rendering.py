"""What is rendered works: it imports, it type-checks, and every method reaches its handler."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcpgen import ir
from mcpgen.build import build
from mcpgen.identity import version
from mcpgen.ir import Ownership
from mcpgen.manifest import load
from mcpgen.render import Target, render
from mcpgen.runtime.version import RUNTIME_VERSION
from tests.formatting import write
from tests.pace import patient
from tests.render.projects import example, importable, native, project, texts, tool
from tests.shared_data import CORPUS, needs_shared

AWKWARD = Path(__file__).parents[2] / "generated_examples" / "awkward" / "mcpgen.yaml"
SECONDS = patient(240)


def run(
    folder: Path, *command: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A module of Python's, run in a folder."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


# ------------------------------------------------------------------ files and owners


@pytest.mark.parametrize("has_mock", [True, False])
def test_the_readme_names_mock_where_the_server_has_it(has_mock: bool) -> None:
    chosen = {} if has_mock else {"features": {"server": ["limits"]}}
    readme = texts(project(native(tools=[tool()], **chosen)))["server/README.md"]
    assert ("_server --mock" in readme) == has_mock


def test_the_files_of_a_project_and_their_owners() -> None:
    files = render(project(native(tools=[tool()])))
    own = {
        path: file.ownership for path, file in files.items() if "/runtime/" not in path
    }
    yours = [
        ".gitattributes",
        ".gitignore",
        "README.md",
        "server/.dockerignore",
        "server/Dockerfile",
        "server/README.md",
        "server/pyproject.toml",
        "server/tests/test_service.py",
        "server/weather_server/__init__.py",
        "server/weather_server/__main__.py",
        "server/weather_server/app.py",
        "server/weather_server/handlers.py",
        "server/weather_server/py.typed",
    ]
    generated = [
        "client/CHANGELOG.md",
        "client/README.md",
        "client/REFERENCE.md",
        "client/pyproject.toml",
        "client/weather_client/__init__.py",
        "client/weather_client/__main__.py",
        "client/weather_client/auth.py",
        "client/weather_client/catalog.py",
        "client/weather_client/client.py",
        "client/weather_client/connection.py",
        "client/weather_client/contract.json",
        "client/weather_client/middleware.py",
        "client/weather_client/models.py",
        "client/weather_client/py.typed",
        "client/weather_client/revisions.py",
        "server/weather_server/generated/__init__.py",
        "server/weather_server/generated/catalog.py",
        "server/weather_server/generated/middleware.py",
        "server/weather_server/generated/models.py",
        "server/weather_server/generated/py.typed",
        "server/weather_server/generated/requirements.txt",
        "server/weather_server/generated/revisions.py",
        "server/weather_server/generated/service.py",
        "server/weather_server/generated/serving.py",
        "server/weather_server/generated/stores.py",
    ]
    assert own == {
        **dict.fromkeys(yours, Ownership.YOURS),
        **dict.fromkeys(generated, Ownership.GENERATED),
    }
    assert list(files) == sorted(files)


MARKED = re.compile(r".*# feature: [a-z-]+\n")
"""A line of the runtime that only packages with a feature have."""


def test_the_runtime_is_copied_as_it_stands() -> None:
    files = texts(project(native(tools=[tool()], **{"protocol-types": "all"})))
    runtime = Path(__file__).parents[2] / "mcpgen" / "runtime"
    for home, side in (
        ("server/weather_server/generated/runtime", "server"),
        ("client/weather_client/runtime", "client"),
    ):
        copied = {
            path.removeprefix(f"{home}/"): text
            for path, text in files.items()
            if path.startswith(f"{home}/")
        }
        folders = {path.partition("/")[0] for path in copied if "/" in path}
        assert folders == {"protocol", "core", side}
        for path, text in copied.items():
            whole = (runtime / path).read_text("utf-8")
            assert MARKED.sub("", text) == MARKED.sub("", whole), path


def test_only_the_chosen_revisions_are_in_the_runtime() -> None:
    files = texts(project(native(tools=[tool()], protocol=["2026-07-28"])))
    revisions = files["client/weather_client/runtime/protocol/revisions.py"]
    assert "2026-07-28" in revisions
    assert "2024-11-05" not in revisions


@pytest.mark.parametrize("target", list(Target))
def test_each_half_can_be_made_alone(target: Target) -> None:
    halves = {path.partition("/")[0] for path in texts(project(native()), target)}
    assert halves == {".gitattributes", ".gitignore", "README.md", target.value}


def test_nothing_tells_with_what_it_was_made() -> None:
    document = native(tools=[tool()], server={"version": "9.8.7"})
    for path, text in texts(project(document)).items():
        if "/runtime/" not in path:
            # The runtime's version is another matter, and happens to be the same.
            text = text.replace(f'require("{RUNTIME_VERSION}"', "")
            assert version() not in text.replace("127.0.0.1", ""), path


# ------------------------------------------------------------------------- it works


@pytest.fixture(scope="module")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's folder."""
    folder = tmp_path_factory.mktemp("weather")
    write(folder, example())
    return folder


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project whose names trip generators up."""
    folder = tmp_path_factory.mktemp("awkward")
    write(folder, texts(build(load(AWKWARD))))
    return folder


def test_the_examples_own_tests_pass(weather: Path) -> None:
    done = run(weather / "server", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_the_tests_of_new_handlers_are_skipped_one_by_one(awkward: Path) -> None:
    done = run(awkward / "server", "pytest", "-q", "-rs", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert "1 passed, " in done.stdout
    assert "get-item is not implemented yet" in done.stdout


@pytest.mark.parametrize("name", ["weather", "awkward"])
def test_everything_passes_mypys_strict_mode(
    name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = request.getfixturevalue(name)
    cache = str(tmp_path_factory.getbasetemp() / "mypy")
    done = run(folder / "server", "mypy", "--cache-dir", cache)
    assert done.returncode == 0, done.stdout[-4000:]
    packages = ["-p", f"{name}_client", "--strict", "--cache-dir", cache]
    done = run(folder / "client", "mypy", *packages)
    assert done.returncode == 0, done.stdout[-4000:]


def test_what_is_rendered_passes_pyrights_strict_mode(
    weather: Path, awkward: Path
) -> None:
    root = weather.parent
    halves = [
        f"{folder.name}/{half}"
        for folder in (weather, awkward)
        for half in ("server", "client")
    ]
    settings = {
        "typeCheckingMode": "strict",
        "include": halves,
        "extraPaths": halves,
    }
    file = root / "pyrightconfig.json"
    file.write_text(json.dumps(settings), "utf-8")
    python = ["--pythonpath", sys.executable]
    done = run(root, "pyright", "--outputjson", "-p", str(file), *python)
    findings = json.loads(done.stdout)
    assert findings["summary"]["filesAnalyzed"] > 100
    ours = [
        finding
        for finding in findings["generalDiagnostics"]
        if "/runtime/" not in finding["file"].replace("\\", "/")
    ]
    assert ours == []


CALLS = """
from weather_client import WeatherClient


async def f(client: WeatherClient) -> None:
    {call}
"""


WRONG = {
    'await client.get_forecast(town="Oslo")': "town",
    "await client.get_forecast()": "city",
    "await client.get_forecast(city=1)": "str",
    'await client.get_forecast(city="Oslo", days=None)': "None",
    '(await client.get_forecast(city="Oslo")).weeks': "weeks",
    '(await client.get_forecast(city="Oslo")).days[0].sky == "foggy"': "foggy",
    "await client.forecast()": "forecast",
    "await client.plan_trip_prompt(city=None)": "None",
    "await client.read_city_climate(town='Oslo')": "town",
}
"""Calls with a mistake, and what type checkers name in their complaint."""


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody who uses the client: one right file, many wrong ones."""
    folder = tmp_path_factory.mktemp("user")
    right = 'await client.get_forecast(city="Oslo", days=2)'
    files = {"right.py": CALLS.format(call=right)}
    for number, call in enumerate(WRONG):
        files[f"wrong{number}.py"] = CALLS.format(call=call)
    write(folder, files)
    return folder


def test_mypy_finds_the_typo_in_a_users_call(
    weather: Path, user: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = str(tmp_path_factory.getbasetemp() / "mypy")
    done = run(
        user,
        *("mypy", "--strict", "--strict-equality", "--cache-dir", cache, "."),
        MYPYPATH=str(weather / "client"),
    )
    found: dict[str, str] = {}
    for line in done.stdout.splitlines()[:-1]:
        name = line.partition(":")[0]
        found[name] = found.get(name, "") + line
    assert_typos_are_found(found)


def test_pyright_finds_the_typo_in_a_users_call(weather: Path, user: Path) -> None:
    settings = {
        "typeCheckingMode": "strict",
        "extraPaths": [str(weather / "client")],
        "reportUnnecessaryComparison": "error",
    }
    (user / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    done = run(user, "pyright", "--outputjson", "--pythonpath", sys.executable)
    found: dict[str, str] = {}
    for finding in json.loads(done.stdout)["generalDiagnostics"]:
        name = Path(finding["file"]).name
        found[name] = found.get(name, "") + finding["message"]
    assert_typos_are_found(found)


def assert_typos_are_found(found: dict[str, str]) -> None:
    """The wrong files, and no other, have a complaint that names the mistake."""
    assert found.keys() == {f"wrong{number}.py" for number in range(len(WRONG))}
    for number, (call, complaint) in enumerate(WRONG.items()):
        assert complaint in found[f"wrong{number}.py"], call


def test_a_missing_handler_fails_at_construction_with_its_name(weather: Path) -> None:
    with importable(weather / "server"):
        generated = importlib.import_module("weather_server.generated")
        partial = type("Partial", (generated.WeatherService,), {})
        with pytest.raises(TypeError, match="get_forecast"):
            partial()


def test_importing_a_client_makes_no_protocol_classes(weather: Path) -> None:
    probe = (
        "import sys, weather_client; "
        "print([name for name in sys.modules if name.endswith('protocol.types')]); "
        "print(weather_client.types.CallToolResult.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=weather / "client",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert done.stdout.split() == ["[]", "CallToolResult"]


def test_both_packages_know_their_version_and_that_of_their_runtime(
    tmp_path: Path,
) -> None:
    document = native(server={"version": "9.8.7"}, package={"version": "9.9.0"})
    made = project(document)
    for server, client in wired(made, tmp_path):
        own = importlib.import_module(made.server_package)
        assert (own.__version__, server.__version__) == ("9.8.7", "9.8.7")
        assert client.__version__ == "9.9.0"
        assert server.RUNTIME_VERSION == client.RUNTIME_VERSION == version()
    for half, number in (("server", "9.8.7"), ("client", "9.9.0")):
        settings = tomllib.loads((tmp_path / half / "pyproject.toml").read_text())
        assert settings["project"]["version"] == number


# ------------------------------------------------------- each method has its handler


def answering(service: Any) -> Any:
    """A service whose every handler answers with its own name."""

    def handler(name: str) -> Any:
        async def answer(self: object, *args: object) -> Any:
            return [name] if name.startswith("complete_") else name

        return answer

    def failing(name: str) -> Any:
        async def fail(self: object, *args: object) -> Any:
            raise error(name)

        return fail

    package = importlib.import_module(service.__module__.rpartition(".")[0])
    error = package.ToolError
    tools = {binding.method for binding in service.contract.tools.values()}
    abstract: frozenset[str] = service.__abstractmethods__
    methods: dict[str, Any] = {
        name: failing(name) if name in tools else handler(name) for name in abstract
    }
    return type("Answering", (service,), methods)()


def wired(made: ir.Project, folder: Path) -> Iterator[tuple[Any, Any]]:
    """Server and client packages of a project, importable."""
    write(folder, texts(made))
    with importable(folder / "server", folder / "client"):
        server = importlib.import_module(f"{made.server_package}.generated")
        client = importlib.import_module(made.client_package)
        yield server, client


@needs_shared
@pytest.mark.parametrize("name", ["awkward", "coolify", "github", "arxiv"])
async def test_every_method_of_the_client_reaches_its_handler(
    name: str, tmp_path: Path
) -> None:
    source = AWKWARD if name == "awkward" else CORPUS / f"{name}.json"
    manifest = load(source)
    made = build(manifest if manifest.name else manifest.named(name))
    for server, package in wired(made, tmp_path):
        service = answering(getattr(server, f"{made.class_prefix}Service"))
        connect = getattr(package, f"{made.class_prefix}Client").in_memory
        async with connect(server.create_app(service)) as client:
            await _check_tools(made, package, client)
            await _check_the_rest(made, client)


async def _check_tools(made: ir.Project, package: Any, client: Any) -> None:
    called = 0
    for tool_ in made.tools:
        if tool_.sample is None:
            continue
        names = dict(
            zip(
                (f.wire_name for f in tool_.input.fields), tool_.parameters, strict=True
            )
        )
        arguments = {names[wire]: value for wire, value in tool_.sample.items()}
        with pytest.raises(package.ToolError) as failure:
            await getattr(client, tool_.method)(**arguments)
        assert failure.value.message == tool_.method
        assert failure.value.tool == tool_.wire_name
        called += 1
    assert called > len(made.tools) / 2


async def _check_the_rest(made: ir.Project, client: Any) -> None:
    for prompt in made.prompts:
        arguments = dict.fromkeys(prompt.parameters, "x")
        result = await getattr(client, prompt.method)(**arguments)
        assert result.messages[0].content.text == prompt.method
    for resource in made.resources:
        result = await getattr(client, resource.method)()
        assert result.contents[0].text == resource.method
    for template in made.resource_templates:
        arguments = dict.fromkeys(template.parameters, "x")
        result = await getattr(client, template.method)(**arguments)
        assert result.contents[0].text == template.method


async def test_a_tool_gets_the_arguments_under_its_wire_names(tmp_path: Path) -> None:
    properties = {
        name: {"type": "string"} for name in ("from", "If-Match", "self", "größe")
    }
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    made = project(native(tools=[{"name": "echo", "inputSchema": schema}]))
    seen: list[dict[str, Any]] = []

    for server, package in wired(made, tmp_path):

        class Echo(server.WeatherService):  # type: ignore[name-defined,misc]  # imported at run time
            async def echo(self, args: Any, ctx: Any) -> str:
                seen.append(args.model_dump(by_alias=True, exclude_unset=True))
                return "heard"

        app = server.create_app(Echo())
        async with package.WeatherClient.in_memory(app) as client:
            await client.echo(from_="a", if_match="b", self_="c", größe="d")
            await client.echo()
    assert seen == [{"from": "a", "If-Match": "b", "self": "c", "größe": "d"}, {}]


def test_the_synchronous_client_has_the_same_methods(weather: Path) -> None:
    import inspect

    with importable(weather / "client"):
        package: Any = importlib.import_module("weather_client")
        synchronous: type = package.SyncWeatherClient
        for name in vars(synchronous):
            if not name.startswith("_"):
                one = inspect.signature(getattr(package.SyncWeatherClient, name))
                two = inspect.signature(getattr(package.WeatherClient, name))
                assert one == two


def test_the_synchronous_client_calls_the_same_server(weather: Path) -> None:
    with importable(weather / "server", weather / "client"):
        app = importlib.import_module("weather_server.app")
        package = importlib.import_module("weather_client")
        inner = package.WeatherClient.in_memory(app.make_app())
        with package.SyncWeatherClient(inner) as client:
            assert client.get_forecast(city="Oslo").city == "Oslo"
            assert "Oslo" in client.read_cities().contents[0].text
