"""The data of `examples.py`: what mock mode answers for tools with `outputSchema`."""

from __future__ import annotations

import json
from typing import Any

from mcpgen import features, ir, pycode
from mcpgen.examples import NoExample, example
from mcpgen.pycode import Code

from .remembered import Pieces


def are_wanted(project: ir.Project) -> bool:
    """Whether a project's server has them."""
    has_mock = "mock" in features.server(project).present
    return has_mock and any(tool.output is not None for tool in project.tools)


def examples(project: ir.Project, pieces: Pieces | None = None) -> Code:
    """A made-up result of each of these tools, as JSON text."""
    return pycode.json_string(
        {
            tool.wire_name: _remembered(tool, pieces)
            for tool in project.tools
            if tool.output is not None
        }
    )


def _remembered(tool: ir.Tool, pieces: Pieces | None) -> dict[str, Any]:
    if pieces is None:
        return _made(tool)
    (text,) = pieces.of_tool("example", tool, 1, lambda: (json.dumps(_made(tool)),))
    made: dict[str, Any] = json.loads(text)
    return made


def _made(tool: ir.Tool) -> dict[str, Any]:
    try:
        return {"value": example(tool.definition["outputSchema"])}
    except NoExample as error:
        return {"reason": str(error)}
