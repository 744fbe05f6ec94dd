"""Packages contain the protocol's types that their code uses, or all of them."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen.protocol.narrowing import named, taken_apart
from tests.formatting import changed_by_black, ruff, write
from tests.pace import patient
from tests.render.projects import importable, native, project, texts, tool

RUNTIME = Path(__file__).parents[2] / "mcpgen" / "runtime"
SERVER = "server/weather_server/generated/runtime/protocol"
CLIENT = "client/weather_client/runtime/protocol"
SECONDS = patient(240)


def made(**more: Any) -> dict[str, str]:
    return texts(project(native(tools=[tool()], **more)))


def names(folder: Path) -> set[str]:
    """The types in the files of a `protocol` folder."""
    found = [folder / name for name in ("types.py", "_messages.py")]
    texts = [file.read_text("utf-8") for file in found if file.exists()]
    return {block.name for text in texts for block in taken_apart(text).blocks}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("types")
    write(folder, made())
    return folder


def test_the_types_that_are_looked_for_are_those_that_modules_import() -> None:
    for path in RUNTIME.rglob("*.py"):
        text = path.read_text("utf-8")
        nodes = list(ast.walk(ast.parse(text)))
        imported = [node for node in nodes if isinstance(node, ast.ImportFrom)]
        found = {
            alias.name
            for node in imported
            if (node.module or "").endswith("protocol.types")
            for alias in node.names
        }
        if any(
            (node.module or "").endswith("protocol") and alias.name == "types"
            for node in imported
            for alias in node.names
        ):
            found |= {
                node.attr
                for node in nodes
                if isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "types"
            }
        assert set(named(text)) == found, path


def test_packages_have_what_their_code_uses_and_what_that_leads_to(
    folder: Path,
) -> None:
    with importable(folder / "server", folder / "client"):
        server = importlib.import_module("weather_server.generated").types
        client = importlib.import_module("weather_client").types
        of_server, of_client = names(folder / SERVER), names(folder / CLIENT)
        assert {"TextContent", "PromptMessage", "CallToolResult"} <= of_server
        assert "ListToolsResult" not in of_server
        assert {"Tool", "SamplingMessage", "Root"} <= of_client
        for module, own in ((server, of_server), (client, of_client)):
            assert len(own) < len(names(RUNTIME / "protocol")) / 3
            for name in own:
                assert getattr(module, name) is not None


def test_a_type_that_is_not_there_names_the_key_to_add(folder: Path) -> None:
    with importable(folder / "server", folder / "client"):
        for name in ("weather_server.generated", "weather_client"):
            types = importlib.import_module(name).types
            with pytest.raises(ImportError) as failure:
                _ = types.ListTasksResult
            assert str(failure.value) == (
                "this package has no protocol type ListTasksResult; to have all of "
                "them, add `protocol-types: all` to the manifest and run "
                "`mcpgen generate`"
            )
            for name in ("_private", "foo", "is_text"):
                with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
                    getattr(types, name)


def test_all_types_are_there_where_the_manifest_asks_for_them() -> None:
    files = made(**{"protocol-types": "all"})
    for home in (SERVER, CLIENT):
        for name in ("types.py", "_messages.py"):
            text = (RUNTIME / "protocol" / name).read_text("utf-8")
            assert files[f"{home}/{name}"] == text


def test_a_revision_alone_has_its_own_types() -> None:
    few, everything = (
        made(protocol="2025-11-25", **{"protocol-types": which})
        for which in ("used", "all")
    )
    for home in (SERVER, CLIENT):
        file = f"{home}/types.py"
        assert "class TextContent" in few[file]
        assert len(few[file]) < len(everything[file])


def test_formatters_and_linters_leave_the_types_as_they_are(folder: Path) -> None:
    files = made()
    kept = {p: t for p, t in files.items() if p.startswith((SERVER, CLIENT))}
    assert changed_by_black(kept) == []
    for home in (SERVER, CLIENT):
        assert ruff(folder / home, "format", "--check", "--isolated") == ""
        assert ruff(folder / home, "check", "--isolated") == ""


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_accept_the_types(
    checker: str, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = str(tmp_path_factory.getbasetemp() / "mypy")
    options = ["--strict", "--cache-dir", cache]
    if checker == "pyright":
        (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
        options = ["--pythonpath", sys.executable]
    for home in (SERVER, CLIENT):
        done = subprocess.run(
            [sys.executable, "-m", checker, *options, home],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:]
