"""What the everything server offers, exactly as the manifest has it.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import Final

from .runtime.shared.catalog import Catalog, JsonObject

TEST_SIMPLE_TEXT: Final[JsonObject] = {
    "name": "test_simple_text",
    "description": "Returns a text.",
    "inputSchema": {"type": "object"},
}

TEST_IMAGE_CONTENT: Final[JsonObject] = {
    "name": "test_image_content",
    "description": "Returns an image.",
    "inputSchema": {"type": "object"},
}

TEST_AUDIO_CONTENT: Final[JsonObject] = {
    "name": "test_audio_content",
    "description": "Returns a sound.",
    "inputSchema": {"type": "object"},
}

TEST_EMBEDDED_RESOURCE: Final[JsonObject] = {
    "name": "test_embedded_resource",
    "description": "Returns a resource's contents.",
    "inputSchema": {"type": "object"},
}

TEST_STRUCTURED_CONTENT: Final[JsonObject] = {
    "name": "test_structured_content",
    "description": "Returns what it got, as structured content.",
    "inputSchema": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "Any name."}},
        "required": ["city"],
    },
    "outputSchema": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "letters": {"type": "integer", "minimum": 0},
        },
        "required": ["city", "letters"],
    },
}

TEST_MULTIPLE_CONTENT_TYPES: Final[JsonObject] = {
    "name": "test_multiple_content_types",
    "description": "Returns a text, an image and a resource's contents.",
    "inputSchema": {"type": "object"},
}

TEST_ERROR_HANDLING: Final[JsonObject] = {
    "name": "test_error_handling",
    "description": "Always fails, and says why.",
    "inputSchema": {"type": "object"},
}

TEST_TOOL_WITH_PROGRESS: Final[JsonObject] = {
    "name": "test_tool_with_progress",
    "description": "Reports progress three times.",
    "inputSchema": {"type": "object"},
}

TEST_TOOL_WITH_LOGGING: Final[JsonObject] = {
    "name": "test_tool_with_logging",
    "description": "Sends three log messages.",
    "inputSchema": {"type": "object"},
}

TEST_LOGGING_TOOL: Final[JsonObject] = {
    "name": "test_logging_tool",
    "description": "Sends log messages to clients that want them.",
    "inputSchema": {"type": "object"},
}

TEST_RECONNECTION: Final[JsonObject] = {
    "name": "test_reconnection",
    "description": (
        "Closes its stream while it works; the result is there for those who return."
    ),
    "inputSchema": {"type": "object"},
}

TEST_CANCELLATION: Final[JsonObject] = {
    "name": "test_cancellation",
    "description": "Works until it is cancelled.",
    "inputSchema": {"type": "object"},
}

TEST_TRIGGER_RESOURCE_UPDATE: Final[JsonObject] = {
    "name": "test_trigger_resource_update",
    "description": "Says that the watched resource has changed.",
    "inputSchema": {"type": "object"},
}

TEST_SAMPLING: Final[JsonObject] = {
    "name": "test_sampling",
    "description": "Asks the client's model.",
    "inputSchema": {
        "type": "object",
        "properties": {"prompt": {"type": "string", "description": "What to ask."}},
        "required": ["prompt"],
    },
}

TEST_MISSING_CAPABILITY: Final[JsonObject] = {
    "name": "test_missing_capability",
    "description": "Asks the client's model, which clients without one can't serve.",
    "inputSchema": {"type": "object"},
}

TEST_ELICITATION: Final[JsonObject] = {
    "name": "test_elicitation",
    "description": "Asks a person for a name and an address.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "message": {"type": "string", "description": "What the person is told."},
        },
        "required": ["message"],
    },
}

TEST_ELICITATION_SEP1034_DEFAULTS: Final[JsonObject] = {
    "name": "test_elicitation_sep1034_defaults",
    "description": "Shows a person a form whose fields are filled in already.",
    "inputSchema": {"type": "object"},
}

TEST_ELICITATION_SEP1330_ENUMS: Final[JsonObject] = {
    "name": "test_elicitation_sep1330_enums",
    "description": "Shows a person a form with every kind of choice.",
    "inputSchema": {"type": "object"},
}

TEST_ELICITATION_URL: Final[JsonObject] = {
    "name": "test_elicitation_url",
    "description": "Asks a person to open a page.",
    "inputSchema": {"type": "object"},
}

TEST_STREAMING_ELICITATION: Final[JsonObject] = {
    "name": "test_streaming_elicitation",
    "description": "Reports progress, then asks a person.",
    "inputSchema": {"type": "object"},
}

TEST_TRIGGER_TOOL_CHANGE: Final[JsonObject] = {
    "name": "test_trigger_tool_change",
    "description": "Adds a tool to the list, or takes it away again.",
    "inputSchema": {"type": "object"},
}

TEST_TRIGGER_PROMPT_CHANGE: Final[JsonObject] = {
    "name": "test_trigger_prompt_change",
    "description": "Adds a prompt to the list, or takes it away again.",
    "inputSchema": {"type": "object"},
}

TEST_INPUT_REQUIRED_RESULT_ELICITATION: Final[JsonObject] = {
    "name": "test_input_required_result_elicitation",
    "description": "Greets a person by name.",
    "inputSchema": {"type": "object"},
}

TEST_INPUT_REQUIRED_RESULT_SAMPLING: Final[JsonObject] = {
    "name": "test_input_required_result_sampling",
    "description": "Asks the client's model for a capital.",
    "inputSchema": {"type": "object"},
}

TEST_INPUT_REQUIRED_RESULT_LIST_ROOTS: Final[JsonObject] = {
    "name": "test_input_required_result_list_roots",
    "description": "Lists what the client opens to the server.",
    "inputSchema": {"type": "object"},
}

TEST_INPUT_REQUIRED_RESULT_REQUEST_STATE: Final[JsonObject] = {
    "name": "test_input_required_result_request_state",
    "description": "Remembers something while a person confirms.",
    "inputSchema": {"type": "object"},
}

TEST_INPUT_REQUIRED_RESULT_MULTIPLE_INPUTS: Final[JsonObject] = {
    "name": "test_input_required_result_multiple_inputs",
    "description": "Asks a person, a model and the client at once.",
    "inputSchema": {"type": "object"},
}

TEST_INPUT_REQUIRED_RESULT_MULTI_ROUND: Final[JsonObject] = {
    "name": "test_input_required_result_multi_round",
    "description": "Asks a person twice, one question after the other.",
    "inputSchema": {"type": "object"},
}

TEST_INPUT_REQUIRED_RESULT_TAMPERED_STATE: Final[JsonObject] = {
    "name": "test_input_required_result_tampered_state",
    "description": "Asks a person; what it remembers can't be changed on the way.",
    "inputSchema": {"type": "object"},
}

TEST_INPUT_REQUIRED_RESULT_CAPABILITIES: Final[JsonObject] = {
    "name": "test_input_required_result_capabilities",
    "description": "Asks for what the client can answer, and for nothing else.",
    "inputSchema": {"type": "object"},
}

JSON_SCHEMA_2020_12_TOOL: Final[JsonObject] = {
    "name": "json_schema_2020_12_tool",
    "description": "Tool with JSON Schema 2020-12 features",
    "inputSchema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {
                    "street": {"type": "string"},
                    "city": {"type": "string"},
                },
            },
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {
            "properties": {"contactMethod": {"const": "phone"}},
            "required": ["contactMethod"],
        },
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": False,
    },
}

TEST_X_MCP_HEADER: Final[JsonObject] = {
    "name": "test_x_mcp_header",
    "description": "Takes an argument that clients repeat in a header.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "region": {
                "type": "string",
                "description": "Where to run.",
                "x-mcp-header": "Region",
            },
        },
    },
}

TEST_SIMPLE_PROMPT_PROMPT: Final[JsonObject] = {
    "name": "test_simple_prompt",
    "description": "A prompt without arguments.",
}

TEST_PROMPT_WITH_ARGUMENTS_PROMPT: Final[JsonObject] = {
    "name": "test_prompt_with_arguments",
    "description": "A prompt with two arguments.",
    "arguments": [
        {"name": "arg1", "description": "The first argument.", "required": True},
        {"name": "arg2", "description": "The second argument.", "required": True},
    ],
}

TEST_PROMPT_WITH_EMBEDDED_RESOURCE_PROMPT: Final[JsonObject] = {
    "name": "test_prompt_with_embedded_resource",
    "description": "A prompt with a resource's contents.",
    "arguments": [
        {
            "name": "resourceUri",
            "description": "The resource to embed.",
            "required": True,
        },
    ],
}

TEST_PROMPT_WITH_IMAGE_PROMPT: Final[JsonObject] = {
    "name": "test_prompt_with_image",
    "description": "A prompt with an image.",
}

TEST_INPUT_REQUIRED_RESULT_PROMPT_PROMPT: Final[JsonObject] = {
    "name": "test_input_required_result_prompt",
    "description": "A prompt that asks a person first.",
}

STATIC_TEXT_RESOURCE: Final[JsonObject] = {
    "uri": "test://static-text",
    "name": "static_text",
    "description": "A text that never changes.",
    "mimeType": "text/plain",
}

STATIC_BINARY_RESOURCE: Final[JsonObject] = {
    "uri": "test://static-binary",
    "name": "static_binary",
    "description": "An image that never changes.",
    "mimeType": "image/png",
}

WATCHED_RESOURCE_RESOURCE: Final[JsonObject] = {
    "uri": "test://watched-resource",
    "name": "watched_resource",
    "description": "A text that clients can watch.",
    "mimeType": "text/plain",
}

TEMPLATE_DATA_TEMPLATE: Final[JsonObject] = {
    "uriTemplate": "test://template/{id}/data",
    "name": "template_data",
    "description": "The data of one entry.",
    "mimeType": "application/json",
}

CATALOG: Final = Catalog(
    server={
        "name": "everything",
        "title": "Everything",
        "version": "0.1.0",
        "description": (
            "One of everything that the protocol has, for conformance tests."
        ),
    },
    tools=(
        TEST_SIMPLE_TEXT,
        TEST_IMAGE_CONTENT,
        TEST_AUDIO_CONTENT,
        TEST_EMBEDDED_RESOURCE,
        TEST_STRUCTURED_CONTENT,
        TEST_MULTIPLE_CONTENT_TYPES,
        TEST_ERROR_HANDLING,
        TEST_TOOL_WITH_PROGRESS,
        TEST_TOOL_WITH_LOGGING,
        TEST_LOGGING_TOOL,
        TEST_RECONNECTION,
        TEST_CANCELLATION,
        TEST_TRIGGER_RESOURCE_UPDATE,
        TEST_SAMPLING,
        TEST_MISSING_CAPABILITY,
        TEST_ELICITATION,
        TEST_ELICITATION_SEP1034_DEFAULTS,
        TEST_ELICITATION_SEP1330_ENUMS,
        TEST_ELICITATION_URL,
        TEST_STREAMING_ELICITATION,
        TEST_TRIGGER_TOOL_CHANGE,
        TEST_TRIGGER_PROMPT_CHANGE,
        TEST_INPUT_REQUIRED_RESULT_ELICITATION,
        TEST_INPUT_REQUIRED_RESULT_SAMPLING,
        TEST_INPUT_REQUIRED_RESULT_LIST_ROOTS,
        TEST_INPUT_REQUIRED_RESULT_REQUEST_STATE,
        TEST_INPUT_REQUIRED_RESULT_MULTIPLE_INPUTS,
        TEST_INPUT_REQUIRED_RESULT_MULTI_ROUND,
        TEST_INPUT_REQUIRED_RESULT_TAMPERED_STATE,
        TEST_INPUT_REQUIRED_RESULT_CAPABILITIES,
        JSON_SCHEMA_2020_12_TOOL,
        TEST_X_MCP_HEADER,
    ),
    prompts=(
        TEST_SIMPLE_PROMPT_PROMPT,
        TEST_PROMPT_WITH_ARGUMENTS_PROMPT,
        TEST_PROMPT_WITH_EMBEDDED_RESOURCE_PROMPT,
        TEST_PROMPT_WITH_IMAGE_PROMPT,
        TEST_INPUT_REQUIRED_RESULT_PROMPT_PROMPT,
    ),
    resources=(STATIC_TEXT_RESOURCE, STATIC_BINARY_RESOURCE, WATCHED_RESOURCE_RESOURCE),
    resource_templates=(TEMPLATE_DATA_TEMPLATE,),
)
