"""What the everything server offers: implement `EverythingService`.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from . import models
from .catalog import CATALOG
from .examples import EXAMPLES
from .revisions import REVISIONS
from .runtime.server import (
    Context,
    Contract,
    MaybeAwaitable,
    PromptBinding,
    PromptReturn,
    ResourceBinding,
    ResourceReturn,
    Service,
    StructuredReturn,
    TemplateBinding,
    ToolBinding,
    ToolReturn,
)


class EverythingService(Service):
    """One of everything that the protocol has, for conformance tests."""

    @abstractmethod
    def test_simple_text(
        self, args: models.TestSimpleTextInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Returns a text."""

    @abstractmethod
    def test_image_content(
        self, args: models.TestImageContentInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Returns an image."""

    @abstractmethod
    def test_audio_content(
        self, args: models.TestAudioContentInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Returns a sound."""

    @abstractmethod
    def test_embedded_resource(
        self, args: models.TestEmbeddedResourceInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Returns a resource's contents."""

    @abstractmethod
    def test_structured_content(
        self, args: models.TestStructuredContentInput, ctx: Context
    ) -> MaybeAwaitable[StructuredReturn[models.TestStructuredContentOutput]]:
        """Returns what it got, as structured content."""

    @abstractmethod
    def test_multiple_content_types(
        self, args: models.TestMultipleContentTypesInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Returns a text, an image and a resource's contents."""

    @abstractmethod
    def test_error_handling(
        self, args: models.TestErrorHandlingInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Always fails, and says why."""

    @abstractmethod
    def test_tool_with_progress(
        self, args: models.TestToolWithProgressInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Reports progress three times."""

    @abstractmethod
    def test_tool_with_logging(
        self, args: models.TestToolWithLoggingInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Sends three log messages."""

    @abstractmethod
    def test_logging_tool(
        self, args: models.TestLoggingToolInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Sends log messages to clients that want them."""

    @abstractmethod
    def test_reconnection(
        self, args: models.TestReconnectionInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Closes its stream while it works; the result is there for those who
        return.
        """

    @abstractmethod
    def test_cancellation(
        self, args: models.TestCancellationInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Works until it is cancelled."""

    @abstractmethod
    def test_trigger_resource_update(
        self, args: models.TestTriggerResourceUpdateInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Says that the watched resource has changed."""

    @abstractmethod
    def test_sampling(
        self, args: models.TestSamplingInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Asks the client's model."""

    @abstractmethod
    def test_missing_capability(
        self, args: models.TestMissingCapabilityInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Asks the client's model, which clients without one can't serve."""

    @abstractmethod
    def test_elicitation(
        self, args: models.TestElicitationInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Asks a person for a name and an address."""

    @abstractmethod
    def test_elicitation_sep1034_defaults(
        self, args: models.TestElicitationSep1034DefaultsInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Shows a person a form whose fields are filled in already."""

    @abstractmethod
    def test_elicitation_sep1330_enums(
        self, args: models.TestElicitationSep1330EnumsInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Shows a person a form with every kind of choice."""

    @abstractmethod
    def test_elicitation_url(
        self, args: models.TestElicitationUrlInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Asks a person to open a page."""

    @abstractmethod
    def test_streaming_elicitation(
        self, args: models.TestStreamingElicitationInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Reports progress, then asks a person."""

    @abstractmethod
    def test_trigger_tool_change(
        self, args: models.TestTriggerToolChangeInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Adds a tool to the list, or takes it away again."""

    @abstractmethod
    def test_trigger_prompt_change(
        self, args: models.TestTriggerPromptChangeInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Adds a prompt to the list, or takes it away again."""

    @abstractmethod
    def test_input_required_result_elicitation(
        self, args: models.TestInputRequiredResultElicitationInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Greets a person by name."""

    @abstractmethod
    def test_input_required_result_sampling(
        self, args: models.TestInputRequiredResultSamplingInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Asks the client's model for a capital."""

    @abstractmethod
    def test_input_required_result_list_roots(
        self, args: models.TestInputRequiredResultListRootsInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Lists what the client opens to the server."""

    @abstractmethod
    def test_input_required_result_request_state(
        self, args: models.TestInputRequiredResultRequestStateInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Remembers something while a person confirms."""

    @abstractmethod
    def test_input_required_result_multiple_inputs(
        self, args: models.TestInputRequiredResultMultipleInputsInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Asks a person, a model and the client at once."""

    @abstractmethod
    def test_input_required_result_multi_round(
        self, args: models.TestInputRequiredResultMultiRoundInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Asks a person twice, one question after the other."""

    @abstractmethod
    def test_input_required_result_tampered_state(
        self, args: models.TestInputRequiredResultTamperedStateInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Asks a person; what it remembers can't be changed on the way."""

    @abstractmethod
    def test_input_required_result_capabilities(
        self, args: models.TestInputRequiredResultCapabilitiesInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Asks for what the client can answer, and for nothing else."""

    @abstractmethod
    def json_schema_2020_12_tool(
        self, args: models.JsonSchema202012ToolInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Tool with JSON Schema 2020-12 features"""

    @abstractmethod
    def test_x_mcp_header(
        self, args: models.TestXMcpHeaderInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Takes an argument that clients repeat in a header."""

    @abstractmethod
    def test_simple_prompt_prompt(self, ctx: Context) -> MaybeAwaitable[PromptReturn]:
        """A prompt without arguments."""

    @abstractmethod
    def test_prompt_with_arguments_prompt(
        self, args: models.TestPromptWithArgumentsArguments, ctx: Context
    ) -> MaybeAwaitable[PromptReturn]:
        """A prompt with two arguments."""

    @abstractmethod
    def test_prompt_with_embedded_resource_prompt(
        self, args: models.TestPromptWithEmbeddedResourceArguments, ctx: Context
    ) -> MaybeAwaitable[PromptReturn]:
        """A prompt with a resource's contents."""

    @abstractmethod
    def test_prompt_with_image_prompt(
        self, ctx: Context
    ) -> MaybeAwaitable[PromptReturn]:
        """A prompt with an image."""

    @abstractmethod
    def test_input_required_result_prompt_prompt(
        self, ctx: Context
    ) -> MaybeAwaitable[PromptReturn]:
        """A prompt that asks a person first."""

    @abstractmethod
    def read_static_text(self, ctx: Context) -> MaybeAwaitable[ResourceReturn]:
        """A text that never changes."""

    @abstractmethod
    def read_static_binary(self, ctx: Context) -> MaybeAwaitable[ResourceReturn]:
        """An image that never changes."""

    @abstractmethod
    def read_watched_resource(self, ctx: Context) -> MaybeAwaitable[ResourceReturn]:
        """A text that clients can watch."""

    @abstractmethod
    def read_template_data(
        self, args: models.TemplateDataVariables, ctx: Context
    ) -> MaybeAwaitable[ResourceReturn]:
        """The data of one entry."""

    contract: ClassVar[Contract] = Contract(
        CATALOG,
        models,
        tools={
            "test_simple_text": ToolBinding("test_simple_text", "TestSimpleTextInput"),
            "test_image_content": ToolBinding(
                "test_image_content", "TestImageContentInput"
            ),
            "test_audio_content": ToolBinding(
                "test_audio_content", "TestAudioContentInput"
            ),
            "test_embedded_resource": ToolBinding(
                "test_embedded_resource", "TestEmbeddedResourceInput"
            ),
            "test_structured_content": ToolBinding(
                "test_structured_content",
                "TestStructuredContentInput",
                "TestStructuredContentOutput",
            ),
            "test_multiple_content_types": ToolBinding(
                "test_multiple_content_types", "TestMultipleContentTypesInput"
            ),
            "test_error_handling": ToolBinding(
                "test_error_handling", "TestErrorHandlingInput"
            ),
            "test_tool_with_progress": ToolBinding(
                "test_tool_with_progress", "TestToolWithProgressInput"
            ),
            "test_tool_with_logging": ToolBinding(
                "test_tool_with_logging", "TestToolWithLoggingInput"
            ),
            "test_logging_tool": ToolBinding(
                "test_logging_tool", "TestLoggingToolInput"
            ),
            "test_reconnection": ToolBinding(
                "test_reconnection", "TestReconnectionInput"
            ),
            "test_cancellation": ToolBinding(
                "test_cancellation", "TestCancellationInput"
            ),
            "test_trigger_resource_update": ToolBinding(
                "test_trigger_resource_update", "TestTriggerResourceUpdateInput"
            ),
            "test_sampling": ToolBinding("test_sampling", "TestSamplingInput"),
            "test_missing_capability": ToolBinding(
                "test_missing_capability", "TestMissingCapabilityInput"
            ),
            "test_elicitation": ToolBinding("test_elicitation", "TestElicitationInput"),
            "test_elicitation_sep1034_defaults": ToolBinding(
                "test_elicitation_sep1034_defaults",
                "TestElicitationSep1034DefaultsInput",
            ),
            "test_elicitation_sep1330_enums": ToolBinding(
                "test_elicitation_sep1330_enums", "TestElicitationSep1330EnumsInput"
            ),
            "test_elicitation_url": ToolBinding(
                "test_elicitation_url", "TestElicitationUrlInput"
            ),
            "test_streaming_elicitation": ToolBinding(
                "test_streaming_elicitation", "TestStreamingElicitationInput"
            ),
            "test_trigger_tool_change": ToolBinding(
                "test_trigger_tool_change", "TestTriggerToolChangeInput"
            ),
            "test_trigger_prompt_change": ToolBinding(
                "test_trigger_prompt_change", "TestTriggerPromptChangeInput"
            ),
            "test_input_required_result_elicitation": ToolBinding(
                "test_input_required_result_elicitation",
                "TestInputRequiredResultElicitationInput",
            ),
            "test_input_required_result_sampling": ToolBinding(
                "test_input_required_result_sampling",
                "TestInputRequiredResultSamplingInput",
            ),
            "test_input_required_result_list_roots": ToolBinding(
                "test_input_required_result_list_roots",
                "TestInputRequiredResultListRootsInput",
            ),
            "test_input_required_result_request_state": ToolBinding(
                "test_input_required_result_request_state",
                "TestInputRequiredResultRequestStateInput",
            ),
            "test_input_required_result_multiple_inputs": ToolBinding(
                "test_input_required_result_multiple_inputs",
                "TestInputRequiredResultMultipleInputsInput",
            ),
            "test_input_required_result_multi_round": ToolBinding(
                "test_input_required_result_multi_round",
                "TestInputRequiredResultMultiRoundInput",
            ),
            "test_input_required_result_tampered_state": ToolBinding(
                "test_input_required_result_tampered_state",
                "TestInputRequiredResultTamperedStateInput",
            ),
            "test_input_required_result_capabilities": ToolBinding(
                "test_input_required_result_capabilities",
                "TestInputRequiredResultCapabilitiesInput",
            ),
            "json_schema_2020_12_tool": ToolBinding(
                "json_schema_2020_12_tool", "JsonSchema202012ToolInput"
            ),
            "test_x_mcp_header": ToolBinding(
                "test_x_mcp_header", "TestXMcpHeaderInput"
            ),
        },
        prompts={
            "test_simple_prompt": PromptBinding("test_simple_prompt_prompt"),
            "test_prompt_with_arguments": PromptBinding(
                "test_prompt_with_arguments_prompt",
                "TestPromptWithArgumentsArguments",
                complete={"arg1": ("paris", "park", "party")},
            ),
            "test_prompt_with_embedded_resource": PromptBinding(
                "test_prompt_with_embedded_resource_prompt",
                "TestPromptWithEmbeddedResourceArguments",
            ),
            "test_prompt_with_image": PromptBinding("test_prompt_with_image_prompt"),
            "test_input_required_result_prompt": PromptBinding(
                "test_input_required_result_prompt_prompt"
            ),
        },
        resources={
            "test://static-text": ResourceBinding("read_static_text"),
            "test://static-binary": ResourceBinding("read_static_binary"),
            "test://watched-resource": ResourceBinding("read_watched_resource"),
        },
        resource_templates={
            "test://template/{id}/data": TemplateBinding(
                "read_template_data", "TemplateDataVariables"
            ),
        },
        revisions=REVISIONS,
        transports=("http", "stdio", "sse"),
        examples=EXAMPLES,
    )
