"""The official SDKs' clients work with a generated server over standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TextIO

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.peers import SDK1, environment

from . import test_sdk1
from .everything import EVERY_TOOL, OUTCOMES, PROGRAM, SECONDS
from .test_sdk2 import Callbacks, text

COMMAND = [*PROGRAM, "--page-size", "5"]
CLIENT = Path(__file__).with_name("sdk1_client.py")

JUDGED_ALIKE = [
    test_sdk1.test_it_lists_page_by_page,
    test_sdk1.test_it_calls_every_tool,
    test_sdk1.test_it_validates_structured_content,
    test_sdk1.test_it_tells_a_tools_failure_from_a_requests,
    test_sdk1.test_it_hears_of_progress,
    test_sdk1.test_it_hears_log_messages_from_its_level_on,
    test_sdk1.test_it_gets_prompts,
    test_sdk1.test_it_reads_resources,
    test_sdk1.test_it_completes,
    test_sdk1.test_it_answers_every_kind_of_question,
    test_sdk1.test_it_pings_and_sends_notifications,
    test_sdk1.test_it_cancels_and_goes_on,
    test_sdk1.test_it_gives_up_when_it_waited_long_enough,
    test_sdk1.test_it_calls_side_by_side,
]
"""What the SDK's 1.x client finds over HTTP, it finds here."""


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What the 1.x client found, feature by feature."""
    return asyncio.run(_report(environment("sdk1", SDK1)))


async def _report(python: Path) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        python,
        CLIENT,
        *COMMAND,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    try:
        printed, complaints = await asyncio.wait_for(
            process.communicate(), test_sdk1.WHOLE_RUN
        )
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complaints.decode()
    assert b"Traceback" not in complaints, complaints.decode()
    found: dict[str, Any] = json.loads(printed)
    return found


@pytest.mark.parametrize("judged", JUDGED_ALIKE, ids=lambda each: each.__name__)
def test_the_client_of_1_x(judged: Any, report: dict[str, Any]) -> None:
    judged(report)


@asynccontextmanager
async def reporting() -> AsyncIterator[tuple[TextIO, Callable[[str], Awaitable[None]]]]:
    """A file for a program's standard error, and what waits for a line of it."""
    reading, writing = os.pipe()
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb")
    )

    async def reports(line: str) -> None:
        async with asyncio.timeout(SECONDS):
            while (found := await reader.readline()) != f"{line}\n".encode():
                assert found, f"{line!r} did not come"

    try:
        with os.fdopen(writing, "w") as errors:
            yield errors, reports
    finally:
        transport.close()


@pytest.fixture(params=["legacy", "auto", "2026-07-28"])
def connect(request: pytest.FixtureRequest) -> Callable[..., Client]:
    """Makes clients of 2.x; the test enters them, in its own task."""

    def client(errors: TextIO = sys.stderr) -> Client:
        command, *arguments = COMMAND
        callbacks = Callbacks()
        return Client(
            stdio_client(
                StdioServerParameters(command=command, args=arguments), errors
            ),
            mode=request.param,
            elicitation_callback=callbacks.elicit,
            sampling_callback=callbacks.sample,
            list_roots_callback=callbacks.roots,
        )

    return client


async def test_the_client_of_2_x_calls_every_tool(
    request: pytest.FixtureRequest, connect: Callable[..., Client]
) -> None:
    is_legacy = "legacy" in request.node.name
    heard: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    async with asyncio.timeout(SECONDS * 3), connect() as client:
        assert client.protocol_version == ("2025-11-25" if is_legacy else "2026-07-28")
        assert (await client.list_tools()).tools
        found = {}
        for name, how in EVERY_TOOL.items():
            result = await client.call_tool(name, how["arguments"])
            found[name] = [result.is_error, [block.type for block in result.content]]
        assert found == OUTCOMES
        await client.call_tool("test_tool_with_progress", {}, progress_callback=hear)
        assert heard == [0, 50, 100]
        result = await client.call_tool("test_structured_content", {"city": "Oslo"})
        assert result.structured_content == {"city": "Oslo", "letters": 4}
        for tool, given, wanted in (
            ("test_sampling", {"prompt": "The capital?"}, "Paris"),
            ("test_elicitation", {"message": "Who?"}, "bo@example.com"),
            ("test_input_required_result_list_roots", {}, "file:///home/bo"),
        ):
            assert wanted in text(await client.call_tool(tool, given))


async def test_the_client_of_2_x_cancels_and_goes_on(
    connect: Callable[..., Client],
) -> None:
    async with (
        asyncio.timeout(SECONDS * 3),
        reporting() as (errors, reports),
        connect(errors) as client,
    ):
        call = asyncio.create_task(client.call_tool("test_cancellation", {}))
        await reports("started")
        call.cancel()
        await reports("cancelled")
        assert "simple text" in text(await client.call_tool("test_simple_text", {}))
