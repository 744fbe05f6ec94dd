"""Python names for the properties and nested objects of one JSON Schema.

Part of the models stage; knows text only. Names of tools, prompts and resources are
decided elsewhere.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from pydantic import BaseModel

MODULE_NAMES: Final = frozenset(
    {
        "Annotated",
        "Any",
        "Field",
        "Literal",
        "Mapping",
        "Model",
        "NotRequired",
        "Sequence",
        "TYPE_CHECKING",
        "TypeAlias",
        "TypeAliasType",
        "TypedDict",
        "absent",
    }
)
"""Names that a models module may import; no class can have one of them."""

_MAX_LENGTH: Final = 72

_ANNOTATION_NAMES: Final = frozenset({"bool", "dict", "float", "int", "list", "str"})
_RESERVED_FIELDS: Final = (
    frozenset(name for name in dir(BaseModel) if not name.startswith("_"))
    | _ANNOTATION_NAMES
    | MODULE_NAMES
    | {"cls", "self"}
)
_BUILTIN_CLASSES: Final = frozenset(
    name.casefold() for name in dir(builtins) if name[0].isupper()
)
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SIGNED_NUMBER: Final = re.compile(r"^([+-])(?=\d)")


def snake_case(wire_name: str) -> str:
    """A valid attribute name that resembles `wire_name`: `If-Match` gives `if_match`.

    Keywords and names that pydantic or the annotations need get a trailing underscore.
    """
    text = _SIGNED_NUMBER.sub(
        lambda sign: "plus_" if sign[1] == "+" else "minus_", wire_name[:200]
    )
    text = _WORD_START.sub("_", unicodedata.normalize("NFKC", text)).lower()
    text = "".join(map(_identifier_character, unicodedata.normalize("NFKC", text)))
    name = re.sub(r"_+", "_", text).strip("_")[:_MAX_LENGTH].rstrip("_")
    if not name.isidentifier():
        name = f"field_{name}".rstrip("_")
    if keyword.iskeyword(name) or name in _RESERVED_FIELDS:
        name += "_"
    return name


def is_plain_key(wire_name: str) -> bool:
    """Whether a key can be written as the name of an attribute, and stays the same."""
    return (
        wire_name.isidentifier()
        and not keyword.iskeyword(wire_name)
        and not wire_name.startswith("__")
        and unicodedata.normalize("NFKC", wire_name) == wire_name
    )


def pascal_case(wire_name: str) -> str:
    """The part that `wire_name` has in a class name: `find-all` gives `FindAll`."""
    text = _SIGNED_NUMBER.sub(
        lambda sign: "Plus" if sign[1] == "+" else "Minus", wire_name[:200]
    )
    text = unicodedata.normalize("NFKC", text)
    words = "".join(c if _identifier_character(c) != "_" else " " for c in text).split()
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return unicodedata.normalize("NFKC", joined)[:_MAX_LENGTH]


def _identifier_character(character: str) -> str:
    return character if f"a{character}".isidentifier() else "_"


def field_names(
    wire_names: Iterable[str], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """An attribute name for each property, unique, in the given order.

    A property whose name can stand as it is keeps it, so no attribute is ever called
    like a different property, unless callers have it under that name already. Of others
    that would be called alike, the first has the plain name and each further one a
    number.

    Args:
        wire_names: The properties.
        given: The attributes that callers have, by property.
    """
    wires = list(dict.fromkeys(wire_names))
    names = {wire: given[wire] for wire in wires if given and wire in given}
    wanted = {wire: snake_case(wire) for wire in wires}
    taken = set(names.values())
    names |= {
        wire: wire
        for wire in wires
        if wire not in names and wanted[wire] == wire and wire not in taken
    }
    taken.update(wires)
    for wire in wires:
        if wire not in names:
            names[wire] = _first_free(wanted[wire], taken)
            taken.add(names[wire])
    return {wire: names[wire] for wire in wires}


def _first_free(name: str, taken: Collection[str]) -> str:
    if name not in taken:
        return name
    stem = name.rstrip("_")
    number = 2
    while f"{stem}_{number}" in taken:
        number += 1
    return f"{stem}_{number}"


class ClassNames:
    """Hands out class names that differ in more than case.

    Attributes:
        owner: For whom names are taken from now on.
        entangled: The owners that would have got other names if they were alone.
    """

    def __init__(self, reserved: Collection[str]) -> None:
        self._taken = {name.casefold(): "" for name in (*reserved, *MODULE_NAMES)}
        self._given: dict[str, str] = {}
        self.owner = ""
        self.entangled: set[str] = set()

    def claim(self, name: str, owner: str = "") -> None:
        """Take exactly this name; `ValueError` if it can't be a class name here."""
        if not is_class_name(name):
            raise ValueError(f"{name!r} is no name for a class")
        self._taken[name.casefold()] = owner

    def reserve(self, names: Iterable[str], owner: str) -> None:
        """Keep names that callers have for their owner."""
        for name in names:
            self._given.setdefault(name.casefold(), owner)

    def settle(self, provisional: Iterable[str]) -> None:
        """Give back what the owner took so far, and what it does not need any more."""
        for name in provisional:
            self._taken.pop(name.casefold(), None)
        self._given = {n: o for n, o in self._given.items() if o != self.owner}

    def keep(self, name: str) -> bool:
        """Take a name that callers have; False if something else has it."""
        if name.casefold() in self._taken:
            return False
        self._taken[name.casefold()] = self.owner
        return True

    def adopt(self, names: Iterable[str]) -> bool:
        """Take the names that the owner got when it was alone, unless one is taken."""
        folded = [name.casefold() for name in names]
        if any(self._holder(name) not in (None, self.owner) for name in folded):
            return False
        self._taken.update(dict.fromkeys(folded, self.owner))
        self.settle(())
        return True

    def unique(self, parts: Iterable[str]) -> str:
        """A new name from the parts of a path, the most general part first."""
        # A part may begin with a mark that combines with the letter before it.
        joined = _shortened([part for part in parts if part])
        name = unicodedata.normalize("NFKC", joined)
        if not name.isidentifier() or keyword.iskeyword(name):
            name = f"Model{name}"
        if name.casefold() in _BUILTIN_CLASSES:
            name += "Model"
        number = 1
        candidate = name
        while (holder := self._holder(candidate.casefold())) is not None:
            if holder not in ("", self.owner):
                self.entangled.add(self.owner)
            number += 1
            separator = "_" if name[-1].isdigit() else ""
            candidate = f"{name}{separator}{number}"
        self._taken[candidate.casefold()] = self.owner
        return candidate

    def _holder(self, folded: str) -> str | None:
        """Who has a name, or keeps it for later; None where it is free for the owner."""
        if folded in self._taken:
            return self._taken[folded]
        keeper = self._given.get(folded)
        return None if keeper == self.owner else keeper


def is_class_name(name: str) -> bool:
    """Whether a class of a models module can have a name."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and unicodedata.normalize("NFKC", name) == name
        and name not in MODULE_NAMES
    )


def _shortened(parts: list[str]) -> str:
    """The parts in one word; of a very deep path the first and the last ones."""
    while len(parts) > 2 and sum(map(len, parts)) > _MAX_LENGTH:
        del parts[1]
    return "".join(parts)
