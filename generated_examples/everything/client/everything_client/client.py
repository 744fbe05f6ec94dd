"""Typed access to the everything server.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .catalog import CATALOG
from .revisions import REVISIONS
from .runtime.client import OMIT, Client, Omit, SyncClient

if TYPE_CHECKING:
    from typing import TypeAlias, Unpack

    from . import models
    from .runtime.client import ClientOptions
    from .runtime.protocol.types import (
        CallToolResult,
        GetPromptResult,
        ReadResourceResult,
    )

    JsonSchema202012ToolAddress: TypeAlias = (
        models.JsonSchema202012ToolInputAddress
        | models.JsonSchema202012ToolInputAddressDict
    )
else:
    from .runtime.core.lazy import LazyModule

    models = LazyModule(__package__, "models")


class EverythingClient(Client):
    """One of everything that the protocol has, for conformance tests."""

    catalog = CATALOG
    _revisions = REVISIONS

    @classmethod
    def sync(cls, url: str, **options: Unpack[ClientOptions]) -> SyncEverythingClient:
        """The same client without asyncio: each method waits for its result."""
        return SyncEverythingClient(cls(url, **options))

    async def test_simple_text(self) -> CallToolResult:
        """Returns a text."""
        return await self._call("test_simple_text", {})

    async def test_image_content(self) -> CallToolResult:
        """Returns an image."""
        return await self._call("test_image_content", {})

    async def test_audio_content(self) -> CallToolResult:
        """Returns a sound."""
        return await self._call("test_audio_content", {})

    async def test_embedded_resource(self) -> CallToolResult:
        """Returns a resource's contents."""
        return await self._call("test_embedded_resource", {})

    async def test_structured_content(
        self, *, city: str
    ) -> models.TestStructuredContentOutput:
        """Returns what it got, as structured content.

        Args:
            city: Any name.
        """
        return await self._call(
            "test_structured_content",
            {"city": city},
            models.TestStructuredContentOutput,
        )

    async def test_multiple_content_types(self) -> CallToolResult:
        """Returns a text, an image and a resource's contents."""
        return await self._call("test_multiple_content_types", {})

    async def test_error_handling(self) -> CallToolResult:
        """Always fails, and says why."""
        return await self._call("test_error_handling", {})

    async def test_tool_with_progress(self) -> CallToolResult:
        """Reports progress three times."""
        return await self._call("test_tool_with_progress", {})

    async def test_tool_with_logging(self) -> CallToolResult:
        """Sends three log messages."""
        return await self._call("test_tool_with_logging", {})

    async def test_logging_tool(self) -> CallToolResult:
        """Sends log messages to clients that want them."""
        return await self._call("test_logging_tool", {})

    async def test_reconnection(self) -> CallToolResult:
        """Closes its stream while it works; the result is there for those who
        return.
        """
        return await self._call("test_reconnection", {})

    async def test_cancellation(self) -> CallToolResult:
        """Works until it is cancelled."""
        return await self._call("test_cancellation", {})

    async def test_trigger_resource_update(self) -> CallToolResult:
        """Says that the watched resource has changed."""
        return await self._call("test_trigger_resource_update", {})

    async def test_sampling(self, *, prompt: str) -> CallToolResult:
        """Asks the client's model.

        Args:
            prompt: What to ask.
        """
        return await self._call("test_sampling", {"prompt": prompt})

    async def test_missing_capability(self) -> CallToolResult:
        """Asks the client's model, which clients without one can't serve."""
        return await self._call("test_missing_capability", {})

    async def test_elicitation(self, *, message: str) -> CallToolResult:
        """Asks a person for a name and an address.

        Args:
            message: What the person is told.
        """
        return await self._call("test_elicitation", {"message": message})

    async def test_elicitation_sep1034_defaults(self) -> CallToolResult:
        """Shows a person a form whose fields are filled in already."""
        return await self._call("test_elicitation_sep1034_defaults", {})

    async def test_elicitation_sep1330_enums(self) -> CallToolResult:
        """Shows a person a form with every kind of choice."""
        return await self._call("test_elicitation_sep1330_enums", {})

    async def test_elicitation_url(self) -> CallToolResult:
        """Asks a person to open a page."""
        return await self._call("test_elicitation_url", {})

    async def test_streaming_elicitation(self) -> CallToolResult:
        """Reports progress, then asks a person."""
        return await self._call("test_streaming_elicitation", {})

    async def test_trigger_tool_change(self) -> CallToolResult:
        """Adds a tool to the list, or takes it away again."""
        return await self._call("test_trigger_tool_change", {})

    async def test_trigger_prompt_change(self) -> CallToolResult:
        """Adds a prompt to the list, or takes it away again."""
        return await self._call("test_trigger_prompt_change", {})

    async def test_input_required_result_elicitation(self) -> CallToolResult:
        """Greets a person by name."""
        return await self._call("test_input_required_result_elicitation", {})

    async def test_input_required_result_sampling(self) -> CallToolResult:
        """Asks the client's model for a capital."""
        return await self._call("test_input_required_result_sampling", {})

    async def test_input_required_result_list_roots(self) -> CallToolResult:
        """Lists what the client opens to the server."""
        return await self._call("test_input_required_result_list_roots", {})

    async def test_input_required_result_request_state(self) -> CallToolResult:
        """Remembers something while a person confirms."""
        return await self._call("test_input_required_result_request_state", {})

    async def test_input_required_result_multiple_inputs(self) -> CallToolResult:
        """Asks a person, a model and the client at once."""
        return await self._call("test_input_required_result_multiple_inputs", {})

    async def test_input_required_result_multi_round(self) -> CallToolResult:
        """Asks a person twice, one question after the other."""
        return await self._call("test_input_required_result_multi_round", {})

    async def test_input_required_result_tampered_state(self) -> CallToolResult:
        """Asks a person; what it remembers can't be changed on the way."""
        return await self._call("test_input_required_result_tampered_state", {})

    async def test_input_required_result_capabilities(self) -> CallToolResult:
        """Asks for what the client can answer, and for nothing else."""
        return await self._call("test_input_required_result_capabilities", {})

    async def json_schema_2020_12_tool(
        self,
        *,
        name: str | Omit = OMIT,
        address: JsonSchema202012ToolAddress | Omit = OMIT,
        contact_method: Literal["phone", "email"] | Omit = OMIT,
        phone: str | Omit = OMIT,
        email: str | Omit = OMIT,
    ) -> CallToolResult:
        """Tool with JSON Schema 2020-12 features"""
        return await self._call(
            "json_schema_2020_12_tool",
            {
                "name": name,
                "address": address,
                "contactMethod": contact_method,
                "phone": phone,
                "email": email,
            },
        )

    async def test_x_mcp_header(self, *, region: str | Omit = OMIT) -> CallToolResult:
        """Takes an argument that clients repeat in a header.

        Args:
            region: Where to run.
        """
        return await self._call("test_x_mcp_header", {"region": region})

    async def test_simple_prompt_prompt(self) -> GetPromptResult:
        """A prompt without arguments."""
        return await self._get_prompt("test_simple_prompt", {})

    async def test_prompt_with_arguments_prompt(
        self, *, arg1: str, arg2: str
    ) -> GetPromptResult:
        """A prompt with two arguments.

        Args:
            arg1: The first argument.
            arg2: The second argument.
        """
        return await self._get_prompt(
            "test_prompt_with_arguments", {"arg1": arg1, "arg2": arg2}
        )

    async def test_prompt_with_embedded_resource_prompt(
        self, *, resource_uri: str
    ) -> GetPromptResult:
        """A prompt with a resource's contents.

        Args:
            resource_uri: The resource to embed.
        """
        return await self._get_prompt(
            "test_prompt_with_embedded_resource", {"resourceUri": resource_uri}
        )

    async def test_prompt_with_image_prompt(self) -> GetPromptResult:
        """A prompt with an image."""
        return await self._get_prompt("test_prompt_with_image", {})

    async def test_input_required_result_prompt_prompt(self) -> GetPromptResult:
        """A prompt that asks a person first."""
        return await self._get_prompt("test_input_required_result_prompt", {})

    async def read_static_text(self) -> ReadResourceResult:
        """A text that never changes."""
        return await self._read_resource("test://static-text")

    async def read_static_binary(self) -> ReadResourceResult:
        """An image that never changes."""
        return await self._read_resource("test://static-binary")

    async def read_watched_resource(self) -> ReadResourceResult:
        """A text that clients can watch."""
        return await self._read_resource("test://watched-resource")

    async def read_template_data(self, *, id: str) -> ReadResourceResult:
        """The data of one entry."""
        return await self._read_template("test://template/{id}/data", {"id": id})


class SyncEverythingClient(SyncClient):
    """The same methods without asyncio: each waits for its result."""

    _client_class = EverythingClient

    def test_simple_text(self) -> CallToolResult:
        """Returns a text."""
        return self._call("test_simple_text", {})

    def test_image_content(self) -> CallToolResult:
        """Returns an image."""
        return self._call("test_image_content", {})

    def test_audio_content(self) -> CallToolResult:
        """Returns a sound."""
        return self._call("test_audio_content", {})

    def test_embedded_resource(self) -> CallToolResult:
        """Returns a resource's contents."""
        return self._call("test_embedded_resource", {})

    def test_structured_content(
        self, *, city: str
    ) -> models.TestStructuredContentOutput:
        """Returns what it got, as structured content.

        Args:
            city: Any name.
        """
        return self._call(
            "test_structured_content",
            {"city": city},
            models.TestStructuredContentOutput,
        )

    def test_multiple_content_types(self) -> CallToolResult:
        """Returns a text, an image and a resource's contents."""
        return self._call("test_multiple_content_types", {})

    def test_error_handling(self) -> CallToolResult:
        """Always fails, and says why."""
        return self._call("test_error_handling", {})

    def test_tool_with_progress(self) -> CallToolResult:
        """Reports progress three times."""
        return self._call("test_tool_with_progress", {})

    def test_tool_with_logging(self) -> CallToolResult:
        """Sends three log messages."""
        return self._call("test_tool_with_logging", {})

    def test_logging_tool(self) -> CallToolResult:
        """Sends log messages to clients that want them."""
        return self._call("test_logging_tool", {})

    def test_reconnection(self) -> CallToolResult:
        """Closes its stream while it works; the result is there for those who
        return.
        """
        return self._call("test_reconnection", {})

    def test_cancellation(self) -> CallToolResult:
        """Works until it is cancelled."""
        return self._call("test_cancellation", {})

    def test_trigger_resource_update(self) -> CallToolResult:
        """Says that the watched resource has changed."""
        return self._call("test_trigger_resource_update", {})

    def test_sampling(self, *, prompt: str) -> CallToolResult:
        """Asks the client's model.

        Args:
            prompt: What to ask.
        """
        return self._call("test_sampling", {"prompt": prompt})

    def test_missing_capability(self) -> CallToolResult:
        """Asks the client's model, which clients without one can't serve."""
        return self._call("test_missing_capability", {})

    def test_elicitation(self, *, message: str) -> CallToolResult:
        """Asks a person for a name and an address.

        Args:
            message: What the person is told.
        """
        return self._call("test_elicitation", {"message": message})

    def test_elicitation_sep1034_defaults(self) -> CallToolResult:
        """Shows a person a form whose fields are filled in already."""
        return self._call("test_elicitation_sep1034_defaults", {})

    def test_elicitation_sep1330_enums(self) -> CallToolResult:
        """Shows a person a form with every kind of choice."""
        return self._call("test_elicitation_sep1330_enums", {})

    def test_elicitation_url(self) -> CallToolResult:
        """Asks a person to open a page."""
        return self._call("test_elicitation_url", {})

    def test_streaming_elicitation(self) -> CallToolResult:
        """Reports progress, then asks a person."""
        return self._call("test_streaming_elicitation", {})

    def test_trigger_tool_change(self) -> CallToolResult:
        """Adds a tool to the list, or takes it away again."""
        return self._call("test_trigger_tool_change", {})

    def test_trigger_prompt_change(self) -> CallToolResult:
        """Adds a prompt to the list, or takes it away again."""
        return self._call("test_trigger_prompt_change", {})

    def test_input_required_result_elicitation(self) -> CallToolResult:
        """Greets a person by name."""
        return self._call("test_input_required_result_elicitation", {})

    def test_input_required_result_sampling(self) -> CallToolResult:
        """Asks the client's model for a capital."""
        return self._call("test_input_required_result_sampling", {})

    def test_input_required_result_list_roots(self) -> CallToolResult:
        """Lists what the client opens to the server."""
        return self._call("test_input_required_result_list_roots", {})

    def test_input_required_result_request_state(self) -> CallToolResult:
        """Remembers something while a person confirms."""
        return self._call("test_input_required_result_request_state", {})

    def test_input_required_result_multiple_inputs(self) -> CallToolResult:
        """Asks a person, a model and the client at once."""
        return self._call("test_input_required_result_multiple_inputs", {})

    def test_input_required_result_multi_round(self) -> CallToolResult:
        """Asks a person twice, one question after the other."""
        return self._call("test_input_required_result_multi_round", {})

    def test_input_required_result_tampered_state(self) -> CallToolResult:
        """Asks a person; what it remembers can't be changed on the way."""
        return self._call("test_input_required_result_tampered_state", {})

    def test_input_required_result_capabilities(self) -> CallToolResult:
        """Asks for what the client can answer, and for nothing else."""
        return self._call("test_input_required_result_capabilities", {})

    def json_schema_2020_12_tool(
        self,
        *,
        name: str | Omit = OMIT,
        address: JsonSchema202012ToolAddress | Omit = OMIT,
        contact_method: Literal["phone", "email"] | Omit = OMIT,
        phone: str | Omit = OMIT,
        email: str | Omit = OMIT,
    ) -> CallToolResult:
        """Tool with JSON Schema 2020-12 features"""
        return self._call(
            "json_schema_2020_12_tool",
            {
                "name": name,
                "address": address,
                "contactMethod": contact_method,
                "phone": phone,
                "email": email,
            },
        )

    def test_x_mcp_header(self, *, region: str | Omit = OMIT) -> CallToolResult:
        """Takes an argument that clients repeat in a header.

        Args:
            region: Where to run.
        """
        return self._call("test_x_mcp_header", {"region": region})

    def test_simple_prompt_prompt(self) -> GetPromptResult:
        """A prompt without arguments."""
        return self._get_prompt("test_simple_prompt", {})

    def test_prompt_with_arguments_prompt(
        self, *, arg1: str, arg2: str
    ) -> GetPromptResult:
        """A prompt with two arguments.

        Args:
            arg1: The first argument.
            arg2: The second argument.
        """
        return self._get_prompt(
            "test_prompt_with_arguments", {"arg1": arg1, "arg2": arg2}
        )

    def test_prompt_with_embedded_resource_prompt(
        self, *, resource_uri: str
    ) -> GetPromptResult:
        """A prompt with a resource's contents.

        Args:
            resource_uri: The resource to embed.
        """
        return self._get_prompt(
            "test_prompt_with_embedded_resource", {"resourceUri": resource_uri}
        )

    def test_prompt_with_image_prompt(self) -> GetPromptResult:
        """A prompt with an image."""
        return self._get_prompt("test_prompt_with_image", {})

    def test_input_required_result_prompt_prompt(self) -> GetPromptResult:
        """A prompt that asks a person first."""
        return self._get_prompt("test_input_required_result_prompt", {})

    def read_static_text(self) -> ReadResourceResult:
        """A text that never changes."""
        return self._read_resource("test://static-text")

    def read_static_binary(self) -> ReadResourceResult:
        """An image that never changes."""
        return self._read_resource("test://static-binary")

    def read_watched_resource(self) -> ReadResourceResult:
        """A text that clients can watch."""
        return self._read_resource("test://watched-resource")

    def read_template_data(self, *, id: str) -> ReadResourceResult:
        """The data of one entry."""
        return self._read_template("test://template/{id}/data", {"id": id})
