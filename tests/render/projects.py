"""Projects made in memory from manifests, and their modules executed."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from mcpgen import ir
from mcpgen.build import build
from mcpgen.manifest import loads
from mcpgen.render import Target, example_manifest, render

JsonObject = dict[str, Any]


def project(document: JsonObject, name: str = "weather") -> ir.Project:
    """What a manifest, given as data, describes."""
    return build(loads(json.dumps(document), "mcpgen.json"), name)


def native(**parts: Any) -> JsonObject:
    """A manifest with tools, prompts and so on."""
    return {"mcpgen": 1, "name": "weather", **parts}


def tool(name: str = "tool", **more: Any) -> JsonObject:
    """A tool without arguments."""
    return {"name": name, "inputSchema": {"type": "object"}, **more}


def texts(
    project: ir.Project, *targets: Target, example: bool = False
) -> dict[str, str]:
    """Every file of a project by its path."""
    files = render(project, targets or tuple(Target), example=example)
    return {path: file.text for path, file in files.items()}


def own_modules(files: dict[str, str]) -> dict[str, str]:
    """The Python files that are rendered, not copied."""
    return {
        path: text
        for path, text in files.items()
        if path.endswith(".py") and "/runtime/" not in path
    }


def example(name: str = "weather") -> dict[str, str]:
    """The files of `mcpgen new server NAME`."""
    made = build(loads(example_manifest(name), "mcpgen.yaml"), name)
    return texts(made, example=True)


def executed(source: str) -> dict[str, Any]:
    """The names of a module that needs nothing but the runtime's `shared` and typing."""
    names: dict[str, Any] = {"__name__": "mcpgen._rendered", "__package__": "mcpgen"}
    exec(compile(source, "rendered", "exec"), names)
    return names


@contextmanager
def importable(*folders: Path) -> Generator[None]:
    """Lets packages in folders be imported, and forgets them afterwards."""
    packages = {each.name for f in folders if f.is_dir() for each in f.iterdir()}
    # Another test may have left packages of the same names.
    others = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in packages}
    for name in others:
        del sys.modules[name]
    before = set(sys.modules)
    sys.path[:0] = map(str, folders)
    try:
        yield
    finally:
        del sys.path[: len(folders)]
        for name in set(sys.modules) - before:
            if _is_below(sys.modules[name], folders):
                del sys.modules[name]
        sys.modules.update(others)


def _is_below(module: ModuleType, folders: tuple[Path, ...]) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and any(Path(file).is_relative_to(f) for f in folders)
