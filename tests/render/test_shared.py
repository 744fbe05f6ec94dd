"""With `runtime: shared`, packages depend on the runtime in place of having a copy."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement

from mcpgen import schemas
from mcpgen.build import build
from mcpgen.manifest import loads
from mcpgen.protocol.revisions import Library, load, pinned
from mcpgen.render import example_manifest, render, runtime_distribution
from mcpgen.runtime.version import RUNTIME_VERSION, require
from tests.formatting import changed_by_black, ruff, write
from tests.pace import patient
from tests.render.projects import importable, native, project, texts, tool

SECONDS = patient(300)
VENDORED: Final = example_manifest("weather")
SHARED: Final = f"{VENDORED}\nruntime: shared\n"


def made(manifest: str) -> dict[str, str]:
    return texts(build(loads(manifest, "mcpgen.yaml")), example=True)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project that shares the runtime, and beside it the runtime."""
    folder = tmp_path_factory.mktemp("shared")
    write(folder, made(SHARED))
    write(folder / "runtime", runtime_distribution())
    return folder


def without_imports(source: str) -> str:
    """A module's code, without its imports and the modules that it names."""

    class Imports(ast.NodeTransformer):
        def visit_Import(self, node: ast.Import) -> None:
            return None

        def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
            return None

        def visit_Constant(self, node: ast.Constant) -> ast.Constant:
            if isinstance(node.value, str):
                name = node.value.replace("..runtime", "mcpgen_runtime")
                node.value = name.replace("mcpgen_runtime", ".runtime")
            return node

    return ast.dump(Imports().visit(ast.parse(source)))


def test_generated_code_differs_in_its_imports_alone() -> None:
    vendored, shared = made(VENDORED), made(SHARED)
    assert {path for path in vendored if "/runtime/" not in path} == set(shared)
    for path, text in shared.items():
        if path.endswith(".py"):
            assert without_imports(text) == without_imports(vendored[path]), path


def test_packages_depend_on_the_runtime_with_the_extras_of_their_features() -> None:
    features = {"server": ["jwt", "telemetry"]}
    document = native(tools=[tool()], runtime="shared", features=features)
    files = texts(project(document))
    server, client = (
        tomllib.loads(files[f"{half}/pyproject.toml"])["project"]
        for half in ("server", "client")
    )
    needed = {each.name: each for each in map(Requirement, server["dependencies"])}
    assert set(needed) == {"aiohttp", "mcpgen-runtime", "pydantic"}
    assert needed["mcpgen-runtime"].extras == {"jwt", "telemetry"}
    assert RUNTIME_VERSION in needed["mcpgen-runtime"].specifier
    assert "1.0.0" not in needed["mcpgen-runtime"].specifier
    extras = tomllib.loads(runtime_distribution()["pyproject.toml"])["project"]
    assert needed["mcpgen-runtime"].extras <= set(extras["optional-dependencies"])
    named = [Requirement(each) for each in client["dependencies"]]
    assert {each.name for each in named} == {"mcpgen-runtime", "pydantic"}
    for name, (text,) in client["optional-dependencies"].items():
        assert Requirement(text).extras == {name}


def test_formatters_and_linters_leave_it_as_it_is(shared: Path) -> None:
    files = made(SHARED)
    sources = {path: text for path, text in files.items() if path.endswith(".py")}
    assert changed_by_black(sources) == []
    for half in ("server", "client"):
        assert ruff(shared / half, "format", "--check", "--isolated") == ""
        assert ruff(shared / half, "check", "--isolated", "--select", "E4,F,I") == ""


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (folder / "runtime", folder / "client")))
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder / "server",
        env={**os.environ, "PYTHONPATH": path, "MYPYPATH": path},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_its_own_tests_pass(shared: Path) -> None:
    done = run(shared, "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_it_passes_mypys_strict_mode(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = str(tmp_path_factory.getbasetemp() / "mypy")
    packages = ("-p", "weather_server", "-p", "weather_client")
    done = run(shared, "mypy", "--strict", "--cache-dir", cache, *packages)
    assert done.returncode == 0, done.stdout[-4000:]


def test_it_passes_pyrights_strict_mode(shared: Path) -> None:
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": ["runtime", "client", "server"],
        "include": ["server/weather_server", "client/weather_client"],
    }
    file = shared / "pyrightconfig.json"
    file.write_text(json.dumps(settings), "utf-8")
    python = ("--pythonpath", sys.executable)
    done = run(shared, "pyright", "--outputjson", "-p", str(file), *python)
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] > 10
    assert found["generalDiagnostics"] == []


# ------------------------------------------------------------------ the version check


@pytest.mark.parametrize(
    "version, fits",
    [
        (RUNTIME_VERSION, True),
        ("0.0.9", True),
        ("0.99.0", False),
        ("1.0.0", False),
    ],
)
def test_the_runtime_is_neither_older_nor_of_another_major_version(
    version: str, fits: bool
) -> None:
    if fits:
        require(version, "weather_client")
        return
    major = int(version.partition(".")[0])
    with pytest.raises(ImportError) as failure:
        require(version, "weather_client.generated")
    assert str(failure.value) == (
        f"weather_client was generated for mcpgen-runtime {version} and does not work "
        f"with {RUNTIME_VERSION}: pip install 'mcpgen-runtime>={version},<{major + 1}'"
    )


def test_an_older_runtime_is_refused_before_anything_else_is_imported(
    tmp_path: Path,
) -> None:
    """Even where it lacks everything that the package would import next."""
    write(tmp_path, made(SHARED))
    files: dict[str, Any] = runtime_distribution()
    text = files["mcpgen_runtime/version.py"].replace(f'"{RUNTIME_VERSION}"', '"0.0.1"')
    write(
        tmp_path / "runtime",
        {"mcpgen_runtime/__init__.py": "", "mcpgen_runtime/version.py": text},
    )
    for half, module in (("server", "weather_server"), ("client", "weather_client")):
        path = os.pathsep.join(map(str, (tmp_path / half, tmp_path / "runtime")))
        done = subprocess.run(
            [sys.executable, "-c", f"import {module}"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == (
            f"ImportError: {module} was generated for mcpgen-runtime {RUNTIME_VERSION} "
            "and does not work with 0.0.1: "
            f"pip install 'mcpgen-runtime>={RUNTIME_VERSION},<1'"
        )


# ------------------------------------------------------------------- added revisions


ADDED: Final = "2027-01-01"


def with_one_more_method(folder: Path) -> Library:
    """A revision that mcpgen does not have: it can dream, and tools may be drowsy."""
    document = json.loads(json.dumps(load("2026-07-28").document))
    defs = document["$defs"]
    defs["DreamRequest"] = {
        "type": "object",
        "properties": {
            "method": {"const": "dreams/make", "type": "string"},
            "params": {"$ref": "#/$defs/RequestParams"},
        },
        "required": ["method", "params"],
    }
    defs["DreamResult"] = {
        "type": "object",
        "properties": {"depth": {"type": "number"}},
        "required": ["depth"],
    }
    defs["ClientRequest"]["anyOf"].append({"$ref": "#/$defs/DreamRequest"})
    defs["Tool"]["properties"]["drowsy"] = {"type": "boolean"}
    folder.mkdir()
    schemas.pin(folder, json.dumps(document).encode(), ADDED, "a test")
    return Library(folder, below=pinned())


@pytest.mark.parametrize("mode", ["vendored", "shared"])
async def test_a_project_with_an_added_revision_works(
    mode: str, tmp_path: Path
) -> None:
    library = with_one_more_method(tmp_path / "schemas")
    document = native(tools=[tool()], runtime=mode)
    described = replace(project(document), revisions=("2025-11-25", ADDED))
    files = render(described, library=library)
    write(tmp_path, {path: file.text for path, file in files.items()})
    write(tmp_path / "runtime", runtime_distribution())
    places = (tmp_path / each for each in ("server", "client", "runtime"))
    with importable(*places):
        generated = importlib.import_module("weather_server.generated")
        package = importlib.import_module("weather_client")

        class Service(generated.WeatherService):  # type: ignore[name-defined,misc]  # imported at run time
            def tool(self, args: Any, ctx: Any) -> str:
                return "done"

        app = generated.create_app(Service())
        async with package.WeatherClient.in_memory(app) as client:
            assert client.protocol_version == ADDED
            result = await client.tool()
            assert result.content[0].text == "done"
        app = generated.create_app(Service())
        async with package.WeatherClient.in_memory(app, era="2025-11-25") as client:
            assert client.protocol_version == "2025-11-25"
        with pytest.raises(ValueError, match=f"use .*2025-11-25, {ADDED}"):
            package.WeatherClient("http://localhost/", era="2026-07-28")
        if mode == "shared":
            assert package.types.DreamResult(depth=2).depth == 2
        assert "drowsy" in package.types.Tool.model_fields
