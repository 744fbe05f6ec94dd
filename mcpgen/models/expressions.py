"""Unions in type expressions, taken apart and put together.

Part of the models stage; knows Python's syntax alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable


def alternatives(expression: ast.expr) -> list[ast.expr]:
    """The members of a union; of anything else, itself."""
    if isinstance(expression, ast.BinOp):
        return [*alternatives(expression.left), *alternatives(expression.right)]
    return [expression]


def either(members: Iterable[ast.expr]) -> ast.expr:
    """The union of some types, each once, in their order; None stays the last one."""
    flat = [part for member in members for part in alternatives(member)]
    unique = list({ast.unparse(part): part for part in flat}.values())
    unique.sort(key=lambda part: isinstance(part, ast.Constant))
    joined = unique[0]
    for member in unique[1:]:
        joined = ast.BinOp(joined, ast.BitOr(), member)
    return joined
