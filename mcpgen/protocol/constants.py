"""Source text of classes -> the same, with constants as defaults.

Part of the protocol stage. `type: Literal["text"]` can only ever be "text": whoever
constructs the object should not have to say so.
"""

from __future__ import annotations

import ast
from typing import Final

_LINE: Final = 88


def with_constants(source: str) -> str:
    """Give every required property of a single value that value as its default."""
    lines = source.encode().splitlines(keepends=True)
    for statement in ast.walk(ast.parse(source)):
        if not isinstance(statement, ast.AnnAssign) or statement.value is not None:
            continue
        value = _only_value(statement.annotation)
        if value is None:
            continue
        start, end = value.col_offset, value.end_col_offset
        text = lines[value.lineno - 1][start:end].decode()
        number = (statement.end_lineno or statement.lineno) - 1
        lines[number] = _assigned(lines[number], text)
    return b"".join(lines).decode()


def _only_value(annotation: ast.expr) -> ast.expr | None:
    """The value in `Literal[value]`, None for anything else. It stands on one line."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="Literal"), slice=value):
            return None if isinstance(value, ast.Tuple) else value
        case _:
            return None


def _assigned(line: bytes, value: str) -> bytes:
    """The last line of an annotation with a default behind it, in black's layout."""
    head = line.decode().rstrip("\n")
    if len(f"{head} = {value}") <= _LINE:
        return f"{head} = {value}\n".encode()
    pad = head[: len(head) - len(head.lstrip())]
    return f"{head} = (\n{pad}    {value}\n{pad})\n".encode()
