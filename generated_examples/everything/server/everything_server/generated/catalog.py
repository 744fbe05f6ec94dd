"""What the everything server offers, exactly as the manifest has it.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import Final

from .runtime.core.catalog import Catalog

_TEXT: Final = r"""
{
  "server": {
    "name": "everything",
    "title": "Everything",
    "version": "0.1.0",
    "description": "One of everything that the protocol has, for conformance tests."
  },
  "tools": [
    {
      "name": "test_simple_text",
      "description": "Returns a text.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_image_content",
      "description": "Returns an image.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_audio_content",
      "description": "Returns a sound.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_embedded_resource",
      "description": "Returns a resource's contents.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_structured_content",
      "description": "Returns what it got, as structured content.",
      "inputSchema": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "Any name."}},
        "required": ["city"]
      },
      "outputSchema": {
        "type": "object",
        "properties": {
          "city": {"type": "string"},
          "letters": {"type": "integer", "minimum": 0}
        },
        "required": ["city", "letters"]
      }
    },
    {
      "name": "test_multiple_content_types",
      "description": "Returns a text, an image and a resource's contents.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_error_handling",
      "description": "Always fails, and says why.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_tool_with_progress",
      "description": "Reports progress three times.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_tool_with_logging",
      "description": "Sends three log messages.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_logging_tool",
      "description": "Sends log messages to clients that want them.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_reconnection",
      "description": "Closes its stream while it works; the result is there for those who return.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_cancellation",
      "description": "Works until it is cancelled.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_trigger_resource_update",
      "description": "Says that the watched resource has changed.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_sampling",
      "description": "Asks the client's model.",
      "inputSchema": {
        "type": "object",
        "properties": {"prompt": {"type": "string", "description": "What to ask."}},
        "required": ["prompt"]
      }
    },
    {
      "name": "test_missing_capability",
      "description": "Asks the client's model, which clients without one can't serve.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_elicitation",
      "description": "Asks a person for a name and an address.",
      "inputSchema": {
        "type": "object",
        "properties": {
          "message": {"type": "string", "description": "What the person is told."}
        },
        "required": ["message"]
      }
    },
    {
      "name": "test_elicitation_sep1034_defaults",
      "description": "Shows a person a form whose fields are filled in already.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_elicitation_sep1330_enums",
      "description": "Shows a person a form with every kind of choice.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_elicitation_url",
      "description": "Asks a person to open a page.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_streaming_elicitation",
      "description": "Reports progress, then asks a person.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_trigger_tool_change",
      "description": "Adds a tool to the list, or takes it away again.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_trigger_prompt_change",
      "description": "Adds a prompt to the list, or takes it away again.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_input_required_result_elicitation",
      "description": "Greets a person by name.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_input_required_result_sampling",
      "description": "Asks the client's model for a capital.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_input_required_result_list_roots",
      "description": "Lists what the client opens to the server.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_input_required_result_request_state",
      "description": "Remembers something while a person confirms.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_input_required_result_multiple_inputs",
      "description": "Asks a person, a model and the client at once.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_input_required_result_multi_round",
      "description": "Asks a person twice, one question after the other.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_input_required_result_tampered_state",
      "description": "Asks a person; what it remembers can't be changed on the way.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "test_input_required_result_capabilities",
      "description": "Asks for what the client can answer, and for nothing else.",
      "inputSchema": {"type": "object"}
    },
    {
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
              "city": {"type": "string"}
            }
          }
        },
        "properties": {
          "name": {"type": "string"},
          "address": {"$ref": "#/$defs/address"},
          "contactMethod": {"type": "string", "enum": ["phone", "email"]},
          "phone": {"type": "string"},
          "email": {"type": "string"}
        },
        "allOf": [
          {"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}
        ],
        "if": {
          "properties": {"contactMethod": {"const": "phone"}},
          "required": ["contactMethod"]
        },
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false
      }
    },
    {
      "name": "test_x_mcp_header",
      "description": "Takes an argument that clients repeat in a header.",
      "inputSchema": {
        "type": "object",
        "properties": {
          "region": {
            "type": "string",
            "description": "Where to run.",
            "x-mcp-header": "Region"
          }
        }
      }
    }
  ],
  "prompts": [
    {"name": "test_simple_prompt", "description": "A prompt without arguments."},
    {
      "name": "test_prompt_with_arguments",
      "description": "A prompt with two arguments.",
      "arguments": [
        {"name": "arg1", "description": "The first argument.", "required": true},
        {"name": "arg2", "description": "The second argument.", "required": true}
      ]
    },
    {
      "name": "test_prompt_with_embedded_resource",
      "description": "A prompt with a resource's contents.",
      "arguments": [
        {
          "name": "resourceUri",
          "description": "The resource to embed.",
          "required": true
        }
      ]
    },
    {"name": "test_prompt_with_image", "description": "A prompt with an image."},
    {
      "name": "test_input_required_result_prompt",
      "description": "A prompt that asks a person first."
    }
  ],
  "resources": [
    {
      "uri": "test://static-text",
      "name": "static_text",
      "description": "A text that never changes.",
      "mimeType": "text/plain"
    },
    {
      "uri": "test://static-binary",
      "name": "static_binary",
      "description": "An image that never changes.",
      "mimeType": "image/png"
    },
    {
      "uri": "test://watched-resource",
      "name": "watched_resource",
      "description": "A text that clients can watch.",
      "mimeType": "text/plain"
    }
  ],
  "resource_templates": [
    {
      "uriTemplate": "test://template/{id}/data",
      "name": "template_data",
      "description": "The data of one entry.",
      "mimeType": "application/json"
    }
  ]
}
"""

CATALOG: Final = Catalog.from_json(_TEXT)
