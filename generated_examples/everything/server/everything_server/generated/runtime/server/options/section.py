"""Sections of settings: dataclasses whose fields say what they mean and are checked.

Knows values, not where they come from; reads no files.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import get_annotations
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

from pydantic import SecretStr

from ...core.features import ERAS, TRANSPORTS
from .checks import Check, served_path, served_path_or_off, type_problem
from .elsewhere import absent, missing, missing_choice

S = TypeVar("S", bound="Section")

Problem: TypeAlias = tuple[str, str]
"""A setting's name, and what is wrong with its value."""

ENVIRONMENT_PREFIX: Final = "MCP_"


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
    common: ClassVar[tuple[str, ...] | None] = None

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
        values = [
            (option, getattr(self, option.name)) for option in options(type(self))
        ]
        problems = [
            (option.name, reason)
            for option, value in values
            if (reason := option.problem(value)) is not None
        ]
        if not problems:
            problems += _value_problems(values)
        if problems:
            raise SettingsError(problems=problems)


@dataclass(frozen=True, slots=True)
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
        return ENVIRONMENT_PREFIX + self.name.upper()

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

    def problem(self, value: Any) -> str | None:
        """What is wrong with a value by its type alone; None if nothing is."""
        reason = type_problem(self.kind, value)
        return reason and (missing_choice(self.name, value) or reason)

    @property
    def is_common(self) -> bool:
        """Whether `--help` shows it."""
        common = self.section.common
        return common is None or self.name in common

    @property
    def shown_default(self) -> str:
        """The default as one would write it; empty where there is none to show."""
        if self.is_secret:
            return ""
        if self.kind == tuple[str, ...]:
            return ",".join(self.default)
        if isinstance(self.default, bool):
            return "true" if self.default else "false"
        if isinstance(self.default, float):
            return f"{self.default:g}"
        return "" if self.default is None else str(self.default)


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


def _value_problems(values: Sequence[tuple[Option, Any]]) -> Iterator[Problem]:
    """What is wrong with values that all have their types."""
    for option, value in values:
        for check in option.checks:
            reason = check(value)
            if reason is not None:
                yield option.name, reason
    yield from _shadowed(values)


def _shadowed(values: Sequence[tuple[Option, Any]]) -> Iterator[Problem]:
    """Paths that are the same, so that only one of them would ever answer."""
    paths = [
        (option, str(value))
        for option, value in values
        if {served_path, served_path_or_off} & {*option.checks}
    ]
    taken: dict[str, str] = {}
    # The one that was set is the one to change.
    for option, value in sorted(paths, key=lambda each: each[1] != each[0].default):
        path = value.rstrip("/") or value
        if path in taken:
            yield option.name, f"{path!r} is the value of {taken[path]} as well"
        elif path:
            taken[path] = option.name


def settings_table(settings: type[Section]) -> str:
    """All settings as Markdown, a table for each section, for documentation."""
    parts: list[str] = []
    for title, entries in groups(settings).items():
        parts += [f"## {title}\n", _features(settings, entries), _table(entries)]
    return "\n".join(part for part in parts if part)


def _features(settings: type[Section], entries: Sequence[Option]) -> str:
    """Which features bring a section; empty where every server has it."""
    section = entries[0].section
    names = {
        base.feature
        for base in settings.__bases__
        if issubclass(base, section) and base.feature
    }
    if not names:
        return ""
    kinds = {"feature": names - {*TRANSPORTS}, "transport": names & {*TRANSPORTS}}
    listed = " or ".join(
        f"the {kind} {' or '.join(f'`{name}`' for name in sorted(of_kind))}"
        for kind, of_kind in kinds.items()
        if of_kind
    )
    if section.feature in ERAS:
        return (
            f"In servers with a revision of the {section.feature} era (`protocol`).\n"
        )
    return f"In servers with {listed}.\n"


def _table(entries: Sequence[Option]) -> str:
    rows = ["| option | variable | default | meaning |", "|---|---|---|---|"]
    rows.extend(
        f"| `{option.flag}` | {', '.join(f'`{name}`' for name in option.variables)} "
        f"| {f'`{option.shown_default}`' if option.shown_default else ''} "
        f"| {option.meaning.replace('|', '&#124;')} |"
        for option in entries
    )
    return "\n".join(rows) + "\n"
