"""Validation against JSON Schemas, and its findings in words.

Shared by server and client; knows jsonschema-rs and nothing of models or HTTP. The JSON
Schema is the law: what passes here is valid, everything else is refused with reasons
that a person, or a language model, can correct the value by.

Nothing is ever fetched: a `$ref` to a file or a URL makes the schema unusable.
"""

from __future__ import annotations

import json
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeGuard

from .references import encoded

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

Json: TypeAlias = Any

BACKTRACK_LIMIT: Final = 50_000
"""Steps that a pattern with look-around or back-references may take on one string;
others run in time linear in the string."""
MAX_VALUE: Final = 80
"""Characters of a value that a reason shows."""
MAX_OPTIONS: Final = 30
"""Allowed values that a reason lists."""
MAX_FORMS: Final = 4
"""Branches of a union of which a reason tells the first problem."""
MAX_UNKNOWN: Final = 30
"""Unknown properties of one object that are compared with the known ones, to tell which
one was meant."""
MAX_COUNTED: Final = 1_000
"""Problems of one instance that are counted."""
MAX_EXPLAINED: Final = 5_000
"""Values inside an instance, above which only its first problem is told: finding all
of them takes far longer than finding that there is one."""

_NOUNS: Final[dict[str, str]] = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


class InvalidSchema(ValueError):
    """The JSON Schema itself can't be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a value is not valid.

    Attributes:
        path: Where in the value, such as `location.lat` or `items[3].name`; empty for
            the value itself.
        reason: What is wrong there, as a phrase: "must be at most 14, got 20".
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


class SchemaValidator:
    """Validates instances of one JSON Schema.

    The schema is compiled at the first use and must not change. `$schema` chooses the
    dialect; without it, it is 2020-12. `format` is an annotation and never refuses.
    Threads may share a validator.

    Instances must come from a parser that bounds their depth, as
    `pydantic_core.from_json` does.
    """

    __slots__ = ("_schema", "_validator")

    def __init__(self, schema: Mapping[str, Json] | bool) -> None:
        self._schema = schema
        self._validator: Validator | None = None

    def compile(self) -> Validator:
        """Do now what the first use would do.

        Raises:
            InvalidSchema: If the schema is not valid in its dialect, refers to
                something outside itself, or has a pattern that is too large.
        """
        from jsonschema_rs import FancyRegexOptions, ValidationError, validator_for

        try:
            validator = validator_for(
                encoded(self._schema),
                validate_formats=False,
                pattern_options=FancyRegexOptions(backtrack_limit=BACKTRACK_LIMIT),
                offline=True,
            )
        except ValidationError as error:
            where = pointer(error.instance_path)
            what = f"{where}: {error.message}" if where else error.message
            raise InvalidSchema(_cut(what, 400)) from None
        except ValueError as error:
            raise InvalidSchema(_cut(str(error), 400)) from None
        self._validator = validator
        return validator

    def is_valid(self, instance: Json) -> bool:
        """Whether the schema admits a JSON value.

        Raises:
            InvalidSchema: As `compile`, at the first use.
        """
        validator = self._validator or self.compile()
        try:
            return validator.is_valid(instance)
        except ValueError:
            return False

    def problems(self, instance: Json, limit: int = 20) -> list[Problem]:
        """Why the schema does not admit a value; empty where it does.

        Args:
            instance: The JSON value.
            limit: How many problems to tell at most; a last one says how many more
                there are. Of an instance with more than `MAX_EXPLAINED` values, only
                the first is told.

        Raises:
            InvalidSchema: As `compile`, at the first use.
        """
        if self.is_valid(instance):
            return []
        validator = self._validator or self.compile()
        is_large = _has_more_values(instance, MAX_EXPLAINED)
        try:
            errors = (_first_error if is_large else _all_errors)(validator, instance)
            found = (p for error in errors for p in _explain(error, self._schema))
            seen = list(islice(found, MAX_COUNTED))
        except ValueError as error:
            return [Problem("", f"is no JSON value: {_cut(str(error), MAX_VALUE)}")]
        told = list(dict.fromkeys(seen))
        if len(told) > limit:
            least = "at least " if len(seen) == MAX_COUNTED else ""
            more = len(told) - limit
            words = f"and {least}{more} more problem{'' if more == 1 else 's'}"
            told[limit:] = [Problem("", words)]
        elif is_large:
            told.append(Problem("", "there may be more problems"))
        return told or [Problem("", "is not valid")]


def describe(problems: Sequence[Problem]) -> str:
    """The problems as text, one a line."""
    return "\n".join(map(str, problems))


def pointer(path: Iterable[str | int]) -> str:
    """A path as people write it: `items[3].name`, `headers["If-Match"]`.

    Long keys are cut.
    """
    text = ""
    for key in path:
        part = _cut(key, MAX_VALUE) if isinstance(key, str) else key
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            text += f".{part}" if text else part
        else:
            text += f"[{_shown(part)}]"
    return text


def _all_errors(validator: Validator, instance: Json) -> Iterable[ValidationError]:
    return validator.iter_errors(instance)


def _first_error(validator: Validator, instance: Json) -> Iterable[ValidationError]:
    from jsonschema_rs import ValidationError

    try:
        validator.validate(instance)
    except ValidationError as error:
        return [error]
    return []


def _has_more_values(instance: Json, limit: int) -> bool:
    waiting: list[Json] = [instance]
    count = 0
    while waiting and count <= limit:
        value = waiting.pop()
        parts = _parts(value)
        count += len(parts)
        waiting.extend(parts)
    return count > limit


def _parts(value: Json) -> Collection[Json]:
    if _is_object(value):
        return value.values()
    return value if _is_array(value) else ()


# --- one error in words -----------------------------------------------------


def _explain(error: ValidationError, schema: Json) -> Iterator[Problem]:
    kind = error.kind
    name = type(kind).__name__
    path = error.instance_path
    if name in ("AnyOf", "OneOfNotValid"):
        yield from _explain_union(error, schema)
    elif name == "Required":
        missing = kind.as_dict()["property"]
        yield Problem(pointer([*path, missing]), "is required")
    elif name in ("AdditionalProperties", "UnevaluatedProperties"):
        known = _known_properties(schema, error.schema_path)
        for number, unexpected in enumerate(kind.as_dict()["unexpected"]):
            hint = _did_you_mean(unexpected, known) if number < MAX_UNKNOWN else ""
            yield Problem(
                pointer([*path, unexpected]), f"is not a known property{hint}"
            )
    elif name == "PropertyNames":
        inner = kind.as_dict()["error"]
        for problem in _explain(inner, True):
            yield Problem(pointer(path), f"has a property name that {problem.reason}")
    else:
        yield Problem(pointer(path), _reason(name, error))


def _reason(name: str, error: ValidationError) -> str:
    details = error.kind.as_dict()
    if name in _BOUNDS:
        words, unit = _BOUNDS[name]
        return _bound(words, unit, details["limit"], error.instance)
    writer = _REASONS.get(name)
    if writer is None:
        return f"is not valid: {_cut(error.message, 200)}"
    return writer(details, error.instance)


_BOUNDS: Final[dict[str, tuple[str, str]]] = {
    "Maximum": ("must be at most", ""),
    "Minimum": ("must be at least", ""),
    "ExclusiveMaximum": ("must be less than", ""),
    "ExclusiveMinimum": ("must be greater than", ""),
    "MaxItems": ("must have at most", "item"),
    "MinItems": ("must have at least", "item"),
    "MaxLength": ("must have at most", "character"),
    "MinLength": ("must have at least", "character"),
    "MaxProperties": ("must have at most", "key"),
    "MinProperties": ("must have at least", "key"),
}


def _bound(words: str, unit: str, limit: Json, value: Json) -> str:
    if not unit:
        return f"{words} {limit}, got {_shown(value)}"
    plural = "" if limit == 1 else "s"
    size = len(value) if isinstance(value, str) else len(_parts(value))
    has = f", has {size}"
    return f"{words} {limit} {unit}{plural}{has}"


def _type(details: Mapping[str, Json], value: Json) -> str:
    return f"must be {_kinds(details['types'])}, got {_shown(value)}"


def _enum(details: Mapping[str, Json], value: Json) -> str:
    options = details["options"]
    shown = ", ".join(map(_shown, options[:MAX_OPTIONS]))
    more = (
        f" and {len(options) - MAX_OPTIONS} more" if len(options) > MAX_OPTIONS else ""
    )
    names = [option for option in options if isinstance(option, str)]
    hint = _did_you_mean(value, names) if isinstance(value, str) else ""
    return f"{_shown(value)} is not one of {shown}{more}{hint}"


def _unique(_: Mapping[str, Json], value: Json) -> str:
    seen: set[str] = set()
    for index, item in enumerate(_parts(value)):
        text = _json(item)
        if text in seen:
            return f"must not repeat an item; {_shown(item)} is at [{index}] again"
        seen.add(text)
    return "must not repeat an item"


_REASONS: Final[dict[str, Callable[[Mapping[str, Json], Json], str]]] = {
    "Type": _type,
    "Enum": _enum,
    "UniqueItems": _unique,
    "Constant": lambda d, v: f"must be {_shown(d['expected_value'])}, got {_shown(v)}",
    "Pattern": lambda d, v: (
        f"must match the pattern {_cut(d['pattern'], 200)}, got {_shown(v)}"
    ),
    "MultipleOf": lambda d, v: (
        f"must be a multiple of {d['multiple_of']}, got {_shown(v)}"
    ),
    "BacktrackLimitExceeded": lambda _, __: (
        "takes too long to compare with its pattern"
    ),
    "RegexEngineFailure": lambda _, __: "takes too long to compare with its pattern",
    "Contains": lambda _, __: "has no item of the kind that it must contain",
    "AdditionalItems": lambda d, _: f"must have at most {d['limit']} items",
    "UnevaluatedItems": lambda _, __: "has items that are not allowed",
    "FalseSchema": lambda _, __: "is not allowed",
    "Not": lambda _, v: f"has a form that is not allowed: {_shown(v)}",
    "OneOfMultipleValid": lambda _, __: (
        "matches more than one of forms of which exactly one is allowed"
    ),
}


# --- unions -----------------------------------------------------------------


def _explain_union(error: ValidationError, schema: Json) -> Iterator[Problem]:
    """The problems of the branch that was meant, if that can be told; else of each."""
    context: list[list[ValidationError]] = error.kind.as_dict()["context"]
    depth = len(error.instance_path)
    branches = [branch for branch in context if branch]
    own = [b for b in branches if not _is_other_type(b, depth)]
    if not own:
        types = [t for b in branches for e in b for t in e.kind.as_dict()["types"]]
        reason = f"must be {_kinds(types)}, got {_shown(error.instance)}"
        yield Problem(pointer(error.instance_path), reason)
        return
    meant = [b for b in own if not _other_tags(b, depth)]
    if not meant:
        yield from _explain_tags([_other_tags(branch, depth) for branch in own], schema)
        return
    if len(meant) == 1:
        for inner in meant[0]:
            yield from _explain(inner, schema)
        return
    reasons = [
        next(_explain(branch[0], schema), Problem("", ""))
        for branch in meant[:MAX_FORMS]
    ]
    texts = dict.fromkeys(str(reason) for reason in reasons)
    more = ", or others" if len(meant) > MAX_FORMS else ""
    yield Problem(
        pointer(error.instance_path),
        f"matches none of the allowed forms: {' / '.join(texts)}{more}",
    )


def _is_other_type(branch: list[ValidationError], depth: int) -> bool:
    return all(
        type(e.kind).__name__ == "Type" and len(e.instance_path) == depth
        for e in branch
    )


def _other_tags(branch: list[ValidationError], depth: int) -> list[ValidationError]:
    """The errors that say that the instance is marked as something else."""
    return [
        e
        for e in branch
        if type(e.kind).__name__ in ("Constant", "Enum")
        and len(e.instance_path) == depth + 1
    ]


def _explain_tags(
    branches: list[list[ValidationError]], schema: Json
) -> Iterator[Problem]:
    """Say which tags there are, where one property tells all branches apart."""
    options: dict[str, Json] = {}
    first = branches[0][0]
    for error in (error for errors in branches for error in errors):
        if error.instance_path != first.instance_path:
            yield from _explain(first, schema)
            return
        details = error.kind.as_dict()
        found = (
            details["options"] if "options" in details else [details["expected_value"]]
        )
        options.update((_json(option), option) for option in found)
    reason = _enum({"options": list(options.values())}, first.instance)
    yield Problem(pointer(first.instance_path), reason)


# --- words ------------------------------------------------------------------


def _known_properties(schema: Json, path: Sequence[str | int]) -> list[str]:
    """The names that the schema gives properties where an unknown one was found."""
    for part in path[:-1]:
        schema = _member(schema, part)
    known = _member(schema, "properties")
    return list(islice(known, 200)) if _is_object(known) else []


def _member(value: Json, part: str | int) -> Json:
    if _is_object(value):
        return value.get(str(part))
    if isinstance(value, list) and isinstance(part, int):
        return next(islice(_parts(value), part, None), None)
    return None


def _is_array(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)


def _is_object(value: Json) -> TypeGuard[Mapping[str, Json]]:
    return isinstance(value, Mapping)


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name[:60], [k for k in known if len(k) <= 60], n=1)
    return f"; did you mean {_shown(close[0])}?" if close else ""


def _kinds(types: Iterable[str]) -> str:
    words = [_NOUNS.get(name, name) for name in dict.fromkeys(types)]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=repr)


def _shown(value: Json) -> str:
    """A value as JSON, cut to a sane length; containers by their kind and size."""
    if isinstance(value, str):
        return _cut(_json(_cut(value, MAX_VALUE)), MAX_VALUE + 2)
    size = len(_parts(value))
    if isinstance(value, dict) and size > 3:
        return f"an object with {size} keys"
    if isinstance(value, list) and size > 6:
        return f"an array of {size} items"
    return _cut(_json(value), MAX_VALUE + 2)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
