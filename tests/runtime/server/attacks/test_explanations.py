"""Invalid arguments whose explanation would take forever."""

from __future__ import annotations

import asyncio
import resource
import time
from typing import Any, ClassVar

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.core.catalog import Catalog
from mcpgen.runtime.core.schema.validator import SchemaValidator
from mcpgen.runtime.server import Contract, Service, ToolBinding
from tests.pace import patient
from tests.runtime.core.test_explanations import EXPRESSION, expression

from ..conftest import Serve
from ..wire import LegacyWire, ModernWire
from ..workshop import tool

WRONG = {"op": "num", "value": "2"}


class Calculator(Service):
    """A tool that takes a tree."""

    contract: ClassVar[Contract] = Contract(
        Catalog(
            server={"name": "calculator", "version": "1"},
            tools=(
                tool("evaluate", EXPRESSION),
                tool("broken", outputSchema=EXPRESSION),
            ),
        ),
        tools={
            "evaluate": ToolBinding("evaluate", Any, str),
            "broken": ToolBinding("broken", Any, Any),
        },
    )

    async def evaluate(self, *_: Any) -> str:
        """Never called with what is wrong."""
        return "fine"

    async def broken(self, *_: Any) -> Any:
        """Return what the output schema does not admit."""
        return expression(40, WRONG)


async def test_a_tree_with_one_wrong_leaf(http: ClientSession, serve: Serve) -> None:
    url = await serve(other=Calculator())
    modern, legacy = ModernWire(http, url), LegacyWire(http, url)
    await legacy.initialize()
    for depth in (2, 10, 40, 90):
        async with asyncio.timeout(patient(10)):
            result = (
                await modern.tool("evaluate", {"e": expression(depth, WRONG)["e"]})
            ).result
            old = await legacy.tool("evaluate", {"e": expression(depth, WRONG)["e"]})
        text = result["content"][0]["text"]
        assert result["isError"] is True
        assert text.endswith('value: must be a number, got "2" (for op "num")')
        assert text.count(".left") == depth
        assert old.result["content"] == result["content"]


async def test_a_result_with_one_wrong_leaf(http: ClientSession, serve: Serve) -> None:
    url = await serve(other=Calculator())
    async with asyncio.timeout(patient(10)):
        reply = await ModernWire(http, url).tool("broken")
    assert reply.error["message"] == "The tool returned an invalid result"


NAMES = [f"K{number}" for number in range(430)]
LOWER = {"pattern": "^[a-z]+$"}
DRAFT_7 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    "schema",
    [
        {"propertyNames": LOWER},
        {"propertyNames": {"allOf": [LOWER, {"maxLength": 1}, {"enum": ["a"]}]}},
        {"allOf": [{"$ref": "#/$defs/n"}], "$defs": {"n": {"propertyNames": LOWER}}},
        {"properties": {"o": {"propertyNames": LOWER}}},
        {"required": [f"n{number}" for number in range(430)]},
        {"dependentRequired": {"t": [f"n{number}" for number in range(430)]}},
        {"dependentRequired": {name: [f"{name}-"] for name in NAMES}},
        {"$schema": DRAFT_7, "dependencies": {name: [f"{name}-"] for name in NAMES}},
        {"anyOf": [{"dependentRequired": {n: [f"{n}-"] for n in NAMES}}, False]},
    ],
)
def test_an_error_for_each_of_many_names_copies_no_large_object(schema: Any) -> None:
    """Each of the validator's own errors would hold the whole object."""
    value: dict[str, Any] = {"t": [1] * 60_000, **dict.fromkeys(NAMES, 1)}
    if "properties" in schema:
        value = {"o": value}
    validator = SchemaValidator(schema)
    validator.is_valid(value)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    problems = validator.problems(value)
    took = time.process_time() - start
    # With an estimate of one copy it was 3 to 5 seconds, and gigabytes.
    assert took < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200 * 1024
    assert problems


def test_the_validator_alone_would_take_forever() -> None:
    """The guard is needed: each further level multiplies the validator's own work."""
    validator = SchemaValidator(EXPRESSION).compile()
    sizes = [
        sum(_size(error) for error in validator.iter_errors(expression(depth, WRONG)))
        for depth in (1, 2, 3)
    ]
    assert sizes[2] > 3 * sizes[1] > 9 * sizes[0]
    assert len(SchemaValidator(EXPRESSION).problems(expression(3, WRONG))) == 1


def _size(error: Any) -> int:
    """How many errors an error holds, itself included."""
    context = error.kind.as_dict().get("context", ())
    return 1 + sum(_size(inner) for branch in context for inner in branch)
