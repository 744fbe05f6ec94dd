"""Invalid arguments whose explanation would take forever."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

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
