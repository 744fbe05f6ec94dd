"""Keywords that are decided by the value alone: whether it satisfies them, and in words.

https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .verdict import Fault
from .words import (
    Json,
    cut,
    is_array,
    is_object,
    kinds,
    options_in_words,
    parts,
    shown,
)

if TYPE_CHECKING:
    from jsonschema_rs import Validator

MAX_MATCHED: Final = 4_096
"""Characters of a text that is compared with a pattern to explain a value."""
MAX_PATTERN: Final = 2_000
"""Characters that a pattern may have when its repetitions are written out, to be
compiled again for an explanation."""
MAX_COMPILED: Final = 256
"""Keywords that stay compiled for later explanations of one schema."""


class Compiled:
    """Single keywords as compiled validators, which decide what Python can't.

    Patterns are ECMA-262, and a multiple of a fraction is decided in exact arithmetic.
    """

    def __init__(self, compiler: Callable[[Json], Validator]) -> None:
        self._compile = compiler
        self._made: OrderedDict[tuple[str, Json], Validator | None] = OrderedDict()

    def holds(self, keyword: str, arg: Json, value: Json) -> bool | None:
        """Whether a scalar satisfies a keyword; None where that takes too long."""
        key = (keyword, arg)
        if key in self._made:
            self._made.move_to_end(key)
        else:
            self._made[key] = self._make(keyword, arg)
            if len(self._made) > MAX_COMPILED:
                self._made.popitem(last=False)
        validator = self._made[key]
        if validator is None or (isinstance(value, str) and len(value) > MAX_MATCHED):
            return None
        try:
            return validator.is_valid(value)
        except ValueError:
            return False

    def failure(self, keyword: str, arg: Json, value: Json) -> str:
        """The kind of failure of a keyword that does not hold, such as "Pattern"."""
        from jsonschema_rs import ValidationError

        validator = self._made.get((keyword, arg))
        if validator is not None and self.holds(keyword, arg, value) is False:
            try:
                validator.validate(value)
            except ValidationError as error:
                return type(error.kind).__name__
        return ""

    def _make(self, keyword: str, arg: Json) -> Validator | None:
        if keyword == "pattern" and written_out(arg) > MAX_PATTERN:
            return None
        try:
            return self._compile({keyword: arg})
        except ValueError:
            return None


_REPEATED: Final = re.compile(r"(.)\{(?:\d*,)?(\d{1,6})\}")
_LOOKS_AROUND: Final = re.compile(r"\(\?<?[=!]|\\[1-9]")


def written_out(pattern: str) -> int:
    """About how many characters a pattern has with its repetitions written out.

    With look-around, they are far dearer to compile.
    """
    factor = 20 if _LOOKS_AROUND.search(pattern) else 1
    size = len(pattern)
    for before, count in _REPEATED.findall(pattern):
        times = max(int(count), 1) * factor
        size = size * times if before == ")" else size + times
    return size


# --- whether it holds -------------------------------------------------------


def has_type(name: str, value: Json, draft: int) -> bool:
    """Whether a value is of a type of JSON Schema."""
    if name == "integer":
        if isinstance(value, float):
            return draft > 4 and value.is_integer()
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    kind = _TYPES.get(name)
    return kind is not None and isinstance(value, kind)


_TYPES: Final[dict[str, Any]] = {
    "array": list,
    "boolean": bool,
    "null": type(None),
    "object": dict,
    "string": str,
}


def is_equal(one: Json, other: Json) -> bool:
    """Equality of JSON: 1 is 1.0, but not true."""
    if one != other:
        return False
    waiting = [(one, other)]
    while waiting:
        left, right = waiting.pop()
        if isinstance(left, bool) is not isinstance(right, bool):
            return False
        if is_object(left):
            waiting.extend((item, right[key]) for key, item in left.items())
        elif is_array(left):
            waiting.extend(zip(left, right, strict=True))
    return True


def is_among(options: list[Json], value: Json) -> bool:
    """Whether a value equals one of several."""
    if isinstance(value, str):
        return value in options
    return any(is_equal(option, value) for option in options)


def identity(value: Json) -> Json:
    """What is equal of two values exactly where they are equal as JSON."""
    if isinstance(value, bool):
        return (value,)
    if is_object(value):
        return frozenset((key, identity(item)) for key, item in value.items())
    if is_array(value):
        return ("[", *map(identity, value))
    return value


Check: TypeAlias = Callable[[Json, Json], bool]


def _number(test: Callable[[Any, Any], bool]) -> Check:
    def check(arg: Json, value: Json) -> bool:
        return not has_type("number", value, 2020) or test(value, arg)

    return check


def _size(kind: Any, test: Callable[[int, Any], bool]) -> Check:
    def check(arg: Json, value: Json) -> bool:
        return not isinstance(value, kind) or test(len(value), arg)

    return check


def _at_least(value: Any, limit: Any) -> bool:
    return bool(value >= limit)


def _at_most(value: Any, limit: Any) -> bool:
    return bool(value <= limit)


CHECKS: Final[dict[str, Check]] = {
    "minimum": _number(_at_least),
    "maximum": _number(_at_most),
    "exclusiveMinimum": _number(lambda value, limit: bool(value > limit)),
    "exclusiveMaximum": _number(lambda value, limit: bool(value < limit)),
    "minLength": _size(str, _at_least),
    "maxLength": _size(str, _at_most),
    "minItems": _size(list, _at_least),
    "maxItems": _size(list, _at_most),
    "minProperties": _size(dict, _at_least),
    "maxProperties": _size(dict, _at_most),
    "const": is_equal,
    "enum": lambda arg, value: is_among(arg, value),
}
"""Keywords that are decided by their own value and the value that is checked."""


# --- in words ---------------------------------------------------------------


def reason(fault: Fault, failure: str = "") -> str:
    """A fault as a phrase: "must be at most 14, got 20"."""
    keyword, arg, value = fault.keyword, fault.arg, fault.value
    if failure in ("BacktrackLimitExceeded", "RegexEngineFailure"):
        return "takes too long to compare with its pattern"
    if keyword in _BOUNDS:
        words, unit = _BOUNDS[keyword]
        return _bound(words, unit, arg, value)
    writer = _REASONS.get(keyword)
    return f"is not valid: {keyword}" if writer is None else writer(arg, value)


_BOUNDS: Final[dict[str, tuple[str, str]]] = {
    "maximum": ("must be at most", ""),
    "minimum": ("must be at least", ""),
    "exclusiveMaximum": ("must be less than", ""),
    "exclusiveMinimum": ("must be greater than", ""),
    "maxItems": ("must have at most", "item"),
    "minItems": ("must have at least", "item"),
    "maxLength": ("must have at most", "character"),
    "minLength": ("must have at least", "character"),
    "maxProperties": ("must have at most", "key"),
    "minProperties": ("must have at least", "key"),
}


def _bound(words: str, unit: str, limit: Json, value: Json) -> str:
    if not unit:
        return f"{words} {shown(limit)}, got {shown(value)}"
    size = len(value) if isinstance(value, str) else len(parts(value))
    return f"{words} {shown(limit)} {unit}{'' if limit == 1 else 's'}, has {size}"


def types_in(arg: Json) -> Iterable[str]:
    """The types that a `type` names."""
    return [arg] if isinstance(arg, str) else arg


def _repeated(index: Json, value: Json) -> str:
    if index is None:
        return "must not repeat an item"
    return f"must not repeat an item; {shown(value[index])} is at [{index}] again"


_REASONS: Final[dict[str, Callable[[Json, Json], str]]] = {
    "type": lambda arg, value: f"must be {kinds(types_in(arg))}, got {shown(value)}",
    "enum": lambda arg, value: f"{shown(value)} is not one of {options_in_words(arg)}",
    "uniqueItems": _repeated,
    "const": lambda arg, value: f"must be {shown(arg)}, got {shown(value)}",
    "pattern": lambda arg, value: (
        f"must match the pattern {cut(arg, 200)}, got {shown(value)}"
    ),
    "multipleOf": lambda arg, value: (
        f"must be a multiple of {shown(arg)}, got {shown(value)}"
    ),
    "required": lambda _, __: "is required",
    "tag": lambda arg, _: f"is required; one of {options_in_words(arg)}",
    "unknown": lambda _, __: "is not a known property",
    "contains": lambda _, __: "has no item of the kind that it must contain",
    "minContains": lambda arg, _: (
        f"must have at least {arg} items of the kind that it must contain"
    ),
    "maxContains": lambda arg, _: (
        f"must have at most {arg} items of the kind that it must contain"
    ),
    "additionalItems": lambda arg, _: f"must have at most {arg} items",
    "unevaluatedItems": lambda _, __: "has items that are not allowed",
    "false": lambda _, __: "is not allowed",
    "not": lambda _, value: f"has a form that is not allowed: {shown(value)}",
    "severalOf": lambda _, __: (
        "matches more than one of forms of which exactly one is allowed"
    ),
    "$ref": lambda arg, _: f"does not match {cut(str(arg), 200)}",
    "contentEncoding": lambda arg, _: f"is not encoded as {cut(str(arg), 200)}",
    "contentMediaType": lambda arg, _: f"is not {cut(str(arg), 200)}",
}
