"""Tests of the user's that call methods which the generated client does not have.

Reads the user's Python files and never runs, imports or changes them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from mcpgen.diagnostics import Diagnostic, Span
from mcpgen.handlers import last_name, python_files, text_of
from mcpgen.ir import File

_CLIENT: Final = re.compile(r"client/[^/]+/client\.py")
_PLACES: Final = ("server/tests", "client/tests", "tests")
_DEFINED: Final = re.compile(r"\bdef (\w+)|\b(\w+) *[:=]")
_USUAL: Final = "client"
"""What fixtures are called whose parameter has no annotation."""

_Calls: TypeAlias = "Iterator[tuple[str, ast.Attribute]]"


def examine(folder: Path, files: Mapping[str, File]) -> list[Diagnostic]:
    """Find the calls of methods that are gone.

    Args:
        folder: The project's folder.
        files: What was rendered for it.
    """
    module = next((path for path in files if _CLIENT.fullmatch(path)), None)
    if module is None:
        return []
    tree = ast.parse(files[module].text)
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    package = module.rpartition("/")[0]
    found: list[Diagnostic] = []
    names: frozenset[str] | None = None
    for place in _PLACES:
        for path in python_files(folder / place):
            for method, node in _calls(text_of(path), classes):
                if names is None:
                    names = _names(files, package)
                if method not in names:
                    found.append(_said(method, path, node))
    return found


def _said(method: str, path: Path, node: ast.Attribute) -> Diagnostic:
    return Diagnostic(
        "MG435",
        f"calls {method}, which the client does not have",
        Span(str(path), node.lineno, node.col_offset + 1),
        "if it was renamed, call it by its new name; if it was removed, take the test out",
    )


def _names(files: Mapping[str, File], package: str) -> frozenset[str]:
    """What all code of the client defines: a method may be one of any base class."""
    return frozenset(
        name
        for path, file in files.items()
        if path.startswith(f"{package}/") and path.endswith(".py")
        for names in _DEFINED.findall(file.text)
        for name in names
    )


def _calls(text: str, classes: set[str]) -> _Calls:
    """The methods that are called on clients, each once a file."""
    if not any(name in text for name in classes):
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    nodes = list(ast.walk(tree))
    clients = {name for node in nodes for name in _clients(node, classes)}
    seen: set[str] = set()
    for node in nodes:
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr=method) as f
            ):
                if name in clients and method not in seen:
                    seen.add(method)
                    yield method, f
            case _:
                pass


def _clients(node: ast.AST, classes: set[str]) -> Iterator[str]:
    """The names that a part of the code gives to clients."""
    match node:
        case ast.arg(arg=name, annotation=annotation):
            known = name == _USUAL if annotation is None else False
            if known or last_name(annotation) in classes:
                yield name
        case ast.withitem(
            context_expr=ast.Call(func=made), optional_vars=ast.Name(id=name)
        ):
            if classes & {
                each.id for each in ast.walk(made) if isinstance(each, ast.Name)
            }:
                yield name
        case _:
            pass
