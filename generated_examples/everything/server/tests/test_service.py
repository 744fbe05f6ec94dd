"""Calls the everything server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager

import pytest
from everything_client import EverythingClient, ProtocolError, ToolError

from everything_server.app import make_app


@pytest.fixture
async def client() -> AsyncIterator[EverythingClient]:
    """A client of the server, in memory: nothing listens, nothing is sent."""
    async with EverythingClient.in_memory(make_app()) as client:
        yield client


@contextmanager
def implemented() -> Generator[None]:
    """Skips the test of a handler that is not written yet."""
    try:
        yield
    except (ProtocolError, ToolError) as error:
        if "is not implemented yet" in str(error):
            pytest.skip(str(error))
        raise


async def test_the_server_answers(client: EverythingClient) -> None:
    assert client.server_info["name"] == "everything"


async def test_test_simple_text(client: EverythingClient) -> None:
    with implemented():
        await client.test_simple_text()


async def test_test_image_content(client: EverythingClient) -> None:
    with implemented():
        await client.test_image_content()


async def test_test_audio_content(client: EverythingClient) -> None:
    with implemented():
        await client.test_audio_content()


async def test_test_embedded_resource(client: EverythingClient) -> None:
    with implemented():
        await client.test_embedded_resource()


async def test_test_multiple_content_types(client: EverythingClient) -> None:
    with implemented():
        await client.test_multiple_content_types()


async def test_test_error_handling(client: EverythingClient) -> None:
    with implemented():
        await client.test_error_handling()


async def test_test_tool_with_progress(client: EverythingClient) -> None:
    with implemented():
        await client.test_tool_with_progress()


async def test_test_tool_with_logging(client: EverythingClient) -> None:
    with implemented():
        await client.test_tool_with_logging()


async def test_test_logging_tool(client: EverythingClient) -> None:
    with implemented():
        await client.test_logging_tool()


async def test_test_reconnection(client: EverythingClient) -> None:
    with implemented():
        await client.test_reconnection()


async def test_test_sampling(client: EverythingClient) -> None:
    with implemented():
        await client.test_sampling(prompt="example")


async def test_test_missing_capability(client: EverythingClient) -> None:
    with implemented():
        await client.test_missing_capability()


async def test_test_elicitation(client: EverythingClient) -> None:
    with implemented():
        await client.test_elicitation(message="example")


async def test_test_elicitation_sep1034_defaults(client: EverythingClient) -> None:
    with implemented():
        await client.test_elicitation_sep1034_defaults()


async def test_test_elicitation_sep1330_enums(client: EverythingClient) -> None:
    with implemented():
        await client.test_elicitation_sep1330_enums()


async def test_test_streaming_elicitation(client: EverythingClient) -> None:
    with implemented():
        await client.test_streaming_elicitation()


async def test_test_trigger_tool_change(client: EverythingClient) -> None:
    with implemented():
        await client.test_trigger_tool_change()


async def test_test_trigger_prompt_change(client: EverythingClient) -> None:
    with implemented():
        await client.test_trigger_prompt_change()


async def test_test_input_required_result_elicitation(client: EverythingClient) -> None:
    with implemented():
        await client.test_input_required_result_elicitation()


async def test_test_input_required_result_sampling(client: EverythingClient) -> None:
    with implemented():
        await client.test_input_required_result_sampling()


async def test_test_input_required_result_list_roots(client: EverythingClient) -> None:
    with implemented():
        await client.test_input_required_result_list_roots()


async def test_test_input_required_result_request_state(
    client: EverythingClient,
) -> None:
    with implemented():
        await client.test_input_required_result_request_state()


async def test_test_input_required_result_multiple_inputs(
    client: EverythingClient,
) -> None:
    with implemented():
        await client.test_input_required_result_multiple_inputs()


async def test_test_input_required_result_multi_round(client: EverythingClient) -> None:
    with implemented():
        await client.test_input_required_result_multi_round()


async def test_test_input_required_result_tampered_state(
    client: EverythingClient,
) -> None:
    with implemented():
        await client.test_input_required_result_tampered_state()


async def test_test_input_required_result_capabilities(
    client: EverythingClient,
) -> None:
    with implemented():
        await client.test_input_required_result_capabilities()


@pytest.mark.skip(reason="write arguments that the tool accepts")
async def test_json_schema_2020_12_tool(client: EverythingClient) -> None:
    with implemented():
        await client.call_tool("json_schema_2020_12_tool", {})


async def test_test_x_mcp_header(client: EverythingClient) -> None:
    with implemented():
        await client.test_x_mcp_header()


async def test_test_simple_prompt_prompt(client: EverythingClient) -> None:
    with implemented():
        await client.test_simple_prompt_prompt()


async def test_test_prompt_with_arguments_prompt(client: EverythingClient) -> None:
    with implemented():
        await client.test_prompt_with_arguments_prompt(arg1="example", arg2="example")


async def test_test_prompt_with_embedded_resource_prompt(
    client: EverythingClient,
) -> None:
    with implemented():
        await client.test_prompt_with_embedded_resource_prompt(resource_uri="example")


async def test_test_prompt_with_image_prompt(client: EverythingClient) -> None:
    with implemented():
        await client.test_prompt_with_image_prompt()


async def test_test_input_required_result_prompt_prompt(
    client: EverythingClient,
) -> None:
    with implemented():
        await client.test_input_required_result_prompt_prompt()


async def test_read_static_text(client: EverythingClient) -> None:
    with implemented():
        await client.read_static_text()


async def test_read_static_binary(client: EverythingClient) -> None:
    with implemented():
        await client.read_static_binary()


async def test_read_watched_resource(client: EverythingClient) -> None:
    with implemented():
        await client.read_watched_resource()


async def test_read_template_data(client: EverythingClient) -> None:
    with implemented():
        await client.read_template_data(id="example")
