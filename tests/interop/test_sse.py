"""Clients of HTTP+SSE work with a generated server: the official SDKs', supergateway, ours."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpgen.runtime.client import Client, ToolError
from tests.peers import SDK1, environment, node, node_modules

from .everything import EVERY_TOOL, OUTCOMES, SECONDS, everything
from .test_sdk1 import WHOLE_RUN
from .test_stdio_sdk import JUDGED_ALIKE
from .test_stdio_typescript import FEATURES

HERE = Path(__file__).parent


def typescript(major: str) -> Callable[[str], list[object]]:
    """The client of one of the TypeScript SDKs."""
    return lambda url: [node(), HERE / "ts_client.cjs", major, "legacy", url]


def through_supergateway(url: str) -> list[object]:
    """A stdio client, for which supergateway is the server."""
    gateway = node_modules(HERE / "package.json") / "supergateway/dist/index.js"
    client = [node(), HERE / "ts_client.cjs", "1", "legacy"]
    return [*client, node(), gateway, "--sse", url]


ASKING = ("elicitation", "sampling", "input_required", "missing_capability")
"""Words in the names of tools that ask the client."""
RELAYED = ("structured", "side_by_side", "prompts", "resources", "completion")
"""What supergateway passes on: requests of the client, nothing of the server's own."""


async def driven(
    command: Callable[[str], list[object]], *features: str
) -> dict[str, Any]:
    """What a program found that drives the example over HTTP+SSE."""
    chosen = {"MCPGEN_TEST_FEATURES": ",".join(features)} if features else {}
    async with everything(page_size=5) as example:
        process = await asyncio.create_subprocess_exec(
            *map(str, command(example.url.replace("/mcp", "/sse"))),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=node_modules(HERE / "package.json").parent,
            env={**os.environ, **chosen},
        )
        try:
            printed, complaints = await asyncio.wait_for(
                process.communicate(), WHOLE_RUN
            )
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, complaints.decode()
        if not features:
            await asyncio.wait_for(example.cancelled.wait(), SECONDS)
        assert {*example.seen} == {("GET", 200), ("POST", 202)}
        found: dict[str, Any] = json.loads(printed)
        return found


@pytest.fixture(scope="module")
def sdk1() -> dict[str, Any]:
    """What the Python SDK's 1.x client found."""
    python = environment("sdk1", SDK1)
    client = HERE / "sdk1_client.py"
    return asyncio.run(driven(lambda url: [python, client, url]))


@pytest.mark.parametrize("judged", JUDGED_ALIKE, ids=lambda each: each.__name__)
def test_the_python_client_of_1_x(judged: Any, sdk1: dict[str, Any]) -> None:
    judged(sdk1)


def test_it_hears_of_changes_and_updates(sdk1: dict[str, Any]) -> None:
    assert sdk1["initialize"]["version"] == "2025-11-25"
    assert sdk1["notifications"] == [
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/updated",
        "notifications/tools/list_changed",
    ]


@pytest.fixture(scope="module", params=["1", "2"])
def report(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a client in TypeScript found, feature by feature."""
    return asyncio.run(driven(typescript(request.param)))


@pytest.mark.parametrize("feature", FEATURES)
def test_a_client_in_typescript(feature: str, report: dict[str, Any]) -> None:
    assert report[feature] == FEATURES[feature]


async def test_supergateway() -> None:
    found = await driven(through_supergateway, "listed", "every_tool", *RELAYED)

    assert set(found["listed"]) == {*OUTCOMES, "test_cancellation"}
    for name, outcome in OUTCOMES.items():
        if not any(word in name for word in ASKING):
            assert found["every_tool"][name] == outcome, name
    for feature in RELAYED:
        assert found[feature] == FEATURES[feature]


async def test_a_client_of_ours_falls_back_to_it() -> None:
    """To a URL that answers no POST, as old servers' do."""
    async with everything() as example:
        url = example.url.replace("/mcp", "/sse")
        async with Client(url, era="legacy", timeout=SECONDS) as client:
            for name, tool in EVERY_TOOL.items():
                if any(word in name for word in ASKING):
                    continue  # this client answers no questions
                if name == "test_error_handling":
                    with pytest.raises(ToolError, match="intentionally"):
                        await client.call_tool(name, tool["arguments"])
                    continue
                result = await client.call_tool(name, tool["arguments"])
                assert [block.type for block in result.content] == tool["content"]
        assert {*example.seen} >= {("GET", 200), ("POST", 202)}
