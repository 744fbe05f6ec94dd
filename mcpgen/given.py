"""Names that callers have: what each Python name of a declaration stands for.

A record of names that were handed out, as data for locks and for clients. It knows
neither how names are made nor where they are kept.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

Names: TypeAlias = Mapping[str, str]


class NotNames(ValueError):
    """Data that is no record of names."""


@dataclass(frozen=True, slots=True)
class Given:
    """The names of one tool, prompt, resource or template.

    Attributes:
        method: The method of service and client.
        module: Its module in a package of models.
        class_base: What its classes begin with.
        completers: The methods that complete its arguments, by argument.
        arguments: Parameters of the client's method by wire name, where they are not
            called like the attribute of the class of arguments.
        classes: Classes, and aliases of types, by their place: `input` and `output`
            are the schemas of a tool, `input/city` is a property, `input/days[]` an
            item of it, `input/days{}` a value under any key.
        attributes: The attributes of each class by the wire names of its properties.
    """

    method: str
    module: str = ""
    class_base: str = ""
    completers: Names = field(default_factory=dict[str, str])
    arguments: Names = field(default_factory=dict[str, str])
    classes: Names = field(default_factory=dict[str, str])
    attributes: Mapping[str, Names] = field(default_factory=dict[str, Names])

    def within(self, root: str) -> dict[str, str]:
        """The classes inside one schema, by the rest of their places."""
        return {
            place.removeprefix(root): name
            for place, name in self.classes.items()
            if place.startswith(root)
        }

    def to_json(self) -> dict[str, Any]:
        """As data, without the method; what is empty is left out."""
        found: dict[str, Any] = {"module": self.module, "class": self.class_base}
        for key in _TABLES:
            table: Names = getattr(self, key)
            if table:
                found[key] = dict(table)
        inner = {name: dict(table) for name, table in self.attributes.items() if table}
        return {**found, **({"attributes": inner} if inner else {})}


_TABLES: Final = ("completers", "arguments", "classes")


def from_json(method: str, data: object) -> Given:
    """The record in data, which is not trusted.

    Raises:
        NotNames: The data has another shape, or holds what is no name.
    """
    members = _mapping(data)
    completers, arguments, classes = (_names(members.get(key, {})) for key in _TABLES)
    return Given(
        _name(method),
        _name(members.get("module")),
        _name(members.get("class")),
        _different(completers),
        _different(arguments),
        classes,
        {
            _name(owner): _different(_names(table))
            for owner, table in _mapping(members.get("attributes", {})).items()
        },
    )


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NotNames("not a mapping where one should be")
    return cast("dict[str, Any]", value)


def _names(value: object) -> dict[str, str]:
    return {key: _name(name) for key, name in _mapping(value).items()}


def _different(names: dict[str, str]) -> dict[str, str]:
    if len(set(names.values())) != len(names):
        raise NotNames("one name stands for two things")
    return names


def _name(value: object) -> str:
    """A public name as Python reads it; anything else could become other code."""
    if (
        not isinstance(value, str)
        or not value.isidentifier()
        or keyword.iskeyword(value)
        or value.startswith("_")
        or unicodedata.normalize("NFKC", value) != value
    ):
        raise NotNames(f"{str(value)[:60]!r} is no name")
    return value
