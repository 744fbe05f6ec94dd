"""Real servers' tools through generated packages: both ends judge as an independent
validator does, and what is valid arrives as it was sent.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no types
from jsonschema.validators import validator_for  # type: ignore[import-untyped]  # as above

from tests.models.instances import mutated, sample
from tests.packages import Package, Wire, package, same
from tests.shared_data import CORPUS, corpus, needs_shared

pytestmark = needs_shared

TELLING = ("contentful", "filesystem", "yfmcp")
"""Unions, outputs and numbers; the others run in `make test-all`."""
NAMES = [
    pytest.param(name, marks=() if name in TELLING else pytest.mark.corpus)
    for name in corpus()
]
SAMPLES = 4
"""Instances of one schema, each of which is changed twice."""
TRIES = 300
"""Samples among which there is a valid one."""

INVALID = {"code": -32603, "message": "The tool returned an invalid result"}


class Tool:
    """One tool at both ends, and a validator that shares nothing with theirs."""

    def __init__(
        self, made: Package, wire: Wire, definition: dict[str, Any], chosen: Any
    ) -> None:
        self._made = made
        self._wire = wire
        self.name: str = definition["name"]
        self._schemas = {
            kind: definition[f"{kind}Schema"]
            for kind in ("input", "output")
            if f"{kind}Schema" in definition
        }
        self._others = {
            kind: validator_for(schema, default=Draft202012Validator)(schema)
            for kind, schema in self._schemas.items()
        }
        self._chosen: random.Random = chosen

    @property
    def has_output(self) -> bool:
        return "output" in self._schemas

    def valid(self, kind: str) -> Any:
        """A valid instance."""
        schema = self._schemas[kind]
        for _ in range(TRIES):
            instance = sample(schema, schema, self._chosen, 0)
            if self._others[kind].is_valid(instance):
                return instance
        raise AssertionError(f"{self.name}: no sample of its {kind} is valid")

    def instances(self, kind: str) -> Iterator[tuple[Any, bool]]:
        """Instances, as they are made and changed, with the independent verdict."""
        schema = self._schemas[kind]
        for _ in range(SAMPLES):
            instance = sample(schema, schema, self._chosen, 0)
            for _ in range(3):
                yield instance, self._others[kind].is_valid(instance)
                instance = mutated(instance, self._chosen)

    async def argue(self, arguments: dict[str, Any], valid: bool) -> None:
        """Both ends' verdict on arguments, and what the handler gets of them."""
        made = self._made
        made.got.clear()
        answer = await self._wire.call(self.name, arguments)
        assert len(made.got) == valid, (self.name, arguments)
        if valid:
            back = made.codec(self.name, "server", "input").dump(made.got[0])
            assert same(arguments, back), (self.name, arguments, back)
            assert same(arguments, made.call(self.name).checked(arguments))
            return
        told = answer["result"]["content"][0]["text"]
        assert told.startswith("Invalid arguments:\n")
        with pytest.raises(made.client.InvalidArgumentsError) as caught:
            made.call(self.name).checked(arguments)
        assert told.splitlines()[1:] == list(map(str, caught.value.problems))

    async def answer(self, arguments: Any, value: Any, valid: bool) -> None:
        """Both ends' verdict on a result, and what the caller gets of it."""
        made = self._made
        made.result = value
        if valid:
            made.result = made.codec(self.name, "server", "output").build(value)
        answer = await self._wire.call(self.name, arguments)
        call = made.call(self.name)
        result = {"content": [], "structuredContent": value}
        if not valid:
            assert answer["error"] == INVALID, (self.name, value)
            with pytest.raises(made.client.InvalidResultError):
                call.read(result)
            return
        assert same(value, answer["result"]["structuredContent"]), (self.name, value)
        read = call.read(answer["result"])
        back = made.codec(self.name, "client", "output").dump(read)
        assert same(value, back), (self.name, value, back)


@pytest.mark.parametrize("name", NAMES)
async def test_both_ends_judge_as_an_independent_validator_and_change_nothing(
    name: str, tmp_path: Path
) -> None:
    definitions = json.loads((CORPUS / f"{name}.json").read_text("utf-8"))["tools"]
    made = package(f"corpus-{name}", tmp_path, definitions)
    chosen = random.Random(name)
    verdicts = {True: 0, False: 0}
    async with made.in_memory() as (_, wire):
        for definition in definitions:
            tool = Tool(made, wire, definition, chosen)
            made.result = None
            for arguments, valid in tool.instances("input"):
                if isinstance(arguments, dict):
                    verdicts[valid] += 1
                    await tool.argue(arguments, valid)
            if tool.has_output:
                arguments = tool.valid("input")
                for value, valid in tool.instances("output"):
                    verdicts[valid] += 1
                    await tool.answer(arguments, value, valid)
    assert all(verdicts.values())
