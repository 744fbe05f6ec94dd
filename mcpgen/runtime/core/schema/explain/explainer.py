"""Why a value is not valid: problems with their paths, found in bounded work.

Used where a value has already been refused by the compiled validator of its schema. The
validator's own errors say why, but their number can be exponential: with each level of
unions in each other. So it is asked for them where an estimate says that there are few.
Elsewhere the parts of the value that are not valid are looked for, and explained alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from pydantic_core import to_json

from ..document import IN_PLACE, KEYWORDS, below, is_array, is_object
from .parts import ITEMS, LOOKS_AROUND, Around, Compiler, Parts, children
from .reasons import Found, Path, Reasons, contained, forms, reason, repeated
from .unions import Branch, Shapes, choose
from .words import Json, is_dict, is_list, parts, pointer

if TYPE_CHECKING:
    from jsonschema_rs import Validator

MAX_WORK: Final = 1_500
"""Units of work of one explanation, each of about 20 microseconds."""
MAX_ALONE: Final = 500
"""Units that the errors of one part may take."""
MAX_COUNTED: Final = 1_000
"""Problems of one value that are counted."""
MAX_TEXT: Final = 16_000
"""Characters of all problems together, after which they are only counted."""
MAX_HELD: Final = 2_000
"""Names or items of one container that its own keywords are held against."""
_CHUNK: Final = 512
_VALIDATED: Final = 8_000
"""Characters of JSON that are validated in a unit of work."""
_COPIED: Final = 400
"""Characters of JSON that are copied into an error in a unit of work."""
_TEXT: Final = 10_000
"""Characters of a text that are."""
_BACKTRACKING: Final = 50
"""Units of work that a pattern with look-around may take on a text."""

_BOUNDS: Final = ("maxItems", "maxProperties", "minItems", "minProperties")
_SHALLOW: Final = frozenset({*_BOUNDS, "type"})
"""Keywords of objects and arrays that do not look into their parts."""
_COPYING: Final = ("const", "enum", "not")
"""Keywords whose value is copied into an error."""
_TOO_MUCH: Final = "is not valid, but too large or too complex to say why"

_Step: TypeAlias = tuple[Json, Json, tuple[int, ...], Json]
"""A schema, the value that it applies to, what references to it led through, and what
its errors copy."""


class Explainer(Parts):
    """Explains what one schema does not admit; threads may share it.

    Args:
        schema: The JSON Schema document.
        validator: Its validator.
        compiler: Compiles a schema, given a registry of further ones or None.
    """

    def __init__(self, schema: Json, validator: Validator, compiler: Compiler) -> None:
        super().__init__(schema, compiler)
        self.shapes = Shapes(self.document)
        self.validator = validator

    def problems(self, value: Json, limit: int) -> list[tuple[str, str]]:
        """Paths and reasons, `limit` at most; a last one is about those left out.

        Never empty, and the same for the same value.
        """
        try:
            return _Explanation(self, limit).run(value)
        except RecursionError:
            return [("", "is not valid")]


class _Explanation:
    """The problems of one value, and the work that is left for more."""

    def __init__(self, explainer: Explainer, limit: int) -> None:
        self._explainer = explainer
        self._document = explainer.document
        self._reasons = Reasons(explainer.shapes)
        self._limit = limit
        self._left = MAX_WORK
        self._found: dict[tuple[str, str], None] = {}
        self._size = self._more = 0
        self._is_complete = True
        self._whole = {
            "not": self._not,
            "uniqueItems": self._unique,
            "contains": self._contained,
            "propertyNames": self._names,
        }
        """What explains keywords that are about a value as a whole."""

    def run(self, value: Json) -> list[tuple[str, str]]:
        self._explain(self._document.root, value, (), "", None)
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

    def _add(self, found: Iterator[Found]) -> bool:
        """Add some problems; whether there were any."""
        before = len(self._found) + self._more
        for path, text in found:
            if len(self._found) + self._more >= MAX_COUNTED:
                self._is_complete = False
                return True
            problem = pointer(path), text
            if problem in self._found:
                continue
            if self._is_full:
                self._more += 1
            else:
                self._found[problem] = None
                self._size += len(problem[0]) + len(problem[1])
        return len(self._found) + self._more > before

    def _explain(
        self,
        schema: Json,
        value: Json,
        path: Path,
        note: str,
        most: int | None,
        size: int | None = None,
    ) -> None:
        """Add the problems of an invalid value.

        Args:
            schema: What does not admit it.
            value: The value.
            path: Where it is.
            note: What to add to reasons.
            most: Characters that it may have for an estimate to be worth the work.
            size: The characters that it has, if that is known.
        """
        is_root = schema is self._document.root
        validator = None if is_root else self._explainer.part(schema)
        size = _size(value) if size is None else size
        if (most is None or size <= most) and (is_root or validator is not None):
            affordable = self._left if is_root else min(self._left, MAX_ALONE)
            cost = self._cost(schema, value, affordable, size)
            if cost <= affordable:
                self._left -= cost
                validator = validator or self._explainer.validator
                errors = validator.iter_errors(value if is_root else [value])
                self._add(self._reasons.of(errors, path, note, 0 if is_root else 1))
                return
            most = size // 4
            self._left -= affordable // 20
        if self._left <= 0 or not self._narrow(schema, value, path, note, most):
            self._add(iter([(path, f"{_TOO_MUCH}{note}")]))

    # ---------------------------------------------------------------- estimate

    def _cost(self, schema: Json, value: Json, most: int, size: int) -> int:
        """The work that the errors of a value take at most; not exact beyond a limit."""
        whole = value
        waiting: list[_Step] = [(schema, value, (), value)]
        spent = 0
        while waiting and spent <= most:
            schema, value, behind, about = waiting.pop()
            length = size if about is whole else _size(about)
            copied = length // (_TEXT if isinstance(about, str) else _COPIED)
            spent += 1 + copied
            if not is_object(schema):
                continue
            spent += sum(
                _size(schema[keyword]) // _COPIED
                for keyword in _COPYING
                if keyword in schema
            )
            missing = len(self._missing(schema, value))
            spent += missing // 4 + missing * copied
            if isinstance(value, str) and LOOKS_AROUND.search(
                str(schema.get("pattern", ""))
            ):
                spent += _BACKTRACKING
            for keyword, arg in schema.items():
                applied = self._applied(keyword, arg, value, behind, about)
                waiting.extend(islice(applied, most + 1))
        return spent

    def _applied(
        self, keyword: str, arg: Json, value: Json, behind: tuple[int, ...], about: Json
    ) -> Iterator[_Step]:
        """The schemas of a keyword, each with a value that it applies to."""
        if keyword in KEYWORDS:
            # Elsewhere is a meta-schema alone, which has no unions in each other.
            unknown = [True] * (1 + len(parts(value)))
            for target in self._document.targets(arg) or unknown:
                # What refers to itself in a circle restricts nothing by that.
                if target is True or id(target) not in behind:
                    yield target, value, (*behind, id(target)), about
        elif keyword in IN_PLACE:
            for _, child in below(keyword, arg):
                yield child, value, behind, about
        elif keyword == "properties":
            known = value if is_dict(value) else {}
            yield from ((arg[n], v, (), v) for n, v in known.items() if n in arg)
        elif keyword not in ("$defs", "definitions"):
            for _, child in below(keyword, arg):
                for part, copied in _held(keyword, value):
                    yield child, part, (), copied

    def _missing(self, schema: Mapping[str, Json], value: Json) -> list[str]:
        """The names that are required, because of others too, and that are not there."""
        if not is_dict(value):
            return []
        lists = [schema.get("required")]
        for keyword in self._explainer.requiring:
            found = schema.get(keyword, {})
            lists += [names for name, names in found.items() if name in value]
        known = [names for names in lists if is_array(names)]
        return [name for names in known for name in names if name not in value]

    # ---------------------------------------------------------------- narrowing

    def _narrow(
        self, schema: Json, value: Json, path: Path, note: str, most: int | None
    ) -> bool:
        """Add what is wrong with a value's parts; whether there is anything."""
        found = False
        seen: set[int] = set()
        waiting: list[tuple[Json, str]] = [(schema, note)]
        while waiting and self._left > 0:
            part, note = waiting.pop(0)
            self._left -= 1
            if not is_object(part) or id(part) in seen:
                continue
            seen.add(id(part))
            if "$ref" in part and self._explainer.is_old:
                part = {"$ref": part["$ref"]}
            waiting += [(each, note) for each in self._in_place(part, value)]
            for keyword in ("anyOf", "oneOf"):
                if keyword in part:
                    found |= self._union(part[keyword], value, path, note, waiting)
            found |= self._add(self._shallow(part, value, path, note))
            for keyword in [name for name in self._whole if name in part]:
                texts = self._whole[keyword](part, value)
                found |= self._add((path, f"{text}{note}") for text in texts)
            for child, keys, around in children(part, value):
                for key, size in self._invalid(child, value, keys, around):
                    found = True
                    if self._is_full or self._left <= 0:
                        self._more += 1
                        self._is_complete = False
                    else:
                        where = (*path, key)
                        self._explain(child, value[key], where, note, most, size)
        return found

    def _in_place(self, schema: Mapping[str, Json], value: Json) -> Iterator[Json]:
        """The schemas that a value must match besides."""
        if "$ref" in schema:
            yield from self._document.targets(schema["$ref"])
        yield from schema.get("allOf", ())
        for keyword in self._explainer.applying:
            known: Json = schema.get(keyword, {}) if is_dict(value) else {}
            yield from (each for name, each in known.items() if name in value)
        if "if" in schema:
            is_met = self._admits(schema["if"], value)
            yield None if is_met is None else schema.get("then" if is_met else "else")

    def _admits(self, schema: Json, value: Json) -> bool | None:
        """Whether a part admits a value; None where that can't be found out."""
        validator = self._explainer.part(schema)
        self._left -= 1 + self._explainer.size // 20 + _size(value) // _VALIDATED
        if validator is None or self._left <= 0:
            return None
        return validator.is_valid([value])

    def _not(self, schema: Json, value: Json) -> Iterator[str]:
        if self._admits(schema["not"], value):
            yield reason("Not", None, value)

    def _unique(self, schema: Json, value: Json) -> Iterator[str]:
        if schema["uniqueItems"] is True and is_list(value):
            self._left -= _size(value) * len(value).bit_length() // _VALIDATED
            if self._left > 0 and (text := repeated(value)):
                yield text

    def _contained(self, schema: Json, value: Json) -> Iterator[str]:
        kind = self._explainer.part(schema["contains"])
        if kind is None or not is_list(value):
            return
        self._left -= len(value) // 20 + _size(value) // _VALIDATED
        if self._left > 0:
            count = sum(kind.is_valid([item]) for item in value)
            is_short = count < schema.get("minContains", 1)
            if is_short or count > schema.get("maxContains", count):
                keyword = "minContains" if is_short else "maxContains"
                yield contained(keyword, schema.get(keyword))

    def _names(self, schema: Json, value: Json) -> Iterator[str]:
        part, names = schema["propertyNames"], list(value) if is_dict(value) else []
        validator = self._explainer.part(part)
        for index, _ in self._invalid(part, names, range(len(names)), ITEMS):
            name = names[int(index)]
            cost = self._cost(part, name, MAX_ALONE, len(name))
            self._left -= min(cost, MAX_ALONE)
            if validator is None or self._left <= 0:
                self._is_complete = False
                return
            errors = validator.iter_errors([name]) if cost <= MAX_ALONE else ()
            yield self._reasons.of_name(errors, 1)

    def _union(
        self,
        schemas: Json,
        value: Json,
        path: Path,
        note: str,
        waiting: list[tuple[Json, str]],
    ) -> bool:
        """Go on with the branch that was meant; whether none can be meant."""
        self._left -= len(schemas) // 5
        shapes = self._explainer.shapes
        by_branch = {Branch(shapes.of(each), value): each for each in schemas}
        meant, chosen = choose(list(by_branch), value, self._reasons.hint)
        if not isinstance(meant, list):
            where = path if meant is None else (*path, meant)
            return self._add(
                iter([(where, f"{chosen}{note if meant is None else ''}")])
            )
        names = value if is_dict(value) else {}
        known = set(meant)
        rest = [b for b in by_branch if not (b in known or b.mistyped)]
        untagged = [b for b in rest if b.shape.tags.keys().isdisjoint(names)]
        if any(self._admits(by_branch[branch], value) for branch in untagged):
            return False
        lacking = [self._missing(branch.shape.schema, value)[:1] for branch in meant]
        if len(meant) > 1 and all(lacking):
            problems: list[Found | None] = [((n,), "is required") for [n] in lacking]
            text = forms(problems, [branch.shape.note or note for branch in meant])
            return self._add(iter([(path, f"{text}{note}")]))
        if lacking.count([]) == 1:
            meant = [meant[lacking.index([])]]
        if len(meant) == 1:
            chosen = meant[0].shape.note if chosen is None else chosen
            waiting.append((by_branch[meant[0]], chosen or note))
        return False

    def _shallow(
        self, schema: Mapping[str, Json], value: Json, path: Path, note: str
    ) -> Iterator[Found]:
        """What is wrong with an array or object as such."""
        for name in dict.fromkeys(self._missing(schema, value)):
            yield (*path, name), f"is required{note}"
        made = {keyword: schema[keyword] for keyword in _SHALLOW & schema.keys()}
        rest = "additionalProperties"
        if rest not in schema and (IN_PLACE | KEYWORDS).isdisjoint(schema):
            rest = "unevaluatedProperties"
        if schema.get(rest) is False and is_dict(value):
            for keyword in ("properties", "patternProperties"):
                made[keyword] = dict.fromkeys(schema.get(keyword, ()), True)
            made["additionalProperties"] = False
        if not made or not (is_dict(value) or is_list(value)):
            return
        held = max(MAX_HELD, *(int(schema.get(bound, 0)) + 1 for bound in _BOUNDS))
        if is_dict(value):
            known = (name for name in schema.get("properties", ()) if name in value)
            keys = islice({**dict.fromkeys(known), **value}, held)
            hollow: Json = dict.fromkeys(keys)
        else:
            hollow = [None] * min(len(value), held)
        self._left -= len(hollow) // 50
        kind = "object" if is_dict(value) else "array"
        validator = self._explainer.shallow(schema, made, kind)
        for error in validator.iter_errors(hollow) if validator else ():
            yield from self._reasons.one(error, path, note, value)

    def _invalid(
        self, schema: Json, value: Json, keys: Sequence[str | int], around: Around
    ) -> Iterator[tuple[str | int, int | None]]:
        """The keys of the parts that a schema does not admit, and perhaps their sizes."""
        validator = self._explainer.part(schema, around)
        if validator is None:
            return
        self._left -= 1 + self._explainer.size // 20
        found = 0
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            values: Json = {key: value[key] for key in chunk}
            if around is ITEMS:
                values = list(values.values())
            size = _size(values)
            self._left -= size // _VALIDATED + (around is not ITEMS) * len(chunk) // 50
            if self._left <= 0:
                self._is_complete = False
                return
            if validator.is_valid(values):
                continue
            for key in chunk:
                part = value[key]
                if not validator.is_valid([part] if around is ITEMS else {key: part}):
                    yield key, size if len(keys) == 1 else None
                    found += 1
                    if found >= MAX_COUNTED:
                        self._is_complete = False
                        return


def _held(keyword: str, value: Json) -> Iterator[tuple[Json, Json]]:
    """What a keyword applies to in a value, each with what an error about it copies."""
    if keyword != "propertyNames":
        yield from ((part, part) for part in parts(value))
    elif is_dict(value):
        yield from ((name, value) for name in value)


def _size(value: Json) -> int:
    """The characters of a value's JSON."""
    return len(value) if isinstance(value, str) else len(to_json(value))
