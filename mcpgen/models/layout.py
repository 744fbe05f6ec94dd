"""Breaks statements that are too long for a line, as black does.

Part of the models stage. Only long statements go through black: on a whole module it
takes longer than everything else together.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mcpgen.pycode import LINE


@dataclass(frozen=True, slots=True)
class Line:
    """A statement, or finished text of one or more lines, without its indentation."""

    statement: str
    indent: int = 0
    is_finished: bool = True

    @property
    def is_long(self) -> bool:
        return not self.is_finished and is_long(self.statement, self.indent)

    def text(self, short: Mapping[str, str]) -> str:
        if not self.statement:
            return ""
        body = short[self.statement] if self.is_long else self.statement
        return " " * self.indent + body


def laid(blocks: Sequence[Sequence[Line]]) -> str:
    """The blocks, each behind two empty lines; long statements over several lines."""
    short = {
        indent: broken(
            (
                line.statement
                for block in blocks
                for line in block
                if line.indent == indent and line.is_long
            ),
            indent,
        )
        for indent in (0, 4)
    }
    text = "\n\n\n".join(
        "\n".join(line.text(short[line.indent]) for line in block) for block in blocks
    )
    return f"{text}\n" if text else ""


def is_long(statement: str, indent: int) -> bool:
    """Whether a one-line statement may be wider than a line."""
    width = len(statement) if statement.isascii() else 2 * len(statement)
    return indent + width > LINE


def broken(statements: Iterable[str], indent: int) -> dict[str, str]:
    """Each statement over as many lines as it needs, by what it was on one line.

    Args:
        statements: Simple statements of one line each.
        indent: Columns by which they are indented: 0 in a module, 4 in a class. The
            first line of a result is without them.
    """
    wanted = list(dict.fromkeys(statements))
    if not wanted:
        return {}
    import black

    pad = " " * indent
    head = "class C:\n" if indent else ""
    text = head + "".join(f"{pad}{statement}\n" for statement in wanted)
    formatted = black.format_str(text, mode=black.Mode())
    body = ast.parse(formatted).body
    if isinstance(body[0], ast.ClassDef):
        body = body[0].body
    lines = formatted.splitlines()
    starts = [statement.lineno - 1 for statement in body]
    ends = [*starts[1:], len(lines)]
    return {
        statement: "\n".join(lines[start:end]).strip()
        for statement, start, end in zip(wanted, starts, ends, strict=True)
    }
