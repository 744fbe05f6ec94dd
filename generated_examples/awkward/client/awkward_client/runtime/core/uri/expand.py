"""The URI that a template makes of values, by all four levels of RFC 6570.

Only clients have it; knows nothing of resources or the protocol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import quote

from .template import Expression, Operator, Variable, normalize, parse

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | Sequence[Scalar] | Mapping[str, Scalar] | None


def variables(template: str) -> tuple[str, ...]:
    """The names of a template's variables, each once, in order of appearance.

    Raises:
        ValueError: The template is malformed.
    """
    return tuple(
        dict.fromkeys(
            variable.name
            for part in parse(template)
            if isinstance(part, Expression)
            for variable in part.variables
        )
    )


def expand(template: str, variables: Mapping[str, Value]) -> str:
    """The URI that a template makes of some values; absent and None are left out.

    Raises:
        ValueError: The template is malformed, or a list or mapping is given to a
            variable with a prefix.
    """
    return "".join(
        part if isinstance(part, str) else _expand(part, variables)
        for part in parse(template)
    )


def _expand(expression: Expression, values: Mapping[str, Value]) -> str:
    operator = expression.operator
    pieces = [
        piece
        for variable in expression.variables
        for piece in _pieces(operator, variable, values.get(variable.name))
    ]
    return operator.first + operator.separator.join(pieces) if pieces else ""


def _pieces(operator: Operator, variable: Variable, value: Value) -> list[str]:
    """What one variable puts between the separators; nothing if it is undefined."""
    if value is None:
        return []
    if isinstance(value, (str, int, float)):
        text = _text(value)
        return [_named(operator, variable, _encode(operator, text, variable.prefix))]
    if variable.prefix:
        raise ValueError(
            f"URI template: {{{variable.name}:{variable.prefix}}} takes a string, "
            f"not {type(value).__name__}"
        )
    if not value:
        return []
    if isinstance(value, Mapping):
        pairs = [
            (_encode(operator, key), _encode(operator, _text(item)))
            for key, item in value.items()
        ]
        if variable.explode:
            return [
                f"{key}{operator.if_empty}"
                if operator.named and not item
                else f"{key}={item}"
                for key, item in pairs
            ]
        return [_named(operator, variable, ",".join(f"{k},{v}" for k, v in pairs))]
    items = [_encode(operator, _text(item)) for item in value]
    if variable.explode:
        return [_named(operator, variable, item) for item in items]
    return [_named(operator, variable, ",".join(items))]


def _named(operator: Operator, variable: Variable, text: str) -> str:
    if not operator.named:
        return text
    return f"{variable.name}={text}" if text else variable.name + operator.if_empty


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _encode(operator: Operator, text: str, prefix: int = 0) -> str:
    if prefix:
        text = text[:prefix]
    try:
        return normalize(text) if operator.reserved else quote(text, safe="")
    except UnicodeEncodeError:
        raise ValueError("URI template: a value is not valid Unicode") from None
