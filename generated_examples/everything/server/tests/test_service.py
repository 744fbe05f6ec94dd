"""Calls the everything server, in both eras of the protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from everything_client import (
    Elicitation,
    EverythingClient,
    LogMessage,
    Progress,
    ProtocolError,
    ToolError,
    types,
)

from everything_server.app import make_app

ANSWERS = {
    "name": "Ada",
    "username": "ada",
    "email": "ada@example.com",
    "color": "green",
    "ok": True,
}


def fill_in(question: Elicitation) -> dict[str, object]:
    """Answer what is asked for by name; the form's defaults fill in the rest."""
    properties = question.schema["properties"]
    assert isinstance(properties, dict)
    return {key: ANSWERS[key] for key in properties if key in ANSWERS}


@pytest.fixture
def logs() -> list[LogMessage]:
    """What the server said while it worked."""
    return []


@pytest.fixture(params=["modern", "legacy"])
async def client(
    request: pytest.FixtureRequest, logs: list[LogMessage]
) -> AsyncIterator[EverythingClient]:
    """A client of the server, in memory, with a handler for every question."""
    era: Literal["modern", "legacy"] = request.param
    async with EverythingClient.in_memory(
        make_app(),
        era=era,
        elicitation=fill_in,
        sampling=lambda params: "Paris",
        roots=[Path("/home/ada")],
        on_log=logs.append,
    ) as client:
        yield client


def text(result: types.CallToolResult) -> str:
    """The text of all text blocks."""
    return "\n".join(
        block.text for block in result.content if isinstance(block, types.TextContent)
    )


async def test_every_kind_of_content_arrives(client: EverythingClient) -> None:
    image = await client.test_image_content()
    assert isinstance(image.content[0], types.ImageContent)
    audio = await client.test_audio_content()
    assert isinstance(audio.content[0], types.AudioContent)
    mixed = await client.test_multiple_content_types()
    assert [type(block) for block in mixed.content] == [
        types.TextContent,
        types.ImageContent,
        types.EmbeddedResource,
    ]


async def test_structured_content_is_typed(client: EverythingClient) -> None:
    result = await client.test_structured_content(city="Oslo")
    assert (result.city, result.letters) == ("Oslo", 4)


async def test_a_tools_error_is_raised(client: EverythingClient) -> None:
    with pytest.raises(ToolError, match="intentionally"):
        await client.test_error_handling()


async def test_progress_and_logs_are_streamed(
    client: EverythingClient, logs: list[LogMessage]
) -> None:
    reports: list[Progress] = []
    listening = client.with_options(progress=reports.append)
    await listening.test_tool_with_progress()
    assert [report.progress for report in reports] == [0, 50, 100]
    await client.test_tool_with_logging()
    assert len(logs) >= 3


async def test_the_user_is_asked_the_same_way_in_both_eras(
    client: EverythingClient,
) -> None:
    answer = await client.test_elicitation(message="Who are you?")
    assert "ada@example.com" in text(answer)
    assert "John Doe" not in text(answer)


async def test_a_forms_defaults_fill_in_what_is_left_open(
    client: EverythingClient,
) -> None:
    answer = text(await client.test_elicitation_sep1034_defaults())
    assert '"score": 95.5' in answer
    assert '"status": "active"' in answer


async def test_a_model_and_roots_can_be_asked_for(client: EverythingClient) -> None:
    assert "Paris" in text(await client.test_sampling(prompt="The capital?"))
    roots = await client.test_input_required_result_list_roots()
    assert "file:///home/ada" in text(roots)


async def test_several_questions_at_once_and_in_turn(client: EverythingClient) -> None:
    at_once = await client.test_input_required_result_multiple_inputs()
    assert text(at_once) == "Paris Hello, Ada! (1 roots)"
    in_turn = await client.test_input_required_result_multi_round()
    assert "Hello, Ada!" in text(in_turn)


async def test_state_outlives_a_round_trip(client: EverythingClient) -> None:
    answer = await client.test_input_required_result_request_state()
    assert text(answer).startswith("state-ok")


async def test_prompts_and_resources_are_served(client: EverythingClient) -> None:
    prompt = await client.test_prompt_with_arguments_prompt(arg1="one", arg2="two")
    assert "one" in str(prompt.messages)
    assert "two" in str(prompt.messages)
    data = await client.read_template_data(id="123")
    assert "123" in str(data.contents)
    with pytest.raises(ProtocolError):
        await client.read_resource("test://no-such-resource")


async def test_the_tools_are_listed_as_the_manifest_has_them(
    client: EverythingClient,
) -> None:
    names = [tool.name for tool in await client.list_tools()]
    declared = [tool["name"] for tool in EverythingClient.catalog.tools]
    assert names == declared
