"""The base class of generated models, and exact building and dumping of JSON.

Shared by server and client; knows pydantic and nothing else. Models are for people: a
JSON Schema validator has said yes before a model is built, so building never refuses,
and what is dumped is what was built: absent keys stay absent, unknown ones stay there.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from functools import cache
from typing import (
    Any,
    Final,
    Generic,
    Literal,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic.fields import FieldInfo
from pydantic_core import SchemaSerializer, SchemaValidator

from .jsonrpc import is_array, is_object
from .lazy import Named

Json: TypeAlias = Any
"""A JSON value, as `json.loads` makes it."""

T = TypeVar("T")


def _is_none(value: object) -> bool:
    return value is None


def absent() -> Any:
    """The default of a property that may be left out and can't be null.

    The attribute reads None; None is never sent for it, not even if it is given.
    """
    return Field(default=None, exclude_if=_is_none)


class Model(BaseModel):
    """An object of a JSON Schema. Keys that the schema does not name are kept.

    Construct it with the attributes' names; `model_fields_set` names what is there.
    """

    model_config = ConfigDict(
        defer_build=True,
        extra="allow",
        protected_namespaces=(),
        ser_json_inf_nan="constants",
        serialize_by_alias=True,
        validate_by_alias=True,
        validate_by_name=True,
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Give a class with constants the constructor that sets them."""
        super().__pydantic_init_subclass__(**kwargs)
        aliases = {field.alias for field in cls.model_fields.values()}
        if not aliases.isdisjoint(cls.model_fields):
            # An attribute is called like another one's property: only attributes count.
            cls.model_config = {**cls.model_config, "validate_by_alias": False}
        if _constants(cls) and "__init__" not in vars(cls):
            # A method in Python doubles the cost of making an object, so only here.
            cls.__init__ = _init_with_constants  # type: ignore[assignment]  # pydantic types it per class


def _init_with_constants(self: BaseModel, /, **data: Any) -> None:
    """Make an object from attributes. Constants, such as `type: Literal["text"] = "text"`,
    count as given, so that they are dumped; an object that is built from JSON has what
    the JSON has.
    """
    BaseModel.__init__(self, **data)
    self.__pydantic_fields_set__.update(_constants(type(self)))


# Building from JSON goes past this function, as it goes past pydantic's own.
_init_with_constants.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pydantic's mark


@cache
def _constants(model: type[BaseModel]) -> frozenset[str]:
    """The fields whose type admits their default alone."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if get_origin(field.annotation) is Literal
        and get_args(field.annotation) == (field.default,)
    )


def _build_leaves_first() -> None:
    """Build all classes in the order of their definition.

    Pydantic descends into each class that is not built yet; a long chain of classes
    that lead from one to the next goes too deep for Python.
    """
    for model in Model.__subclasses__():
        with suppress(PydanticUndefinedAnnotation, RecursionError):
            model.model_rebuild()


class Codec(Generic[T]):
    """Builds values of one type from JSON values and dumps them again, exactly.

    Everything is prepared at the first use. The cycle collector pauses at work, as in
    `uncollected`, whose calls would cost as much as the work. `type_` is a generated
    class or alias, or the place where one is.
    """

    __slots__ = ("_renamed", "_serializer", "_type", "_validator")

    def __init__(self, type_: Any) -> None:
        self._type = type_
        self._renamed: frozenset[str] = frozenset()
        self._validator: SchemaValidator | None = None
        self._serializer: SchemaSerializer | None = None

    def prepare(self) -> None:
        """Do now what the first use would do. Several threads may do it at once."""
        type_: Any = self._type
        if isinstance(type_, Named):
            type_ = type_.load()
        adapter: TypeAdapter[T] = TypeAdapter(type_)
        try:
            adapter.rebuild()
        except RecursionError:
            _build_leaves_first()
            adapter.rebuild()
        self._renamed = _renamed_fields(type_)
        self._serializer = adapter.serializer
        self._validator = cast(SchemaValidator, adapter.validator)

    def build(self, instance: Json) -> T:
        """The typed value of a JSON value that is valid for the type's schema."""
        if self._validator is None:
            self.prepare()
        validator = cast(SchemaValidator, self._validator)
        collects = gc.isenabled()
        if collects:
            gc.disable()
        try:
            built = validator.validate_python(
                instance, strict=True, by_alias=True, by_name=False
            )
        except ValidationError as error:
            built = _lenient(validator, instance, error)
        finally:
            if collects:
                gc.enable()
        if self._renamed and _has_key(instance, self._renamed):
            _unset(built, instance)
        return cast(T, built)

    def dump(self, value: T) -> Json:
        """The JSON value, as plain dicts, lists and scalars."""
        if self._serializer is None:
            self.prepare()
        serializer = cast(SchemaSerializer, self._serializer)
        collects = gc.isenabled()
        if collects:
            gc.disable()
        try:
            return serializer.to_python(
                value, mode="json", by_alias=True, exclude_unset=True, warnings=False
            )
        finally:
            if collects:
                gc.enable()

    def dump_json(self, value: T) -> bytes:
        """The JSON value as compact UTF-8 text."""
        if self._serializer is None:
            self.prepare()
        return cast(SchemaSerializer, self._serializer).to_json(
            value, by_alias=True, exclude_unset=True, warnings=False
        )


def _renamed_fields(type_: Any) -> frozenset[str]:
    """Attributes whose default is dumped once they count as set, and that have another
    name than their property, in all classes that a type leads to.
    """
    names: set[str] = set()
    seen: set[Any] = set()
    waiting = [type_]
    while waiting:
        current = waiting.pop()
        current = getattr(current, "__value__", current)
        if isinstance(current, type) and issubclass(current, Model):
            if current not in seen:
                seen.add(current)
                for name, field in current.model_fields.items():
                    waiting.append(field.annotation)
                    if _can_be_shadowed(name, field):
                        names.add(name)
        else:
            waiting.extend(get_args(current))
    return frozenset(names)


def _can_be_shadowed(name: str, field: FieldInfo) -> bool:
    is_renamed = field.alias is not None and field.alias != name
    return is_renamed and not field.is_required() and field.exclude_if is None


def _has_key(value: Json, names: frozenset[str]) -> bool:
    """Whether an object anywhere in a value has one of some keys."""
    if is_object(value):
        if not names.isdisjoint(value):
            return True
        return any(_has_key(part, names) for part in value.values())
    return is_array(value) and any(_has_key(part, names) for part in value)


def _unset(built: Any, instance: Json) -> None:
    """Correct what counts as set where an unknown key is called like an attribute.

    Pydantic notes the names of both in one set.
    """
    if isinstance(built, Model) and is_object(instance):
        for name, field in type(built).model_fields.items():
            alias = field.alias or name
            if alias in instance:
                _unset(getattr(built, name), instance[alias])
            else:
                built.__pydantic_fields_set__.discard(name)
    elif is_object(built) and is_object(instance):
        for key, part in built.items():
            _unset(part, instance.get(key))
    elif is_array(built) and is_array(instance):
        for part, its in zip(built, instance, strict=False):
            _unset(part, its)


_MOST_PLACES: Final = 1_000


def _lenient(validator: SchemaValidator, instance: Json, error: ValidationError) -> Any:
    """Build from a value with whole floats where integers are wanted.

    In JSON, 1.0 is an integer; in Python it is none. Floats elsewhere stay as they are,
    except beside so many that it would take long to tell their places apart.
    """
    if error.error_count() <= _MOST_PLACES:
        wanted = error.errors(include_url=False, include_context=False)
        corrected = _corrected(instance, {id(problem["input"]) for problem in wanted})
        with suppress(ValidationError):
            return validator.validate_python(
                corrected, strict=True, by_alias=True, by_name=False
            )
    return validator.validate_python(
        _corrected(instance, None), strict=True, by_alias=True, by_name=False
    )


def _corrected(value: Json, wanted: set[int] | None) -> Json:
    """A copy with integers in place of whole floats.

    Args:
        value: What to copy.
        wanted: The identities of these floats, which a parser has made one by one; None
            for all.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value) if wanted is None or id(value) in wanted else value
    if is_array(value):
        return [_corrected(item, wanted) for item in value]
    if is_object(value):
        return {key: _corrected(item, wanted) for key, item in value.items()}
    return value
