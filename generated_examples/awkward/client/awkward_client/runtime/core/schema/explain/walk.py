"""Evaluates a JSON Schema on a value to find why it is not valid, in bounded work.

Knows each schema's keywords and what to do where there is no time left; words are made
elsewhere. Whether a value is valid is not decided here: that is the compiled
validator's. Every schema is evaluated at most once on every part of the value, and
`MAX_STEPS` bounds the work. After that, what was found so far is the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from .applicators import APPLICATORS, Apply, reference
from .bulk import Bulk
from .checks import Check, checks_of
from .keywords import Compiled
from .references import Base, References
from .shortcuts import Branch
from .verdict import Fault, Request, Scene, Verdict, Work
from .words import Json, count_values, is_array, is_object

MAX_STEPS: Final = 6_500
"""Steps of one explanation; a step takes one to three microseconds."""
MAX_FINDINGS: Final = 1_000
"""Invalid parts of one array or object that are looked for."""
MAX_BULK: Final = 64
"""Parts under one schema, above which the compiled validator picks the invalid ones."""
MAX_NESTED: Final = 3
"""Arrays and objects within each other in which it does."""
MAX_WEIGHT: Final = 10_000
"""Values in an array or object within another, above which it does not."""

_VALID: Final = Verdict()
_UNKNOWN: Final = Verdict(doubts=[None])
_REF_ALONE: Final = 7  # Up to this draft, a `$ref` hides the keywords beside it.

Plan: TypeAlias = tuple[list[tuple[Check, Json]], list[tuple[Apply, Json]]]


class Plans:
    """What is to be done for each schema of a document."""

    def __init__(self, draft: int) -> None:
        self.draft = draft
        self._made: dict[int, Plan] = {}

    def of(self, schema: Mapping[str, Json]) -> Plan:
        """The checks and the applicators of a schema."""
        plan = self._made.get(id(schema))
        if plan is None:
            plan = self._made[id(schema)] = self._plan(schema)
        return plan

    def _plan(self, schema: Mapping[str, Json]) -> Plan:
        if "$ref" in schema and self.draft <= _REF_ALONE:
            return [], [(reference, schema["$ref"])]
        applicators = [
            (apply, schema[keyword])
            for keyword, apply in APPLICATORS.items()
            if keyword in schema
        ]
        return checks_of(schema), applicators


class Walk:
    """One evaluation, with its budget."""

    def __init__(
        self,
        schema: Json,
        references: References,
        compiled: Compiled,
        bulk: Bulk,
        plans: Plans,
    ) -> None:
        self.references = references
        self.compiled = compiled
        self.draft = plans.draft
        self.steps = MAX_STEPS
        self.is_incomplete = False
        self.passes: dict[int, int] = {}
        self._schema = schema
        self._bulk = bulk
        self._plans = plans.of
        self._nested = 0
        self._known: dict[tuple[int, int, int], Verdict] = {}
        self._kept: list[Request] = []
        self.unions: dict[int, tuple[list[Branch], list[str]]] = {}
        self._tags: dict[int, dict[str, list[Json]]] = {}

    @property
    def is_over(self) -> bool:
        """Whether the budget is spent."""
        return self.steps <= 0

    def spend(self, steps: int) -> None:
        """Take steps from the budget."""
        self.steps -= steps

    def run(self, value: Json) -> Verdict:
        """The verdict on a value, as far as the budget goes."""
        answer = self._begun((self._schema, value, self.references.base))
        if isinstance(answer, Verdict):
            return answer
        stack = [answer]
        reply: Verdict | None = None
        while stack:
            work, verdict = stack[-1]
            try:
                request = work.send(reply) if reply else next(work)
            except StopIteration:
                stack.pop()
                reply = verdict
                continue
            begun = self._begun(request)
            if isinstance(begun, Verdict):
                reply = begun
            else:
                stack.append(begun)
                reply = None
        return reply or _UNKNOWN

    def _begun(self, request: Request) -> Verdict | tuple[Work, Verdict]:
        schema, value, base = request
        if schema is True:
            return _VALID
        if schema is False:
            return Verdict([Fault("false", schema, value)])
        key = (id(schema), id(value), id(base))
        known = self._known.get(key)
        self.spend(1 if known else 2)
        if known is not None:
            return known
        if self.is_over or not is_object(schema):
            self.is_incomplete = True
            return _UNKNOWN
        # What refers to itself in a circle restricts nothing by that.
        self._known[key] = _VALID
        self._kept.append(request)
        verdict = Verdict()
        scene = Scene(schema, value, self.references.enter(schema, base), verdict)
        return self._evaluated(scene, key), verdict

    def _evaluated(self, scene: Scene, key: tuple[int, int, int]) -> Work:
        checks, applicators = self._plans(scene.schema)
        self.spend(len(checks) + len(applicators))
        for check, arg in checks:
            check(self, scene, arg)
        for apply, arg in applicators:
            yield from apply(self, scene, arg)
        self._known[key] = scene.verdict

    def matches(self, pattern: str, text: str) -> bool | None:
        """Whether a text matches a pattern; None where that takes too long."""
        self.spend(2)
        return self.compiled.holds("pattern", pattern, text)

    def tags(self, properties: Mapping[str, Json], base: Base) -> dict[str, list[Json]]:
        """The properties that are restricted to certain values, with these."""
        known = self._tags.get(id(properties))
        if known is None:
            self.spend(len(properties) >> 2)
            found = {name: self._options(s, base) for name, s in properties.items()}
            known = {name: options for name, options in found.items() if options}
            self._tags[id(properties)] = known
        return known

    def _options(self, schema: Json, base: Base) -> list[Json] | None:
        schema, _ = self.references.resolved(schema, base, self.draft)
        if not is_object(schema):
            return None
        options = schema.get("enum")
        if is_array(options):
            return options
        return [schema["const"]] if "const" in schema else None

    def children(self, scene: Scene, schema: Json, keys: Sequence[str | int]) -> Work:
        """Evaluate one schema on many parts of a value, of which these are the keys."""
        verdict = scene.verdict
        found = keys
        if is_object(schema):
            if len(keys) > MAX_BULK and self._may_pick(scene.value):
                picked = self._bulk.invalid(schema, scene.value, keys, self)
                if picked is not None:
                    found = picked
                    verdict.fits += len(keys) - len(picked)
                    verdict.known += len(keys) - len(picked)
        elif schema is True:
            return
        faulty = 0
        self._nested += 1
        for key in found:
            if self.is_over or faulty >= MAX_FINDINGS:
                self.incomplete(scene)
                break
            faulty += verdict.note(key, (yield schema, scene.value[key], scene.base))
        self._nested -= 1

    def _may_pick(self, value: Json) -> bool:
        # What is within another is looked through again: the most only once.
        if self._nested == 0:
            return True
        count = count_values(value, MAX_WEIGHT)
        self.spend(count >> 3)
        return self._nested < MAX_NESTED and count <= MAX_WEIGHT

    def incomplete(self, scene: Scene) -> None:
        """Note that parts of a value have not been looked at."""
        self.is_incomplete = True
        scene.verdict.doubts.append(None)
