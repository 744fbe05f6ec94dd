"""The validator's errors in words: "must be at most 14, got 20"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..document import IN_PLACE
from .parts import Parts
from .unions import Branch, choose, closest
from .words import (
    Json,
    count_of,
    cut,
    most_similar,
    of_type,
    options_in_words,
    parts,
    pointer,
    shown,
)

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

Path: TypeAlias = tuple[str | int, ...]
Found: TypeAlias = tuple[Path, str]
"""Where a problem is, and its reason."""

MAX_COMPARED: Final = 6_000
"""Characters of names that are compared with unknown ones, to find those meant."""
MAX_BRANCHES: Final = 500
"""Branches of a union, those of unions within it included, that are compared."""
MAX_FORMS: Final = 4
"""Branches of a union of which a problem names the first reason."""

_OPTIONS: Final = frozenset({"Constant", "Enum"})
_NONE: Final = "matches none of the allowed forms"
_UNIONS: Final = frozenset({"AnyOf", "OneOfNotValid"})
_UNEVALUATED: Final = frozenset({"UnevaluatedItems", "UnevaluatedProperties"})
_APPLYING: Final = IN_PLACE | {"$dynamicRef", "$recursiveRef", "$ref"}
_UNKNOWN: Final = frozenset({"AdditionalProperties", "UnevaluatedProperties"})


class Reasons:
    """Problems of one value in words.

    Args:
        schema: The parts of the schema that does not admit it.
    """

    def __init__(self, schema: Parts) -> None:
        self._document = schema.document
        self._shape = schema.shape
        self._hints = MAX_COMPARED

    def of(
        self, errors: Iterable[ValidationError], at: Path, note: str, skipped: int = 0
    ) -> Iterator[Found]:
        """The problems behind some errors; of unions, those of the branch that was meant.

        Args:
            errors: Those of one value, or of one branch.
            at: Where the value is.
            note: What to add to a reason.
            skipped: How many keys of the errors' paths lead to the value.
        """
        errors = list(errors)
        paths = (
            [error.evaluation_path for error in errors]
            if any(type(error.kind).__name__ in _UNEVALUATED for error in errors)
            else []
        )
        for error in errors:
            name = type(error.kind).__name__
            if name in _UNEVALUATED and _is_left_over(error.evaluation_path, paths):
                continue
            where = (*at, *error.instance_path[skipped:])
            if name not in _UNIONS:
                yield from self.one(error, where, note, error.instance)
            else:
                yield from self._union(error, at, where, note, skipped)

    def one(
        self, error: ValidationError, where: Path, note: str, value: Json
    ) -> Iterator[Found]:
        """The problems behind one error that is not about a union."""
        kind: Any = error.kind
        name = type(kind).__name__
        if name == "Required":
            yield (*where, kind.property), f"is required{note}"
        elif name in _UNKNOWN:
            around = self._document.at(self._document.root, error.schema_path[:-1])
            known = self._shape(around).properties
            for unknown in kind.unexpected:
                yield (*where, unknown), f"{self.unknown(unknown, known)}{note}"
        elif name == "PropertyNames":
            _, inner = next(self.of([kind.error], (), ""), ((), "is not valid"))
            yield where, f"has a property name that {inner}{note}"
        elif name == "Contains":
            path = error.schema_path
            limit = self._document.at(self._document.root, path)
            text = "has no item"
            if path[-1] in ("maxContains", "minContains") and limit is not None:
                bound = "most" if path[-1] == "maxContains" else "least"
                text = f"must have at {bound} {limit} items"
            yield where, f"{text} of the kind that it must contain{note}"
        else:
            text = reason(name, kind, value)
            if name == "Enum":
                text += self.hint(value, kind.options)
            yield where, f"{text}{note}"

    def unknown(self, name: str, known: Iterable[Json]) -> str:
        """That a property is not one of the known ones, and which was meant."""
        return f"is not a known property{self.hint(name, known)}"

    def hint(self, name: Json, known: Iterable[Json]) -> str:
        """Which of the known names a text was meant to be, if there is one like it."""
        if not isinstance(name, str):
            return ""
        similar, compared = most_similar(name, known, self._hints)
        self._hints -= compared
        return f"; did you mean {shown(similar)}?" if similar else ""

    # ---------------------------------------------------------------- unions

    def _union(
        self, error: ValidationError, at: Path, where: Path, note: str, skipped: int
    ) -> Iterator[Found]:
        value = error.instance
        branches = list(islice(self._branches(error), MAX_BRANCHES))
        likely, chosen = choose(branches, value, self.hint)
        if not isinstance(likely, list):
            yield (*where, *likely), f"{chosen}{'' if likely else note}"
            return
        if options := _options(likely):
            listed = f"{options_in_words(options)}{self.hint(value, options)}"
            yield where, f"{shown(value)} is not one of {listed}{note}"
            return
        meant = closest(likely, value)
        if meant is not None:
            inner = (meant.shape.note if chosen is None else chosen) or note
            yield from self.of(meant.errors, at, inner, skipped)
            return
        some = likely[:MAX_FORMS]
        first = [next(self.of(b.errors, at, "", skipped), None) for b in some]
        if len(set(first)) == 1 and all(len(b.errors) == 1 for b in likely):
            yield from self.of(some[0].errors, at, note, skipped)
            return
        text = forms(first, [b.shape.note or note for b in likely])
        yield where, f"{text}{note}"

    def _branches(self, error: ValidationError) -> Iterator[Branch]:
        """The branches, with those of the unions that are branches themselves."""
        context: list[list[ValidationError]] = error.kind.as_dict()["context"]
        depth = len(error.instance_path)
        schemas = self._document.at(self._document.root, error.schema_path)
        if not isinstance(schemas, list | tuple) or len(schemas) != len(context):
            schemas = [None] * len(context)
        for schema, errors in zip(schemas, context, strict=True):
            if (
                len(errors) == 1
                and type(errors[0].kind).__name__ in _UNIONS
                and len(errors[0].instance_path) == depth
            ):
                yield from self._branches(errors[0])
            else:
                own = [e.kind for e in errors if len(e.instance_path) == depth]
                typed: list[Any] = [k for k in own if type(k).__name__ == "Type"]
                types = [name for kind in typed for name in kind.types]
                yield Branch(self._shape(schema), types, errors, depth)


def _is_left_over(path: list[str | int], paths: list[list[str | int]]) -> bool:
    """Whether a part is only unevaluated as what evaluates it failed."""
    around, size = path[:-1], len(path) - 1
    return any(
        len(other) > size and other[size] in _APPLYING and other[:size] == around
        for other in paths
    )


def forms(problems: Sequence[Found | None], notes: Sequence[str]) -> str:
    """The first problems of some branches of a union, each with the branch's note."""
    texts = [
        _located(*problem, note)
        for problem, note in zip(problems[:MAX_FORMS], notes, strict=False)
        if problem is not None
    ]
    more = ", or others" if len(notes) > MAX_FORMS else ""
    return f"{_NONE}: {' / '.join(dict.fromkeys(texts))}{more}"


def _located(path: Path, text: str, note: str) -> str:
    where = pointer(path)
    if text.startswith(_NONE):
        text, note = _NONE, ""
    return f"{where}: {text}{note}" if where else f"{text}{note}"


def _options(branches: Sequence[Branch]) -> list[Json]:
    """The values of branches that allow certain values only; none if one doesn't."""
    options: list[Json] = []
    for branch in branches:
        at = branch.depth
        own: list[Any] = [e.kind for e in branch.errors if len(e.instance_path) == at]
        name = type(own[0]).__name__ if own else ""
        if len(branch.errors) > 1 or len(branches) == 1 or name not in _OPTIONS:
            return []
        options += own[0].options if name == "Enum" else [own[0].expected_value]
    return options


# --- in words ---------------------------------------------------------------


def reason(name: str, kind: Any, value: Json) -> str:
    """An error as a phrase.

    Args:
        name: The name of its kind.
        kind: The kind, with its details.
        value: The value that is not valid.
    """
    if name in _LIMITS:
        return f"{_LIMITS[name]} {shown(kind.limit)}, got {shown(value)}"
    if name in _SIZES:
        return of_size(name, kind.limit, value)
    writer = _REASONS.get(name)
    return f"is not valid: {kind.name}" if writer is None else writer(kind, value)


_LIMITS: Final[dict[str, str]] = {
    "Maximum": "must be at most",
    "Minimum": "must be at least",
    "ExclusiveMaximum": "must be less than",
    "ExclusiveMinimum": "must be greater than",
}
_SIZES: Final[dict[str, tuple[str, str]]] = {
    "MaxItems": ("must have at most", "item"),
    "MinItems": ("must have at least", "item"),
    "MaxLength": ("must have at most", "character"),
    "MinLength": ("must have at least", "character"),
    "MaxProperties": ("must have at most", "key"),
    "MinProperties": ("must have at least", "key"),
}


def of_size(name: str, limit: Json, value: Json) -> str:
    """That a text or container must have another size."""
    words, unit = _SIZES[name]
    size = len(value) if isinstance(value, str) else len(parts(value))
    return f"{words} {count_of(limit, unit)}, has {size}"


def _repeated(_: Any, value: Json) -> str:
    """Names the first item that repeats another."""
    from jsonschema_rs import validator_for

    is_unique = validator_for({"uniqueItems": True}).is_valid
    low, high = 1, len(value)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if is_unique(value[:middle]) else (low, middle)
    shown_item = shown(value[low - 1])
    return f"must not repeat an item; {shown_item} is at [{low - 1}] again"


def _takes_too_long(*_: Any) -> str:
    return "takes too long to compare with its pattern"


_REASONS: Final[dict[str, Callable[[Any, Json], str]]] = {
    "Type": lambda kind, value: of_type(kind.types, value),
    "Enum": lambda kind, value: (
        f"{shown(value)} is not one of {options_in_words(kind.options)}"
    ),
    "Constant": lambda kind, value: (
        f"must be {shown(kind.expected_value)}, got {shown(value)}"
    ),
    "UniqueItems": _repeated,
    "Pattern": lambda kind, value: (
        f"must match the pattern {cut(kind.pattern, 200)}, got {shown(value)}"
    ),
    "BacktrackLimitExceeded": _takes_too_long,
    "RegexEngineFailure": _takes_too_long,
    "MultipleOf": lambda kind, value: (
        f"must be a multiple of {shown(kind.multiple_of)}, got {shown(value)}"
    ),
    "AdditionalItems": lambda kind, _: f"must have at most {kind.limit} items",
    "UnevaluatedItems": lambda _, __: "has items that are not allowed",
    "FalseSchema": lambda _, __: "is not allowed",
    "Not": lambda _, value: f"has a form that is not allowed: {shown(value)}",
    "OneOfMultipleValid": lambda _, __: (
        "matches more than one of forms of which exactly one is allowed"
    ),
    "ContentEncoding": lambda kind, _: (
        f"is not encoded as {cut(kind.content_encoding, 200)}"
    ),
    "ContentMediaType": lambda kind, _: f"is not {cut(kind.content_media_type, 200)}",
}
