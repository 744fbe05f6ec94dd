"""Published servers that are programs, as their users start them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpgen.runtime.client import Client, SyncClient, ToolError
from tests.peers import TIME, environment

from .everything import SECONDS

ASKED = {"timezone": "Europe/Oslo"}


@pytest.fixture(scope="module")
def command() -> list[str]:
    python: Path = environment("time", TIME)
    return [str(python), "-m", "mcp_server_time", "--local-timezone", "UTC"]


async def test_the_time_server_answers(command: list[str]) -> None:
    async with Client.stdio(command, timeout=SECONDS) as client:
        assert {tool.name for tool in await client.list_tools()} == {
            "get_current_time",
            "convert_time",
        }
        result = await client.call_tool("get_current_time", ASKED)
        with pytest.raises(ToolError, match="nowhere"):
            await client.call_tool("get_current_time", {"timezone": "nowhere"})
        assert await client.check() != ()

    text = result.content[0].text  # type: ignore[union-attr]
    assert json.loads(text)["timezone"] == "Europe/Oslo"


def test_the_time_server_answers_code_without_asyncio(command: list[str]) -> None:
    with SyncClient.stdio(command, timeout=SECONDS, era="legacy") as client:
        assert client.call_tool("get_current_time", ASKED).content
