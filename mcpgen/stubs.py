"""Stubs for missing handlers: as text to paste, and put into the user's file.

The only place where a file of the user's is changed, and only because the user asks for
it: every byte that was there stays. Knows syntax trees and no manifests.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcpgen import disk
from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.folder import unreadable
from mcpgen.handlers import GENERATED, Function, Implementation, Wanted

if TYPE_CHECKING:
    import libcst

_WIDTH = 88
_INDENT = "    "


def text(wanted: Wanted, names: Sequence[str]) -> str:
    """The stubs of handlers, indented as they stand in a class."""
    return "\n\n".join(_stub(wanted.methods[name]) for name in names) + "\n"


def _stub(method: Function) -> str:
    arguments = [ast.unparse(argument) for argument in _arguments(method)]
    returns = f" -> {ast.unparse(method.returns)}:" if method.returns else ":"
    head = f"{_INDENT}async def {method.name}("
    line = f"{head}{', '.join(arguments)}){returns}"
    if len(line) > _WIDTH:
        inner = f"{_INDENT}{_INDENT}{', '.join(arguments)}"
        if len(inner) > _WIDTH:
            inner = ",\n".join(f"{_INDENT}{_INDENT}{part}" for part in arguments) + ","
        line = f"{head}\n{inner}\n{_INDENT}){returns}"
    body = f'raise NotImplementedError("{method.name} is not implemented yet")'
    documented = [f"{_INDENT}{_INDENT}{part}".rstrip() for part in _docstring(method)]
    return "\n".join([line, *documented, f"{_INDENT}{_INDENT}{body}"])


def _arguments(method: Function) -> list[ast.arg]:
    return method.args.args


def _docstring(method: Function) -> list[str]:
    match method.body[0]:
        case ast.Expr(value=ast.Constant(value=str())):
            prose = ast.get_docstring(method) or ""
        case _:
            return []
    escaped = prose.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"'):
        escaped = f'{escaped[:-1]}\\"'
    first, *rest = escaped.split("\n")
    if not rest:
        return [f'"""{first}"""']
    return [f'"""{first}', *rest, '"""']


def insert(folder: Path, wanted: Wanted, implementation: Implementation) -> bool:
    """Put the missing handlers at the end of the user's class; gives whether any were.

    Raises:
        MCPGenError: The file can't be read or written (MG411), is a link (MG409), or is
            not Python (MG418).
    """
    if not implementation.missing:
        return False
    path = folder / implementation.file
    disk.check_way(path, folder)
    try:
        before = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    after = _inserted(before, path, wanted, implementation)
    disk.put(path, after, root=folder)
    return True


def _inserted(
    source: bytes, path: Path, wanted: Wanted, implementation: Implementation
) -> bytes:
    import libcst

    try:
        module = libcst.parse_module(source)
    except (libcst.ParserSyntaxError, UnicodeDecodeError):
        raise MCPGenError.of(
            "MG418", "stubs can't be put into what is not Python", span=Span(str(path))
        ) from None
    wrapped = "class _:\n" + text(wanted, implementation.missing)
    holder = libcst.parse_module(wrapped).body[0]
    assert isinstance(holder, libcst.ClassDef)
    stubs = [
        part.with_changes(leading_lines=[libcst.EmptyLine(indent=False)])
        for part in holder.body.body
        if isinstance(part, libcst.FunctionDef)
    ]
    body = [
        _filled(part, stubs)
        if isinstance(part, libcst.ClassDef) and part.name.value == implementation.name
        else part
        for part in module.body
    ]
    if not any(new is not old for new, old in zip(body, module.body, strict=True)):
        raise MCPGenError.of(
            "MG418",
            f"class {implementation.name} does not stand by itself",
            span=Span(str(path), implementation.line, 1),
            hint="paste the stubs that mcpgen generate prints",
        )
    names = _unbound(source, wanted, implementation)
    if names:
        level = implementation.file.count("/") - wanted.package.count("/")
        dots = "." * level
        line = f"from {dots}{GENERATED} import {', '.join(names)}\n"
        body.insert(_after_imports(module), libcst.parse_statement(line))
    return module.with_changes(body=body).bytes


def _filled(
    cls: libcst.ClassDef, stubs: Sequence[libcst.FunctionDef]
) -> libcst.ClassDef:
    import libcst

    block = cls.body
    if isinstance(block, libcst.IndentedBlock):
        return cls.with_changes(body=block.with_changes(body=[*block.body, *stubs]))
    line = libcst.SimpleStatementLine(block.body)  # type: ignore[arg-type]  # a suite on one line has small statements only
    return cls.with_changes(body=libcst.IndentedBlock([line, *stubs]))


def _after_imports(module: libcst.Module) -> int:
    """The place behind the last import at the top level, or behind the docstring."""
    import libcst

    place = 0
    for at, part in enumerate(module.body):
        if not isinstance(part, libcst.SimpleStatementLine):
            continue
        first = part.body[0]
        if isinstance(first, libcst.Import | libcst.ImportFrom) or (
            at == 0 and isinstance(first, libcst.Expr)
        ):
            place = at + 1
    return place


def _unbound(
    source: bytes, wanted: Wanted, implementation: Implementation
) -> list[str]:
    """The names that the stubs need and the file does not have, sorted."""
    needed = {
        node.id
        for name in implementation.missing
        for annotation in _annotations(wanted.methods[name])
        for node in ast.walk(annotation)
        if isinstance(node, ast.Name)
    }
    bound: set[str] = set()
    for part in ast.walk(ast.parse(source)):
        if isinstance(part, ast.Import | ast.ImportFrom):
            bound.update(alias.asname or alias.name for alias in part.names)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            bound.add(part.id)
    return sorted((needed & wanted.imports) - bound)


def _annotations(method: Function) -> list[ast.expr]:
    found = [argument.annotation for argument in _arguments(method)]
    return [annotation for annotation in [*found, method.returns] if annotation]
