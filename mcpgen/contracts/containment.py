"""Whether one JSON Schema accepts all that another one accepts, as far as is proved.

Middle of the contract stage. The algebra is the validator library's own, so that the
proof and the validator agree on what a schema means; what is here adds recursion (by
induction on the depth of values) and examples. "Not proved" is an answer.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from .documents import Document, Json, Part, is_list, is_mapping, keywords

MOST_STEPS: Final = 2_000
"""Pairs of parts that one proof looks at."""

_RECORD: Final = frozenset({"type", "properties", "required", "additionalProperties"})
_SEQUENCE: Final = frozenset({"type", "items", "minItems", "maxItems"})
_UNION: Final = frozenset({"anyOf"})
ANYTHING: Final = Document(True, "anything").root
"""The schema that accepts every value."""


class Verdict(Enum):
    """Whether all values of one schema are values of another."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Containment:
    """Proofs about the parts of one schema against those of another.

    Args:
        inner: The schema whose values are in question.
        outer: The schema that is to accept them.
    """

    def __init__(self, inner: Document, outer: Document) -> None:
        self._inner = inner
        self._outer = outer
        self._known: dict[tuple[Part, Part], Verdict] = {}

    def verdict(self, inner: Part, outer: Part) -> Verdict:
        """Whether `outer` accepts every value that `inner` accepts."""
        pair = inner, outer
        if pair not in self._known:
            self._known[pair] = self._decide(inner, outer)
        return self._known[pair]

    def with_restriction(self, restriction: Json) -> Verdict:
        """The verdict on the whole, for values that meet a further schema as well."""
        import jsonschema_rs

        inner, outer = self._inner.canonical(()), self._outer.canonical(())
        if inner is None or outer is None:
            return Verdict.UNKNOWN
        try:
            narrowed = inner.intersect(
                jsonschema_rs.canonicalize(restriction, validate_formats=False)
            )
            return _MEANING[str(outer.covers(narrowed))]
        except ValueError:
            return Verdict.UNKNOWN

    def _decide(self, inner: Part, outer: Part) -> Verdict:
        by_algebra = _covers(outer, inner)
        if by_algebra is not Verdict.UNKNOWN:
            return by_algebra
        return Verdict.YES if _Induction().holds(inner, outer) else Verdict.UNKNOWN


_MEANING: Final = {verdict.value: verdict for verdict in Verdict}


def _covers(outer: Part, inner: Part) -> Verdict:
    if inner.text == outer.text and (inner.document.is_tame or not inner.pointer):
        return Verdict.YES
    first = inner.document.canonical(inner.pointer)
    second = outer.document.canonical(outer.pointer)
    if first is None or second is None:
        return Verdict.UNKNOWN
    try:
        return _MEANING[str(second.covers(first))]
    except ValueError:
        return Verdict.UNKNOWN


class _Induction:
    """One proof: pairs that are being proved count as proved for smaller values.

    That is sound because a pair is only met again inside a property or an element (a
    tame document has no other way back), and JSON values have an end. A pair whose proof
    fails takes back all that was built on it.
    """

    def __init__(self) -> None:
        self._assumed: dict[tuple[Part, Part], None] = {}
        self._left = MOST_STEPS

    def holds(self, inner: Part, outer: Part) -> bool:
        inner, outer = inner.resolved(), outer.resolved()
        pair = inner, outer
        if pair in self._assumed:
            return True
        self._left -= 1
        if self._left < 0:
            return False
        before = len(self._assumed)
        self._assumed[pair] = None
        if _covers(outer, inner) is Verdict.YES or self._by_structure(inner, outer):
            return True
        for later in list(self._assumed)[before:]:
            del self._assumed[later]
        return False

    def _by_structure(self, inner: Part, outer: Part) -> bool:
        first, second = inner.schema, outer.schema
        if not is_mapping(first) or not is_mapping(second):
            return False
        if keywords(first) == _UNION:
            branches = [inner.below("anyOf", i) for i in range(len(first["anyOf"]))]
            return all(self.holds(branch, outer) for branch in branches)
        if keywords(second) == _UNION:
            branches = [outer.below("anyOf", i) for i in range(len(second["anyOf"]))]
            return any(self.holds(inner, branch) for branch in branches)
        used = keywords(first) | keywords(second)
        if first.get("type") != second.get("type"):
            return False
        if first.get("type") == "object" and used <= _RECORD:
            return self._records(inner, outer)
        if first.get("type") == "array" and used <= _SEQUENCE:
            return self._sequences(inner, outer)
        return False

    def _records(self, inner: Part, outer: Part) -> bool:
        first, second = inner.schema, outer.schema
        if not set(second.get("required", ())) <= set(first.get("required", ())):
            return False
        names = [*first.get("properties", {}), *second.get("properties", {})]
        pairs = [(declared(inner, name), declared(outer, name)) for name in names]
        pairs.append((undeclared(inner), undeclared(outer)))
        return all(self.holds(one, other) for one, other in pairs)

    def _sequences(self, inner: Part, outer: Part) -> bool:
        first, second = inner.schema, outer.schema
        if is_list(first.get("items")) or isinstance(second.get("items"), list):
            return False
        shortest = first.get("minItems", 0) >= second.get("minItems", 0)
        longest = second.get("maxItems")
        if longest is not None:
            longest_of_first = first.get("maxItems")
            if longest_of_first is None or longest_of_first > longest:
                return False
        return shortest and self.holds(elements(inner), elements(outer))


def declared(part: Part, name: str) -> Part:
    """What an object schema says of a property, named in `properties` or not."""
    if name in part.schema.get("properties", {}):
        return part.below("properties", name)
    return undeclared(part)


def undeclared(part: Part) -> Part:
    """What an object schema says of properties that it does not name."""
    if "additionalProperties" in part.schema:
        return part.below("additionalProperties")
    return ANYTHING


def elements(part: Part) -> Part:
    """What an array schema says of its elements."""
    return part.below("items") if "items" in part.schema else ANYTHING
