"""The MCP Inspector's terminal program works with a generated server over stdio."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.peers import node, node_modules

from .everything import EVERY_TOOL, HOME, OUTCOMES, PROGRAM, SECONDS

PACKAGE = Path(__file__).with_name("package.json")
ASKS = {
    name: capability
    for names, capability in (
        (("test_sampling", "test_missing_capability"), "sampling"),
        (("test_input_required_result_sampling",), "sampling"),
        (("test_elicitation", "test_elicitation_url"), "elicitation"),
        (("test_elicitation_sep1034_defaults",), "elicitation"),
        (("test_elicitation_sep1330_enums",), "elicitation"),
        (("test_streaming_elicitation",), "elicitation"),
        (("test_input_required_result_elicitation",), "elicitation"),
        (("test_input_required_result_request_state",), "elicitation"),
        (("test_input_required_result_multiple_inputs",), "elicitation"),
        (("test_input_required_result_multi_round",), "elicitation"),
        (("test_input_required_result_tampered_state",), "elicitation"),
    )
    for name in names
}
"""What tools ask for that a program without a person and a model does not have."""

eras = pytest.mark.parametrize("era", ["legacy", "modern"])


def inspect(era: str, method: str, home: Path, *options: str) -> dict[str, Any]:
    """What the Inspector prints for one method: a result or an error."""
    ended = subprocess.run(
        [
            *(node(), node_modules(PACKAGE) / ".bin/mcp-inspector", "--cli"),
            *(*PROGRAM, "--protocol-era", era, "--format", "json", "--quiet"),
            *("--method", method, *options),
        ],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        timeout=SECONDS * 3,
        check=False,
    )
    printed = ended.stdout or ended.stderr
    assert printed, ended
    found: dict[str, Any] = json.loads(printed)
    assert set(found) <= {"result", "error"}
    return found


@eras
def test_it_lists_the_tools_of_the_manifest(era: str, tmp_path: Path) -> None:
    manifest = yaml.safe_load((HOME.parent / "mcpgen.yaml").read_text("utf-8"))

    found = inspect(era, "tools/list", tmp_path)

    assert found["result"]["tools"] == manifest["tools"]


@eras
def test_it_calls_a_tool(era: str, tmp_path: Path) -> None:
    options = ("--tool-name", "test_structured_content", "--tool-arg", "city=Oslo")

    found = inspect(era, "tools/call", tmp_path, *options)

    assert found["result"]["structuredContent"] == {"city": "Oslo", "letters": 4}


def test_it_gets_a_prompt(tmp_path: Path) -> None:
    options = ("--prompt-name", "test_prompt_with_arguments", "--prompt-args")

    found = inspect("legacy", "prompts/get", tmp_path, *options, "arg1=a", "arg2=b")

    text = found["result"]["messages"][0]["content"]["text"]
    assert text == "Prompt with arguments: arg1='a', arg2='b'"


def test_it_reads_a_resource(tmp_path: Path) -> None:
    found = inspect("modern", "resources/read", tmp_path, "--uri", "test://static-text")

    text = found["result"]["contents"][0]["text"]
    assert text == "This is the content of the static text resource."


@eras
@pytest.mark.slow
@pytest.mark.parametrize("tool", EVERY_TOOL)
def test_it_calls_every_tool(era: str, tool: str, tmp_path: Path) -> None:
    arguments = json.dumps(EVERY_TOOL[tool]["arguments"])
    options = ("--tool-name", tool, "--tool-args-json", arguments)

    found = inspect(era, "tools/call", tmp_path, *options)

    if tool in ASKS:
        assert ASKS[tool] in found["error"]["message"]
        return
    result = found["result"]
    kinds = [block["type"] for block in result["content"]]
    assert [result.get("isError", False), kinds] == OUTCOMES[tool]
