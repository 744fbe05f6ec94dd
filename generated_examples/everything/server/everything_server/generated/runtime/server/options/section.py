"""Sections of settings: dataclasses whose fields say what they mean and are checked.

Knows values, not where they come from; reads no files.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import get_annotations
from pathlib import Path
from types import NoneType
from typing import (
    Any,
    ClassVar,
    Final,
    Literal,
    Self,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from .elsewhere import absent, missing, missing_choice

S = TypeVar("S", bound="Section")

Problem: TypeAlias = tuple[str, str]
"""A setting's name, and what is wrong with its value."""

Check: TypeAlias = Callable[[Any], str | None]
"""Says what is wrong with a value that has the setting's type; None if nothing is."""

Common: TypeAlias = tuple[str, ...] | None
"""Names of settings; None for all of a section."""

METADATA_PATH: Final = "/.well-known/oauth-protected-resource"

_PATH: Final = re.compile(
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]+(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*/?)?"
)
_TYPES: Final[Mapping[Any, tuple[str, tuple[type, ...]]]] = {
    int: ("a whole number", (int,)),
    float: ("a number", (int, float)),
    bool: ("true or false", (bool,)),
    Path | None: ("a path", (Path, str, NoneType)),
    tuple[str, ...]: ("a tuple of str", (tuple, list)),
    tuple[SecretStr, ...]: ("a tuple of SecretStr", (tuple, list)),
}
"""What values of a kind are called, and their types, where these are not the kind itself."""


class SettingsError(ValueError):
    """Settings that can't be served with.

    Attributes:
        lines: What is wrong, one line each, beginning with the setting's name.
        problems: The same as pairs of name and reason, where it is the setting's value.
    """

    def __init__(self, *lines: str, problems: Sequence[Problem] = ()) -> None:
        """Take lines, or problems to make them of."""
        self.lines = lines or tuple(f"{name}: {reason}" for name, reason in problems)
        self.problems = tuple(problems)
        super().__init__("; ".join(self.lines))


@dataclass(frozen=True, kw_only=True)
class Section:
    """Settings that belong together. A field is `Annotated[type, meaning, checks...]`.

    Attributes:
        title: The heading above its settings in `--help` and in the docs' table.
        feature: The name in manifests of the feature that brings it; empty for what every
            server has.
        common: The settings that `--help` shows, None for all; `--help-all` shows all.
    """

    title: ClassVar[str]
    feature: ClassVar[str] = ""
    common: ClassVar[Common] = None

    def __new__(cls, *_: object, **values: object) -> Self:
        """Refuse settings of features that this package does not have, by their names."""
        known = {option.name for option in options(cls)}
        problems = [
            (name, missing(name, values[name])) for name in absent(values, known)
        ]
        if problems:
            raise SettingsError(problems=problems)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        """Check all values; raises SettingsError with everything that is wrong."""
        values = {each: getattr(self, each.name) for each in options(type(self))}
        problems = [
            (option.name, reason)
            for option, value in values.items()
            if (reason := option.problem(value)) is not None
        ]
        if not problems:  # checks are for values of the right types
            problems = [
                (option.name, reason)
                for option, value in values.items()
                for check in option.checks
                if (reason := check(value)) is not None
            ]
            paths = [
                (option.name, str(value), value != option.default)
                for option, value in values.items()
                if {served_path, served_path_or_off} & {*option.checks}
            ]
            # The one that was set is the one to change.
            paths.sort(key=lambda path: path[2])
            problems += same_paths((name, path) for name, path, _ in paths)
        if problems:
            raise SettingsError(problems=problems)


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """A setting as an option of the command line and as environment variables."""

    name: str
    kind: Any
    meaning: str
    checks: tuple[Check, ...]
    default: Any
    section: type[Section]

    @property
    def is_secret(self) -> bool:
        """Whether its value must not be seen on command lines."""
        return self.kind in (tuple[SecretStr, ...], SecretStr | None)

    @property
    def flag(self) -> str:
        """The option's name, such as `--max-body`."""
        flag = "--" + self.name.replace("_", "-")
        return f"{flag}-file" if self.is_secret else flag

    @property
    def variable(self) -> str:
        """The environment variable that holds its value."""
        return f"MCP_{self.name.upper()}"

    @property
    def variables(self) -> tuple[str, ...]:
        """That variable, and the one that names a file with a secret."""
        if self.is_secret:
            return self.variable, f"{self.variable}_FILE"
        return (self.variable,)

    @property
    def choices(self) -> tuple[str, ...]:
        """All values, where there are few."""
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()

    @property
    def is_common(self) -> bool:
        """Whether `--help` shows it."""
        common = self.section.common
        return common is None or self.name in common

    @property
    def shown_default(self) -> str:
        """The default as one would write it; empty where there is none to show."""
        if self.is_secret or self.default is None:
            return ""
        if self.kind == tuple[str, ...]:
            return ",".join(self.default)
        if isinstance(self.default, bool):
            return str(self.default).lower()
        return f"{self.default:g}" if self.kind is float else str(self.default)

    def problem(self, value: Any) -> str | None:
        """What is wrong with a value by its type alone; None if nothing is.

        A value that may be a secret in the wrong place is not in it.
        """
        if self.choices:
            if value in self.choices:
                return None
            reason = f"{value!r} is not one of {', '.join(self.choices)}"
            return missing_choice(self.name, value) or reason
        name, types = self.values
        wrong = not isinstance(value, types)
        is_number = isinstance(value, int | float)
        if wrong or (isinstance(value, bool) and bool not in types):
            shown = repr(value) if is_number else f"one of type {type(value).__name__}"
            return f"needs {name}, not {shown}"
        if self.kind in (int, float):
            inside = 0 <= value < math.inf
            return None if inside else f"{value!r} is not a number from 0 on"
        kinds: tuple[Any, ...] = get_args(self.kind) if tuple in types else ()
        values = cast("tuple[object, ...]", value)
        if kinds and not all(isinstance(each, kinds[0]) for each in values):
            return f"needs {name}; one of its values is another type"
        return None

    @property
    def values(self) -> tuple[str, tuple[type, ...]]:
        """What values are called, and the types that they may have."""
        if self.kind in _TYPES:
            return _TYPES[self.kind]
        types = (self.kind,) if isinstance(self.kind, type) else get_args(self.kind)
        return f"a value of type {types[0].__name__}", types


def options(settings: type[Section]) -> tuple[Option, ...]:
    """All settings of a class, section by section."""
    return _options(cast(Any, settings))


@cache
def _options(settings: Any) -> tuple[Option, ...]:
    hints = get_type_hints(settings, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(settings)}
    found: list[Option] = []
    for section in settings.__mro__:
        for name in get_annotations(section):
            if name in fields:
                kind, meaning, *checks = get_args(hints[name])
                default = cast(Any, fields.pop(name).default)
                found.append(
                    Option(name, kind, meaning, tuple(checks), default, section)
                )
    return tuple(found)


def extended(settings: S, sections: Sequence[type[Section]]) -> S:
    """The same settings with those of further sections, at their defaults.

    Raises:
        SettingsError: A section has a setting that exists already.
    """
    kind = type(settings)
    lacking = [each for each in sections if not issubclass(kind, each)]
    if not lacking:
        return settings
    taken = {option.name for option in options(kind)}
    for section in lacking:
        names = {option.name for option in options(section)}
        if twice := sorted(names & taken):
            raise SettingsError(
                *(f"{name}: {section.__name__} sets it as well" for name in twice)
            )
        taken |= names
    bases = (kind, *lacking)
    joined: Any = dataclass(frozen=True, kw_only=True)(type(kind.__name__, bases, {}))
    values = {each.name: getattr(settings, each.name) for each in options(kind)}
    return cast("S", joined(**values))


def groups(settings: type[Section]) -> Mapping[str, list[Option]]:
    """All settings of a class by the titles of their sections."""
    found: dict[str, list[Option]] = {}
    for option in options(settings):
        found.setdefault(option.section.title, []).append(option)
    return found


def same_paths(paths: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    """Paths, by their settings, that are those of earlier ones, so that one never answers."""
    taken: dict[str, str] = {}
    for name, value in paths:
        path = value.rstrip("/") or value
        if path and taken.setdefault(path, name) != name:
            yield name, f"{value!r} is the value of {taken[path]} as well"


def served_path(value: str) -> str | None:
    """A path at which this server answers."""
    if not value.startswith("/"):
        return f"{value!r} does not begin with /"
    if not _PATH.fullmatch(value):
        return f"{value!r} is not the path of a URL (no query, no encoded characters)"
    if value.startswith(METADATA_PATH):
        return f"{value!r} is where the metadata of OAuth belongs"
    return None


def served_path_or_off(value: str) -> str | None:
    """The same, or nothing."""
    return served_path(value) if value else None


def at_least_one(value: int) -> str | None:
    """A number from 1 on."""
    return None if value >= 1 else f"{value} is less than 1"


def split_url(value: str) -> SplitResult | None:
    """The parts of an http or https URL; None where it is invalid."""
    if " " in value or not value.isprintable():
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    usable = parts.scheme in ("http", "https") and parts.hostname and port != 0
    return parts if usable else None


def url(value: str) -> str | None:
    """A URL, or nothing."""
    if not value or split_url(value) is not None:
        return None
    return f"{value!r} is not a URL that begins with https:// or http://"
