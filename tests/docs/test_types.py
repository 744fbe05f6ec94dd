"""The examples of "What you hold", with a client of the service that they talk about."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from tests.docs import pages
from tests.packages import Package, package

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "types.md"
TOOLS: list[dict[str, Any]] = [
    {
        "name": "get-forecast",
        "inputSchema": {
            "type": "object",
            "properties": {
                "place": {
                    "type": "object",
                    "properties": {
                        "city": {"type": "string"},
                        "If-Match": {"type": "string"},
                    },
                    "required": ["city"],
                }
            },
            "required": ["place"],
        },
    },
    {
        "name": "update-issue",
        "inputSchema": {
            "type": "object",
            "properties": {
                "number": {"type": "integer"},
                "assignee": {"type": ["string", "null"]},
            },
            "required": ["number"],
        },
    },
]


async def run(code: str, made: Package, client: Any) -> None:
    """Run statements that may await."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    compiled = compile(code, "example", "exec", flags)
    pending = eval(compiled, {"weather": client, "models": made.client_models})
    if pending is not None:
        await pending


async def test_every_example_runs(tmp_path: Path) -> None:
    """What stands in a comment behind a call is what is sent."""
    made = package("weather", tmp_path, TOOLS)
    made.result = "fine"
    async with made.in_memory() as (client, _):
        for block in pages.runnable(PAGE):
            if block.language == "sh":
                home = DOCS.parent / "generated_examples" / "weather" / "server"
                pages.run_block(block, home, {})
                continue
            assert block.language == "python", block
            await run(block.text, made, client)
            shown = [line.partition("# ")[2] for line in block.text.splitlines()]
            wanted = [text for text in shown if text]
            sent = [args.model_dump_json(exclude_unset=True) for args in made.got]
            assert not wanted or [ast.literal_eval(_python(t)) for t in wanted] == [
                ast.literal_eval(_python(t)) for t in sent[-len(wanted) :]
            ]
    assert len(made.got) == 5


def _python(text: str) -> str:
    """JSON of this page as Python."""
    return text.replace("null", "None")


async def test_a_caller_reads_this_of_wrong_arguments(tmp_path: Path) -> None:
    """The block of the page "Exact types"."""
    (block,) = pages.blocks(DOCS / "explanation" / "exact-types.md")
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    made = package("sums", tmp_path, [{"name": "add", "inputSchema": schema}])
    async with made.in_memory() as (_, wire):
        answer = await wire.call("add", {"b": "two", "c": 1})
    assert answer["result"]["isError"] is True
    assert answer["result"]["content"][0]["text"] == block.text.rstrip("\n")
