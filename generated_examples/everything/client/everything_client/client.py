"""Typed access to the everything server.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from . import catalog, models
from .catalog import CATALOG
from .runtime.client import OMIT, Client, Omit, SyncClient, ToolCall

if TYPE_CHECKING:
    from typing import Unpack

    from .runtime.client import ClientOptions
    from .runtime.protocol.types import (
        CallToolResult,
        GetPromptResult,
        ReadResourceResult,
    )

_TEST_SIMPLE_TEXT: Final = ToolCall(catalog.TEST_SIMPLE_TEXT)
_TEST_IMAGE_CONTENT: Final = ToolCall(catalog.TEST_IMAGE_CONTENT)
_TEST_AUDIO_CONTENT: Final = ToolCall(catalog.TEST_AUDIO_CONTENT)
_TEST_EMBEDDED_RESOURCE: Final = ToolCall(catalog.TEST_EMBEDDED_RESOURCE)
_TEST_STRUCTURED_CONTENT: Final = ToolCall(
    catalog.TEST_STRUCTURED_CONTENT, models.TestStructuredContentOutput
)
_TEST_MULTIPLE_CONTENT_TYPES: Final = ToolCall(catalog.TEST_MULTIPLE_CONTENT_TYPES)
_TEST_ERROR_HANDLING: Final = ToolCall(catalog.TEST_ERROR_HANDLING)
_TEST_TOOL_WITH_PROGRESS: Final = ToolCall(catalog.TEST_TOOL_WITH_PROGRESS)
_TEST_TOOL_WITH_LOGGING: Final = ToolCall(catalog.TEST_TOOL_WITH_LOGGING)
_TEST_LOGGING_TOOL: Final = ToolCall(catalog.TEST_LOGGING_TOOL)
_TEST_RECONNECTION: Final = ToolCall(catalog.TEST_RECONNECTION)
_TEST_CANCELLATION: Final = ToolCall(catalog.TEST_CANCELLATION)
_TEST_TRIGGER_RESOURCE_UPDATE: Final = ToolCall(catalog.TEST_TRIGGER_RESOURCE_UPDATE)
_TEST_SAMPLING: Final = ToolCall(catalog.TEST_SAMPLING)
_TEST_MISSING_CAPABILITY: Final = ToolCall(catalog.TEST_MISSING_CAPABILITY)
_TEST_ELICITATION: Final = ToolCall(catalog.TEST_ELICITATION)
_TEST_ELICITATION_SEP1034_DEFAULTS: Final = ToolCall(
    catalog.TEST_ELICITATION_SEP1034_DEFAULTS
)
_TEST_ELICITATION_SEP1330_ENUMS: Final = ToolCall(
    catalog.TEST_ELICITATION_SEP1330_ENUMS
)
_TEST_ELICITATION_URL: Final = ToolCall(catalog.TEST_ELICITATION_URL)
_TEST_STREAMING_ELICITATION: Final = ToolCall(catalog.TEST_STREAMING_ELICITATION)
_TEST_TRIGGER_TOOL_CHANGE: Final = ToolCall(catalog.TEST_TRIGGER_TOOL_CHANGE)
_TEST_TRIGGER_PROMPT_CHANGE: Final = ToolCall(catalog.TEST_TRIGGER_PROMPT_CHANGE)
_TEST_INPUT_REQUIRED_RESULT_ELICITATION: Final = ToolCall(
    catalog.TEST_INPUT_REQUIRED_RESULT_ELICITATION
)
_TEST_INPUT_REQUIRED_RESULT_SAMPLING: Final = ToolCall(
    catalog.TEST_INPUT_REQUIRED_RESULT_SAMPLING
)
_TEST_INPUT_REQUIRED_RESULT_LIST_ROOTS: Final = ToolCall(
    catalog.TEST_INPUT_REQUIRED_RESULT_LIST_ROOTS
)
_TEST_INPUT_REQUIRED_RESULT_REQUEST_STATE: Final = ToolCall(
    catalog.TEST_INPUT_REQUIRED_RESULT_REQUEST_STATE
)
_TEST_INPUT_REQUIRED_RESULT_MULTIPLE_INPUTS: Final = ToolCall(
    catalog.TEST_INPUT_REQUIRED_RESULT_MULTIPLE_INPUTS
)
_TEST_INPUT_REQUIRED_RESULT_MULTI_ROUND: Final = ToolCall(
    catalog.TEST_INPUT_REQUIRED_RESULT_MULTI_ROUND
)
_TEST_INPUT_REQUIRED_RESULT_TAMPERED_STATE: Final = ToolCall(
    catalog.TEST_INPUT_REQUIRED_RESULT_TAMPERED_STATE
)
_TEST_INPUT_REQUIRED_RESULT_CAPABILITIES: Final = ToolCall(
    catalog.TEST_INPUT_REQUIRED_RESULT_CAPABILITIES
)
_JSON_SCHEMA_2020_12_TOOL: Final = ToolCall(catalog.JSON_SCHEMA_2020_12_TOOL)
_TEST_X_MCP_HEADER: Final = ToolCall(catalog.TEST_X_MCP_HEADER)


class EverythingClient(Client):
    """One of everything that the protocol has, for conformance tests."""

    catalog = CATALOG

    @classmethod
    def sync(cls, url: str, **options: Unpack[ClientOptions]) -> SyncEverythingClient:
        """The same client without asyncio: each method waits for its result."""
        return SyncEverythingClient(cls(url, **options))

    async def test_simple_text(self) -> CallToolResult:
        """Returns a text."""
        return await self._call_tool(_TEST_SIMPLE_TEXT, {})

    async def test_image_content(self) -> CallToolResult:
        """Returns an image."""
        return await self._call_tool(_TEST_IMAGE_CONTENT, {})

    async def test_audio_content(self) -> CallToolResult:
        """Returns a sound."""
        return await self._call_tool(_TEST_AUDIO_CONTENT, {})

    async def test_embedded_resource(self) -> CallToolResult:
        """Returns a resource's contents."""
        return await self._call_tool(_TEST_EMBEDDED_RESOURCE, {})

    async def test_structured_content(
        self, *, city: str
    ) -> models.TestStructuredContentOutput:
        """Returns what it got, as structured content.

        Args:
            city: Any name.
        """
        return await self._call_tool(_TEST_STRUCTURED_CONTENT, {"city": city})

    async def test_multiple_content_types(self) -> CallToolResult:
        """Returns a text, an image and a resource's contents."""
        return await self._call_tool(_TEST_MULTIPLE_CONTENT_TYPES, {})

    async def test_error_handling(self) -> CallToolResult:
        """Always fails, and says why."""
        return await self._call_tool(_TEST_ERROR_HANDLING, {})

    async def test_tool_with_progress(self) -> CallToolResult:
        """Reports progress three times."""
        return await self._call_tool(_TEST_TOOL_WITH_PROGRESS, {})

    async def test_tool_with_logging(self) -> CallToolResult:
        """Sends three log messages."""
        return await self._call_tool(_TEST_TOOL_WITH_LOGGING, {})

    async def test_logging_tool(self) -> CallToolResult:
        """Sends log messages to clients that want them."""
        return await self._call_tool(_TEST_LOGGING_TOOL, {})

    async def test_reconnection(self) -> CallToolResult:
        """Closes its stream while it works; the result is there for those who
        return.
        """
        return await self._call_tool(_TEST_RECONNECTION, {})

    async def test_cancellation(self) -> CallToolResult:
        """Works until it is cancelled."""
        return await self._call_tool(_TEST_CANCELLATION, {})

    async def test_trigger_resource_update(self) -> CallToolResult:
        """Says that the watched resource has changed."""
        return await self._call_tool(_TEST_TRIGGER_RESOURCE_UPDATE, {})

    async def test_sampling(self, *, prompt: str) -> CallToolResult:
        """Asks the client's model.

        Args:
            prompt: What to ask.
        """
        return await self._call_tool(_TEST_SAMPLING, {"prompt": prompt})

    async def test_missing_capability(self) -> CallToolResult:
        """Asks the client's model, which clients without one can't serve."""
        return await self._call_tool(_TEST_MISSING_CAPABILITY, {})

    async def test_elicitation(self, *, message: str) -> CallToolResult:
        """Asks a person for a name and an address.

        Args:
            message: What the person is told.
        """
        return await self._call_tool(_TEST_ELICITATION, {"message": message})

    async def test_elicitation_sep1034_defaults(self) -> CallToolResult:
        """Shows a person a form whose fields are filled in already."""
        return await self._call_tool(_TEST_ELICITATION_SEP1034_DEFAULTS, {})

    async def test_elicitation_sep1330_enums(self) -> CallToolResult:
        """Shows a person a form with every kind of choice."""
        return await self._call_tool(_TEST_ELICITATION_SEP1330_ENUMS, {})

    async def test_elicitation_url(self) -> CallToolResult:
        """Asks a person to open a page."""
        return await self._call_tool(_TEST_ELICITATION_URL, {})

    async def test_streaming_elicitation(self) -> CallToolResult:
        """Reports progress, then asks a person."""
        return await self._call_tool(_TEST_STREAMING_ELICITATION, {})

    async def test_trigger_tool_change(self) -> CallToolResult:
        """Adds a tool to the list, or takes it away again."""
        return await self._call_tool(_TEST_TRIGGER_TOOL_CHANGE, {})

    async def test_trigger_prompt_change(self) -> CallToolResult:
        """Adds a prompt to the list, or takes it away again."""
        return await self._call_tool(_TEST_TRIGGER_PROMPT_CHANGE, {})

    async def test_input_required_result_elicitation(self) -> CallToolResult:
        """Greets a person by name."""
        return await self._call_tool(_TEST_INPUT_REQUIRED_RESULT_ELICITATION, {})

    async def test_input_required_result_sampling(self) -> CallToolResult:
        """Asks the client's model for a capital."""
        return await self._call_tool(_TEST_INPUT_REQUIRED_RESULT_SAMPLING, {})

    async def test_input_required_result_list_roots(self) -> CallToolResult:
        """Lists what the client opens to the server."""
        return await self._call_tool(_TEST_INPUT_REQUIRED_RESULT_LIST_ROOTS, {})

    async def test_input_required_result_request_state(self) -> CallToolResult:
        """Remembers something while a person confirms."""
        return await self._call_tool(_TEST_INPUT_REQUIRED_RESULT_REQUEST_STATE, {})

    async def test_input_required_result_multiple_inputs(self) -> CallToolResult:
        """Asks a person, a model and the client at once."""
        return await self._call_tool(_TEST_INPUT_REQUIRED_RESULT_MULTIPLE_INPUTS, {})

    async def test_input_required_result_multi_round(self) -> CallToolResult:
        """Asks a person twice, one question after the other."""
        return await self._call_tool(_TEST_INPUT_REQUIRED_RESULT_MULTI_ROUND, {})

    async def test_input_required_result_tampered_state(self) -> CallToolResult:
        """Asks a person; what it remembers can't be changed on the way."""
        return await self._call_tool(_TEST_INPUT_REQUIRED_RESULT_TAMPERED_STATE, {})

    async def test_input_required_result_capabilities(self) -> CallToolResult:
        """Asks for what the client can answer, and for nothing else."""
        return await self._call_tool(_TEST_INPUT_REQUIRED_RESULT_CAPABILITIES, {})

    async def json_schema_2020_12_tool(
        self,
        *,
        name: str | Omit = OMIT,
        address: models.JsonSchema202012ToolInputAddress | Omit = OMIT,
        contact_method: Literal["phone", "email"] | Omit = OMIT,
        phone: str | Omit = OMIT,
        email: str | Omit = OMIT,
    ) -> CallToolResult:
        """Tool with JSON Schema 2020-12 features"""
        return await self._call_tool(
            _JSON_SCHEMA_2020_12_TOOL,
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
        return await self._call_tool(_TEST_X_MCP_HEADER, {"region": region})

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

    def test_simple_text(self) -> CallToolResult:
        """Returns a text."""
        return self._call_tool(_TEST_SIMPLE_TEXT, {})

    def test_image_content(self) -> CallToolResult:
        """Returns an image."""
        return self._call_tool(_TEST_IMAGE_CONTENT, {})

    def test_audio_content(self) -> CallToolResult:
        """Returns a sound."""
        return self._call_tool(_TEST_AUDIO_CONTENT, {})

    def test_embedded_resource(self) -> CallToolResult:
        """Returns a resource's contents."""
        return self._call_tool(_TEST_EMBEDDED_RESOURCE, {})

    def test_structured_content(
        self, *, city: str
    ) -> models.TestStructuredContentOutput:
        """Returns what it got, as structured content.

        Args:
            city: Any name.
        """
        return self._call_tool(_TEST_STRUCTURED_CONTENT, {"city": city})

    def test_multiple_content_types(self) -> CallToolResult:
        """Returns a text, an image and a resource's contents."""
        return self._call_tool(_TEST_MULTIPLE_CONTENT_TYPES, {})

    def test_error_handling(self) -> CallToolResult:
        """Always fails, and says why."""
        return self._call_tool(_TEST_ERROR_HANDLING, {})

    def test_tool_with_progress(self) -> CallToolResult:
        """Reports progress three times."""
        return self._call_tool(_TEST_TOOL_WITH_PROGRESS, {})

    def test_tool_with_logging(self) -> CallToolResult:
        """Sends three log messages."""
        return self._call_tool(_TEST_TOOL_WITH_LOGGING, {})

    def test_logging_tool(self) -> CallToolResult:
        """Sends log messages to clients that want them."""
        return self._call_tool(_TEST_LOGGING_TOOL, {})

    def test_reconnection(self) -> CallToolResult:
        """Closes its stream while it works; the result is there for those who
        return.
        """
        return self._call_tool(_TEST_RECONNECTION, {})

    def test_cancellation(self) -> CallToolResult:
        """Works until it is cancelled."""
        return self._call_tool(_TEST_CANCELLATION, {})

    def test_trigger_resource_update(self) -> CallToolResult:
        """Says that the watched resource has changed."""
        return self._call_tool(_TEST_TRIGGER_RESOURCE_UPDATE, {})

    def test_sampling(self, *, prompt: str) -> CallToolResult:
        """Asks the client's model.

        Args:
            prompt: What to ask.
        """
        return self._call_tool(_TEST_SAMPLING, {"prompt": prompt})

    def test_missing_capability(self) -> CallToolResult:
        """Asks the client's model, which clients without one can't serve."""
        return self._call_tool(_TEST_MISSING_CAPABILITY, {})

    def test_elicitation(self, *, message: str) -> CallToolResult:
        """Asks a person for a name and an address.

        Args:
            message: What the person is told.
        """
        return self._call_tool(_TEST_ELICITATION, {"message": message})

    def test_elicitation_sep1034_defaults(self) -> CallToolResult:
        """Shows a person a form whose fields are filled in already."""
        return self._call_tool(_TEST_ELICITATION_SEP1034_DEFAULTS, {})

    def test_elicitation_sep1330_enums(self) -> CallToolResult:
        """Shows a person a form with every kind of choice."""
        return self._call_tool(_TEST_ELICITATION_SEP1330_ENUMS, {})

    def test_elicitation_url(self) -> CallToolResult:
        """Asks a person to open a page."""
        return self._call_tool(_TEST_ELICITATION_URL, {})

    def test_streaming_elicitation(self) -> CallToolResult:
        """Reports progress, then asks a person."""
        return self._call_tool(_TEST_STREAMING_ELICITATION, {})

    def test_trigger_tool_change(self) -> CallToolResult:
        """Adds a tool to the list, or takes it away again."""
        return self._call_tool(_TEST_TRIGGER_TOOL_CHANGE, {})

    def test_trigger_prompt_change(self) -> CallToolResult:
        """Adds a prompt to the list, or takes it away again."""
        return self._call_tool(_TEST_TRIGGER_PROMPT_CHANGE, {})

    def test_input_required_result_elicitation(self) -> CallToolResult:
        """Greets a person by name."""
        return self._call_tool(_TEST_INPUT_REQUIRED_RESULT_ELICITATION, {})

    def test_input_required_result_sampling(self) -> CallToolResult:
        """Asks the client's model for a capital."""
        return self._call_tool(_TEST_INPUT_REQUIRED_RESULT_SAMPLING, {})

    def test_input_required_result_list_roots(self) -> CallToolResult:
        """Lists what the client opens to the server."""
        return self._call_tool(_TEST_INPUT_REQUIRED_RESULT_LIST_ROOTS, {})

    def test_input_required_result_request_state(self) -> CallToolResult:
        """Remembers something while a person confirms."""
        return self._call_tool(_TEST_INPUT_REQUIRED_RESULT_REQUEST_STATE, {})

    def test_input_required_result_multiple_inputs(self) -> CallToolResult:
        """Asks a person, a model and the client at once."""
        return self._call_tool(_TEST_INPUT_REQUIRED_RESULT_MULTIPLE_INPUTS, {})

    def test_input_required_result_multi_round(self) -> CallToolResult:
        """Asks a person twice, one question after the other."""
        return self._call_tool(_TEST_INPUT_REQUIRED_RESULT_MULTI_ROUND, {})

    def test_input_required_result_tampered_state(self) -> CallToolResult:
        """Asks a person; what it remembers can't be changed on the way."""
        return self._call_tool(_TEST_INPUT_REQUIRED_RESULT_TAMPERED_STATE, {})

    def test_input_required_result_capabilities(self) -> CallToolResult:
        """Asks for what the client can answer, and for nothing else."""
        return self._call_tool(_TEST_INPUT_REQUIRED_RESULT_CAPABILITIES, {})

    def json_schema_2020_12_tool(
        self,
        *,
        name: str | Omit = OMIT,
        address: models.JsonSchema202012ToolInputAddress | Omit = OMIT,
        contact_method: Literal["phone", "email"] | Omit = OMIT,
        phone: str | Omit = OMIT,
        email: str | Omit = OMIT,
    ) -> CallToolResult:
        """Tool with JSON Schema 2020-12 features"""
        return self._call_tool(
            _JSON_SCHEMA_2020_12_TOOL,
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
        return self._call_tool(_TEST_X_MCP_HEADER, {"region": region})

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
