"""An instance of a JSON Schema: always the same one, plain to read, and valid.

The only maker of example values: of results for mock mode, of arguments for tests and
READMEs, of values that a change breaks. Proposals are made by the keywords, the
plainest first; which one holds, the validator says. So what comes out is valid, and
what can't be found is an error: never something that only looks right. Knows JSON
Schema and nothing of manifests.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from mcpgen.runtime.core.schema.validator import (
    InvalidSchema,
    SchemaValidator,
    describe,
)

from .maker import Exhausted, Maker, Steps
from .plain import Json, JsonObject, is_writable

__all__ = ["Json", "JsonObject", "NoExample", "Steps", "example", "proposals"]

_MOST_TRIES: Final = 100
"""Whole instances that the validator is asked about."""


class NoExample(ValueError):
    """No instance was found; the message says what stands against it."""


def example(schema: JsonObject | bool, *, optional: bool = True) -> Json:
    """An instance that a JSON Schema admits; the same one for the same schema.

    Args:
        schema: 2020-12, or draft-07 by its `$schema`.
        optional: Whether objects have properties that they need not have.

    Raises:
        NoExample: None was found: there may be none, or it would take a search.
    """
    validator = SchemaValidator(schema)
    obstacles: list[str] = []
    try:
        for with_optional in (True, False) if optional else (False,):
            maker = Maker(schema, with_optional)
            for proposal in islice(_until_exhausted(maker), _MOST_TRIES):
                if validator.is_valid(proposal):
                    return proposal
                if not obstacles:
                    obstacles.append(describe(validator.problems(proposal, 3)))
            obstacles.append(maker.obstacle)
    except InvalidSchema as error:
        raise NoExample(f"the JSON Schema can't be used: {error}") from None
    first = next(filter(None, obstacles), "")
    raise NoExample(
        f"no value was found; what was tried first:\n{first}"
        if first
        else "no value was found"
    )


def proposals(
    schema: JsonObject, document: JsonObject | bool, steps: Steps
) -> Iterator[Json]:
    """Values that a JSON Schema may well admit, the plainest first.

    Args:
        schema: The schema.
        document: What its references lead into.
        steps: What may be taken for it.
    """
    return _until_exhausted(Maker(schema, False, document, steps))


def _until_exhausted(maker: Maker) -> Iterator[Json]:
    try:
        yield from filter(is_writable, maker.whole())
    except (Exhausted, RecursionError, ArithmeticError):
        return
