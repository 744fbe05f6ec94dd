"""The official JSON-Schema-Test-Suite through a generated server and its client.

Each schema of the suite is the `outputSchema` of one tool, one argument of another, and
the whole `inputSchema` of a third.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.packages import Package, Wire, package, problems, same

from .data import DRAFTS, Group, groups

INVALID = "The tool returned an invalid result"
NEED_REMOTE = Path(__file__).with_name("remote.txt").read_text("utf-8").splitlines()
"""The groups whose schema needs a document that is somewhere else."""


def whole(group: Group) -> dict[str, Any]:
    """The schema as a document by itself."""
    if isinstance(group.schema, bool):
        return {"$schema": DRAFTS[group.draft], "allOf": [group.schema]}
    return {"$schema": DRAFTS[group.draft], **group.schema}


def inner(group: Group, number: int) -> tuple[Any, dict[str, Any]]:
    """The schema as a part of another one, and what it needs around it."""
    if isinstance(group.schema, bool):
        return group.schema, {}
    if group.draft == "draft7" and "$ref" in group.schema:
        # Nothing beside a `$ref` counts, so it can have no `$id`.
        rest = {k: v for k, v in group.schema.items() if k != "$ref"}
        return {"$ref": group.schema["$ref"]}, rest
    # As a resource of its own, its references mean the same as before.
    return {"$id": f"urn:suite:{number}", **group.schema}, {}


def as_argument(group: Group, number: int) -> dict[str, Any]:
    schema, around = inner(group, number)
    return {
        "$schema": DRAFTS[group.draft],
        **around,
        "type": "object",
        "properties": {"value": schema},
        "required": ["value"],
    }


def as_arguments(group: Group, number: int) -> dict[str, Any]:
    if isinstance(group.schema, dict) and group.schema.get("type") == "object":
        return whole(group)
    schema, around = inner(group, number)
    return {
        "$schema": DRAFTS[group.draft],
        **around,
        "type": "object",
        "allOf": [schema],
    }


def tools(chosen: list[Group]) -> Iterator[dict[str, Any]]:
    for number, group in enumerate(chosen):
        yield {
            "name": f"one-{number}",
            "inputSchema": as_argument(group, number),
        }
        yield {"name": f"all-{number}", "inputSchema": as_arguments(group, number)}
        yield {"name": f"out-{number}", "outputSchema": whole(group)}


def usable(draft: str) -> list[Group]:
    return [group for group in groups(draft) if group.name not in NEED_REMOTE]


@pytest.fixture(scope="module", params=list(DRAFTS))
def suite(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Group], Package]:
    chosen = usable(request.param)
    name = f"suite-{request.param.replace('-', '')}"
    made = package(name, tmp_path_factory.mktemp(name), list(tools(chosen)))
    return chosen, made


async def test_every_verdict_is_right_and_every_valid_instance_comes_back(
    suite: tuple[list[Group], Package],
) -> None:
    chosen, made = suite
    wrong: list[str] = []
    async with made.in_memory() as (client, wire):
        ends = _Ends(made, client, wire)
        for number, group in enumerate(chosen):
            for instance, valid in group.tests:
                found = await ends.argument(f"one-{number}", {"value": instance}, valid)
                if isinstance(instance, dict):
                    found += await ends.argument(f"all-{number}", instance, valid)
                found += await ends.output(f"out-{number}", instance, valid)
                wrong += [f"{group.name}: {instance!r}: {what}" for what in found]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("draft", DRAFTS)
def test_what_needs_a_remote_document_gets_a_diagnostic_and_nothing_else_does(
    draft: str,
) -> None:
    remote = [group for group in groups(draft) if group.name in NEED_REMOTE]
    assert len(remote) == {"draft2020-12": 22, "draft7": 11}[draft]
    for number, group in enumerate(remote):
        # A meta-schema of one's own is such a document, too.
        wanted = {"MG303" if "vocabulary" in group.name else "MG304"}
        for schema in (as_argument(group, number), as_arguments(group, number)):
            assert set(problems([{"name": "a", "inputSchema": schema}])) == wanted
        tool = {"name": "a", "outputSchema": whole(group)}
        assert set(problems([tool])) == wanted, group.name


class _Ends:
    """What each end of a connection makes of an instance."""

    def __init__(self, made: Package, client: Any, wire: Wire) -> None:
        self._made = made
        self._client = client
        self._wire = wire

    async def argument(self, tool: str, arguments: Any, valid: bool) -> list[str]:
        """What is wrong with the verdicts on arguments, and with what comes back."""
        made, wrong = self._made, list[str]()
        made.got.clear()
        made.result = None
        answer = await self._wire.call(tool, arguments)
        if bool(made.got) != valid or answer["result"].get("isError", False) == valid:
            wrong.append("the server's verdict on an argument")
        elif valid:
            back = made.codec(tool, "server", "input").dump(made.got[0])
            if not same(arguments, back):
                wrong.append(f"the server's model of the argument gives {back!r}")
        try:
            sent = made.call(tool).checked(arguments)
        except self._made.client.InvalidArgumentsError:
            sent = None
        if (sent is not None) != valid or (valid and not same(arguments, sent)):
            wrong.append("the client's verdict on an argument")
        return wrong

    async def output(self, tool: str, instance: Any, valid: bool) -> list[str]:
        """What is wrong with the verdicts on a result, and with what comes back."""
        made, wrong = self._made, list[str]()
        codec = made.codec(tool, "server", "output")
        made.result = codec.build(instance) if valid else instance
        answer = await self._wire.call(tool, {})
        if valid:
            sent = answer.get("result", {}).get("structuredContent", "nothing")
            if not same(instance, sent):
                wrong.append(f"the server sends {sent!r}")
        elif isinstance(instance, bool) and "result" in answer:
            # In Python, True is an integer.
            if answer["result"]["structuredContent"] is instance:
                wrong.append("the server sends an invalid result")
        elif answer.get("error") != {"code": -32603, "message": INVALID}:
            wrong.append("the server's verdict on its result")
        result = {"content": [], "structuredContent": instance}
        try:
            read = made.call(tool).read(result)
        except made.client.InvalidResultError:
            if valid:
                wrong.append("the client's verdict on a result")
            return wrong
        if not valid:
            wrong.append("the client's verdict on a result")
        elif not same(instance, made.codec(tool, "client", "output").dump(read)):
            wrong.append("the client's model of the result gives something else")
        return wrong
