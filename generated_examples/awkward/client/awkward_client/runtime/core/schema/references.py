"""References of a JSON Schema in the form that the validator asks for.

Shared by the generator, server and client; data only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeGuard
from urllib.parse import quote

from .subschemas import LIST, MAP, ONE

_KEYWORDS: Final = frozenset({"$dynamicRef", "$recursiveRef", "$ref"})
_SAFE: Final = "%/:?#@!$&'()*+,;=~"
_SAFE_IN_FRAGMENT: Final = "%/:?@!$&'()*+,;=~"


def encoded(schema: Any) -> Any:
    """A JSON Schema whose references are valid URI references.

    Some generators of JSON Schema write names into fragments as they are, such as
    `#/properties/last name`. Here, these names are percent-encoded.

    Returns:
        The schema itself where there is nothing to encode, else a changed copy.
    """
    if not _is_object(schema):
        return schema
    made = {key: _keyword(key, value) for key, value in schema.items()}
    is_same = all(made[key] is value for key, value in schema.items())
    return schema if is_same else made


def _is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _is_array(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)


def _keyword(keyword: str, value: Any) -> Any:
    if keyword in _KEYWORDS and isinstance(value, str):
        return _reference(value)
    if keyword in MAP and _is_object(value):
        inner = {name: encoded(child) for name, child in value.items()}
        is_same = all(inner[name] is child for name, child in value.items())
        return value if is_same else inner
    if keyword in LIST and _is_array(value):
        children = [encoded(child) for child in value]
        is_same = all(a is b for a, b in zip(children, value, strict=True))
        return value if is_same else children
    return encoded(value) if keyword in ONE else value


def _reference(text: str) -> str:
    address, mark, fragment = text.partition("#")
    made = quote(address, _SAFE) + mark + quote(fragment, _SAFE_IN_FRAGMENT)
    return text if made == text else made
