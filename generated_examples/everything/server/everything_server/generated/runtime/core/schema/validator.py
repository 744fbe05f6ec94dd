"""Validation against JSON Schemas, and its findings in words.

Shared by server and client; knows jsonschema-rs and nothing of models or HTTP. The JSON
Schema is the law: what passes here is valid, everything else is refused with reasons
that a person, or a language model, can correct the value by.

Nothing is ever fetched: a `$ref` to a file or a URL makes the schema unusable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .document import IN_PLACE, KEYWORDS, Document, below, encoded, is_object
from .explain.words import MAX_VALUE, Json, cut, pointer

if TYPE_CHECKING:
    from jsonschema_rs import Validator

    from .explain.parts import Parts

__all__ = [
    "BACKTRACK_LIMIT",
    "TOO_EXPENSIVE",
    "InvalidSchema",
    "Json",
    "Problem",
    "SchemaValidator",
    "describe",
    "is_expensive",
    "pointer",
]

BACKTRACK_LIMIT: Final = 50_000
"""Steps that a pattern with look-around or back-references may take on one string;
others run in time linear in the string."""

MAX_STEPS: Final = 20_000
"""Subschemas that all `unevaluated*` of a schema may lead to, counted once for each path;
at most 30 microseconds each."""

TOO_EXPENSIVE: Final = (
    "`unevaluatedProperties` and `unevaluatedItems` lead over references to more than "
    f"{MAX_STEPS:,} subschemas"
)

_UNEVALUATED: Final = frozenset({"unevaluatedItems", "unevaluatedProperties"})

_Step: TypeAlias = tuple[str, Mapping[str, Json]]
"""A schema, and the reference that leads to it; empty where it stands inside."""


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

    __slots__ = ("_parts", "_schema", "_validator", "accepts")

    accepts: Callable[[Json], bool]
    """`is_valid` as directly as can be: ValueError for what is no JSON value."""

    def __init__(self, schema: Mapping[str, Json] | bool) -> None:
        self._schema = schema
        self._validator: Validator | None = None
        self._parts: Parts | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # `accepts` at the first use alone: later ones are not to pay for a property.
            if name != "accepts":
                raise AttributeError(name)
            return self.compile().is_valid

    def compile(self) -> Validator:
        """Do now what the first use would do.

        Raises:
            InvalidSchema: If the schema is not valid in its dialect, refers to
                something outside itself, has a pattern that is too large, or would take
                too long to compile.
        """
        from jsonschema_rs import ValidationError

        if is_expensive(self._schema):
            raise InvalidSchema(TOO_EXPENSIVE)
        try:
            validator = _compiled(self._schema)
        except ValidationError as error:
            where = pointer(error.instance_path)
            what = f"{where}: {error.message}" if where else error.message
            raise InvalidSchema(cut(what, 400)) from None
        except ValueError as error:
            raise InvalidSchema(cut(str(error), 400)) from None
        self._validator = validator
        self.accepts = validator.is_valid
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
            limit: How many problems to report at most; a last one says how many more
                there are. The work is bounded: where it ends early, there may be more
                problems than were found, or only the place where one is.

        Raises:
            InvalidSchema: As `compile`, at the first use.
        """
        validator = self._validator or self.compile()
        try:
            if validator.is_valid(instance):
                return []
        except ValueError as error:
            return [Problem("", f"is no JSON value: {cut(str(error), MAX_VALUE)}")]
        from .explain.explainer import explain
        from .explain.parts import Parts

        if self._parts is None:
            self._parts = Parts(self._schema, validator, _compiled)
        return [Problem(*each) for each in explain(self._parts, instance, limit)]


def describe(problems: Sequence[Problem]) -> str:
    """The problems as text, one a line."""
    return "\n".join(map(str, problems))


def _compiled(schema: Json, registry: Any = None) -> Validator:
    from jsonschema_rs import FancyRegexOptions, validator_for

    return validator_for(
        encoded(schema),
        validate_formats=False,
        pattern_options=FancyRegexOptions(backtrack_limit=BACKTRACK_LIMIT),
        registry=registry,
        offline=True,
    )


# --- what compiling takes -------------------------------------------------------
#
# For every `unevaluatedProperties` and `unevaluatedItems`, jsonschema-rs compiles each path
# of `$ref` and `allOf` that starts beside it, again for each further one on the path: their
# number is exponential.


def is_expensive(schema: Json) -> bool:
    """Whether compiling a schema would take more than `MAX_STEPS`."""
    document = Document(schema)
    sources = [part for part in document.parts if not _UNEVALUATED.isdisjoint(part)]
    if not sources or all(KEYWORDS.isdisjoint(part) for part in document.parts):
        return False
    left = MAX_STEPS
    following: dict[int, list[_Step]] = {}
    waiting: list[tuple[Mapping[str, Json], tuple[str, ...]]]
    waiting = [(source, ()) for source in sources]
    while waiting:
        part, path = waiting.pop()
        if id(part) not in following:
            # A second time for the keyword of its own.
            times = 1 if _UNEVALUATED.isdisjoint(part) else 2
            following[id(part)] = list(_next(part, document)) * times
        left -= len(following[id(part)]) * (1 + len(path) // 100)
        if left < 0:
            return True
        # The same object may stand in several places: a reference is what closes a
        # circle.
        waiting += [
            (target, (*path, reference) if reference else path)
            for reference, target in following[id(part)]
            if reference not in path
        ]
    return False


def _next(part: Mapping[str, Json], document: Document) -> Iterator[_Step]:
    """The schemas that apply to the same value as another one."""
    for keyword in KEYWORDS & part.keys():
        for target in document.targets(part[keyword]):
            if is_object(target):
                yield str(part[keyword]), target
    for keyword in (*IN_PLACE, *_UNEVALUATED):
        for _, child in below(keyword, part.get(keyword)):
            if is_object(child):
                yield "", child
