"""Why a value is not valid: problems with their paths, found in bounded work.

Used where a value has already been refused by the compiled validator of its schema. The
validator's own errors say why, but their number can be exponential: with each level of
unions in each other. So it is asked for them where an estimate says that there are few.
Elsewhere the parts of the value that are not valid are looked for, and explained alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import inf
from typing import Final, TypeAlias

from pydantic_core import to_json

from ..document import IN_PLACE, KEYWORDS, below, is_array, is_object
from .parts import LOOKS_AROUND, Parts
from .reasons import Found, Path, Reasons, of_size
from .unions import Branch, choose
from .words import Json, is_dict, is_list, mistyped, of_type, parts, pointer

MAX_WORK: Final = 1_500
"""Units of work of one explanation, each of about 20 microseconds."""
MAX_COUNTED: Final = 1_000
"""Problems of one value that are counted."""
MAX_TEXT: Final = 16_000
"""Characters of all problems together, after which they are only counted."""
_CHUNK: Final = 512
_VALIDATED: Final = 8_000
"""Characters of JSON that are validated in a unit of work."""
_COPIED: Final = 400
"""Characters of JSON that are copied into an error in a unit of work."""
_TEXT: Final = 10_000
"""Characters of a text that are."""
_BACKTRACKING: Final = 50
"""Units of work that a pattern with look-around may take on a text."""

_COPYING: Final = ("const", "enum", "not")
"""Keywords whose value is copied into an error."""
_TOO_MUCH: Final = "is not valid, but too large or too complex to say why"

_Reference: TypeAlias = tuple[int, str]
"""The identity of a schema that refers to another one, and the keyword."""
_Step: TypeAlias = tuple[Json, Json, tuple[_Reference, ...]]
"""A schema, the value that it applies to, and the references that led to it there."""


def explain(schema: Parts, value: Json, limit: int) -> list[tuple[str, str]]:
    """Paths and reasons, `limit` at most; a last one is about those left out.

    Never empty, and the same for the same value.
    """
    try:
        return _Explanation(schema, limit).run(value)
    except RecursionError:
        return [("", "is not valid")]


class _Explanation:
    """The problems of one value, and the work that is left for more."""

    def __init__(self, schema: Parts, limit: int) -> None:
        self._schema = schema
        self._document = schema.document
        self._reasons = Reasons(schema)
        self._limit = limit
        self._left = MAX_WORK
        self._found: dict[tuple[str, str], None] = {}
        self._size = self._more = self._met = 0
        self._is_complete = True
        self._is_old = schema.is_old

    def run(self, value: Json) -> list[tuple[str, str]]:
        self._explain(self._document.root, value, (), "", inf)
        if not self._found:
            return [("", _TOO_MUCH)]
        if self._more:
            least = "" if self._is_complete else "at least "
            plural = "" if self._more == 1 else "s"
            rest = f"and {least}{self._more} more problem{plural}"
        elif not self._is_complete:
            rest = "there may be more problems"
        else:
            return list(self._found)
        return [*self._found, ("", rest)]

    @property
    def _is_full(self) -> bool:
        return len(self._found) >= self._limit or self._size >= MAX_TEXT

    @property
    def _count(self) -> int:
        return len(self._found) + self._more

    def _add(self, found: Iterable[Found]) -> None:
        for path, text in found:
            self._met += 1
            if self._count >= MAX_COUNTED:
                self._is_complete = False
                return
            problem = pointer(path), text
            if problem in self._found:
                continue
            if self._is_full:
                self._more += 1
            else:
                self._found[problem] = None
                self._size += len(problem[0]) + len(problem[1])

    def _explain(
        self, schema: Json, value: Json, path: Path, note: str, most: float
    ) -> None:
        """Add the problems of an invalid value.

        Args:
            schema: What does not admit it.
            value: The value.
            path: Where it is.
            note: What to add to reasons.
            most: Characters that it may have for an estimate to be worth the work.
        """
        is_root = schema is self._document.root
        whole = self._schema
        validator = whole.validator if is_root else whole.part(schema)
        size = _size(value)
        if validator is not None and size <= most:
            affordable = self._left // (1 if is_root else 3)
            cost = self._cost(schema, value, affordable)
            if cost <= affordable:
                self._left -= cost
                errors = validator.iter_errors(value if is_root else [value])
                self._add(self._reasons.of(errors, path, note, 0 if is_root else 1))
                return
            most = size // 4
            self._left -= affordable // 20
        before = self._met
        self._narrow(schema, value, path, note, most)
        if self._met == before:
            self._add([(path, f"{_TOO_MUCH}{note}")])

    # ---------------------------------------------------------------- estimate

    def _cost(self, schema: Json, value: Json, most: int) -> int:
        """The most work that the errors of a value take; not exact beyond a limit."""
        waiting: list[_Step] = [(schema, value, ())]
        spent = 0
        while waiting and spent <= most:
            schema, value, behind = waiting.pop()
            copied = _size(value) // (_TEXT if isinstance(value, str) else _COPIED)
            spent += 1 + copied
            if not is_object(schema):
                continue
            own = [schema[keyword] for keyword in _COPYING if keyword in schema]
            spent += sum(_size(each) // _COPIED for each in own)
            missing = len(self._missing(schema, value))
            spent += missing // 4 + missing * copied
            if isinstance(value, str) and LOOKS_AROUND.search(
                str(schema.get("pattern", ""))
            ):
                spent += _BACKTRACKING
            for name in value if is_dict(value) and "propertyNames" in schema else ():
                # Each error about a name copies the whole object.
                spent += (1 + copied) * self._cost(schema["propertyNames"], name, most)
                if spent > most:
                    break
            for keyword, arg in schema.items():
                applied = self._applied((id(schema), keyword), arg, value, behind)
                waiting.extend(islice(applied, most + 1))
        return spent

    def _applied(
        self,
        place: _Reference,
        arg: Json,
        value: Json,
        behind: tuple[_Reference, ...],
    ) -> Iterator[_Step]:
        """The schemas of a keyword, each with a value that it applies to."""
        keyword = place[1]
        if place in behind:
            # The validator follows a reference that leads to itself once for a value,
            # but each of several that lead to the same schema.
            return
        if keyword in KEYWORDS:
            # Elsewhere is a meta-schema alone, which has no unions in each other.
            unknown = [True] * (1 + len(parts(value)))
            for target in self._document.targets(arg) or unknown:
                yield target, value, (*behind, place)
        elif keyword in IN_PLACE:
            for _, child in below(keyword, arg):
                yield child, value, behind
        elif keyword == "properties":
            known = value if is_dict(value) else {}
            yield from ((arg[name], v, ()) for name, v in known.items() if name in arg)
        elif keyword not in ("$defs", "definitions", "propertyNames"):
            for _, child in below(keyword, arg):
                yield from ((child, part, ()) for part in parts(value))

    def _missing(self, schema: Mapping[str, Json], value: Json) -> list[str]:
        """The names that are required, because of others too, and are not there."""
        if not is_dict(value):
            return []
        lists = [schema.get("required")]
        for keyword in ("dependencies", "dependentRequired")[: 2 - self._is_old]:
            found = schema.get(keyword, {})
            lists += [names for name, names in found.items() if name in value]
        known = [names for names in lists if is_array(names)]
        return [name for names in known for name in names if name not in value]

    # ---------------------------------------------------------------- narrowing

    def _narrow(
        self, schema: Json, value: Json, path: Path, note: str, most: float
    ) -> None:
        """Add what is wrong with a value's parts."""
        seen: set[int] = set()
        waiting: list[tuple[Json, str]] = [(schema, note)]
        while waiting and self._left > 0:
            part, note = waiting.pop(0)
            self._left -= 1
            if not is_object(part) or id(part) in seen:
                continue
            seen.add(id(part))
            if "$ref" in part and self._is_old:
                part = {"$ref": part["$ref"]}
            waiting += self._in_place(part, value, path, note)
            self._add(self._own(part, value, path, note))
            for child, keys in self._children(part, value):
                if child is False:
                    self._add(self._refused(part, keys, path, note))
                self._explain_all(child, value, keys, path, note, most)

    def _explain_all(
        self,
        schema: Json,
        value: Json,
        keys: Sequence[str | int],
        path: Path,
        note: str,
        most: float,
    ) -> None:
        """Add the problems of the parts that a schema does not admit."""
        for key in self._invalid(schema, value, keys):
            if self._is_full or self._left <= 0:
                self._met += 1
                self._more = min(self._more + 1, MAX_COUNTED - len(self._found))
                self._is_complete = False
            else:
                self._explain(schema, value[key], (*path, key), note, most)

    def _in_place(
        self, schema: Mapping[str, Json], value: Json, path: Path, note: str
    ) -> Iterator[tuple[Json, str]]:
        """The schemas that a value must match besides, each with a note."""
        if "$ref" in schema:
            yield from ((each, note) for each in self._document.targets(schema["$ref"]))
        yield from ((each, note) for each in schema.get("allOf", ()))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                yield from self._union(schema[keyword], value, path, note)

    def _union(
        self, schemas: Json, value: Json, path: Path, note: str
    ) -> Iterator[tuple[Json, str]]:
        """The one branch that can have been meant, if that is known."""
        self._left -= len(schemas) // 5
        shapes = map(self._schema.shape, schemas)
        branches = [
            Branch(s, mistyped(value, s.schema.get("type", ()))) for s in shapes
        ]
        meant, chosen = choose(branches, value, self._reasons.hint)
        if not isinstance(meant, list):
            self._add([((*path, *meant), f"{chosen}{'' if meant else note}")])
            return
        # A branch without a tag may admit the value; not where it lacks a property.
        others = [b for b in branches if not (b.mistyped or b.is_tagged(value))]
        possible = list(dict.fromkeys([*meant, *others]))
        if len(possible) > 1:
            possible = [b for b in possible if not self._missing(b.shape.schema, value)]
        if len(possible) == 1:
            shape = possible[0].shape
            yield shape.written, (chosen or shape.note) or note

    def _own(
        self, schema: Mapping[str, Json], value: Json, path: Path, note: str
    ) -> Iterator[Found]:
        """What is wrong with an array or object as such."""
        for name in dict.fromkeys(self._missing(schema, value)):
            yield (*path, name), f"is required{note}"
        if types := mistyped(value, schema.get("type", ())):
            yield path, f"{of_type(types, value)}{note}"
        if not (is_dict(value) or is_list(value)):
            return
        unit = "Items" if is_list(value) else "Properties"
        least = schema.get(f"min{unit}", 0)
        most = schema.get(f"max{unit}", len(value))
        if len(value) < least:
            yield path, f"{of_size(f'Min{unit}', int(least), value)}{note}"
        if len(value) > most:
            yield path, f"{of_size(f'Max{unit}', int(most), value)}{note}"

    def _children(
        self, schema: Mapping[str, Json], value: Json
    ) -> Iterator[tuple[Json, Sequence[str | int]]]:
        """The schemas of parts, each with the keys of the parts that it applies to."""
        if is_dict(value):
            declared = schema.get("properties", {})
            shorter, longer = sorted((declared, value), key=len)
            for name in [name for name in shorter if name in longer]:
                yield declared[name], [name]
            rest = [name for name in value if name not in declared]
            patterns = schema.get("patternProperties", {})
            characters = _size([*value]) if patterns else 0
            work = 1 + len(value) // 50 + characters // _VALIDATED
            for pattern, each in patterns.items():
                self._left -= work
                matcher = self._schema.matcher(pattern)
                if matcher is None or self._left <= 0:
                    self._is_complete = False
                    return
                names = dict.fromkeys(n for n in value if matcher.is_valid([n]))
                rest = [name for name in rest if name not in names]
                yield each, list(names)
            keyword = "additionalProperties"
            if keyword not in schema and (IN_PLACE | KEYWORDS).isdisjoint(schema):
                keyword = "unevaluatedProperties"
            yield schema.get(keyword), rest
        elif is_list(value):
            items, first = schema.get("items"), schema.get("prefixItems", ())
            if is_array(items):
                items, first = schema.get("additionalItems"), items
            for index, each in enumerate(islice(first, len(value))):
                yield each, [index]
            yield items, range(len(first), len(value))

    def _refused(
        self, schema: Json, keys: Sequence[str | int], path: Path, note: str
    ) -> Iterator[Found]:
        """That parts are not allowed; unknown properties with those that were meant."""
        known = self._schema.shape(schema).properties
        for key in keys:
            text = "is not allowed"
            if isinstance(key, str) and key not in known:
                text = self._reasons.unknown(key, known)
            yield (*path, key), f"{text}{note}"

    def _invalid(
        self, schema: Json, value: Json, keys: Sequence[str | int]
    ) -> Iterator[str | int]:
        """The keys of the parts that a schema does not admit."""
        validator = self._schema.part(schema)
        if validator is None:
            return
        self._left -= 1 + self._schema.size // 20
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            values = [value[key] for key in chunk]
            self._left -= _size(values) // _VALIDATED
            if self._left <= 0 or self._count >= MAX_COUNTED:
                self._is_complete = False
                return
            if not validator.is_valid(values):
                yield from (
                    key for key in chunk if not validator.is_valid([value[key]])
                )


def _size(value: Json) -> int:
    """The characters of a value's JSON."""
    return len(value) if isinstance(value, str) else len(to_json(value))
