"""What the awkward server offers, exactly as the manifest has it.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import Final

from .runtime.core.catalog import Catalog

_TEXT: Final = r"""
{
  "server": {
    "name": "awkward",
    "version": "1.0.0",
    "description": "A server whose texts try to break out: \"\"\" \\ {{ braces }} {% block %} \\N{BULLET} $(date)"
  },
  "tools": [
    {
      "name": "class",
      "description": "A tool named like a keyword. It ends in a backslash \\",
      "inputSchema": {
        "type": "object",
        "properties": {
          "from": {"type": "string", "description": "A keyword, with \"\"\"quotes\"\"\"."},
          "self": {"type": "string"},
          "schema": {"type": "string", "description": "A name of pydantic's own."},
          "model_config": {"type": "integer"},
          "_meta": {"type": "object", "description": "Starts with an underscore."},
          "If-Match": {"type": "string"},
          "{{userName}}": {"type": "string"},
          "$eq": {"type": ["string", "number", "boolean", "null"]},
          "größe": {
            "type": "number",
            "description": "A name that is an identifier outside ASCII."
          },
          "2nd": {"type": "integer"},
          "camelCase": {"type": "string"},
          "camel_case": {
            "type": "string",
            "description": "Collides with camelCase after renaming."
          }
        },
        "required": ["from", "schema"]
      }
    },
    {
      "name": "get-item",
      "description": "Collides with the next tool after renaming.",
      "inputSchema": {"type": "object"}
    },
    {
      "name": "get_item",
      "description": "Takes no arguments and returns a list.",
      "inputSchema": {"type": "object", "additionalProperties": false},
      "outputSchema": {
        "type": "array",
        "items": {"$ref": "#/$defs/Item"},
        "$defs": {
          "Item": {
            "type": "object",
            "properties": {
              "id": {"type": "string", "format": "uuid"},
              "parent": {"$ref": "#/$defs/Item"},
              "price": {"type": "number", "default": 50}
            },
            "required": ["id"]
          }
        }
      }
    },
    {
      "name": "list_tools",
      "description": "Named like a method of the client.",
      "inputSchema": {
        "type": "object",
        "properties": {
          "shape": {
            "oneOf": [
              {
                "type": "object",
                "properties": {
                  "kind": {"const": "circle"},
                  "radius": {"type": "number"}
                },
                "required": ["kind", "radius"]
              },
              {
                "type": "object",
                "properties": {
                  "kind": {"const": "square"},
                  "side": {"type": "number"}
                },
                "required": ["kind", "side"]
              }
            ]
          },
          "mode": {"enum": ["fast", "slow \"and\" safe", 3, null]},
          "tags": {"type": "object", "additionalProperties": {"type": "string"}},
          "nullable": {
            "anyOf": [{"type": "string"}, {"type": "null"}],
            "default": null
          }
        },
        "required": ["shape"]
      }
    },
    {
      "name": "tree/walk",
      "description": "A recursive argument, and a name with a slash.",
      "inputSchema": {
        "type": "object",
        "properties": {"root": {"$ref": "#/definitions/node"}},
        "required": ["root"],
        "definitions": {
          "node": {
            "type": "object",
            "properties": {
              "name": {"type": "string"},
              "children": {
                "type": "array",
                "items": {"$ref": "#/definitions/node"}
              }
            },
            "required": ["name"]
          }
        },
        "$schema": "http://json-schema.org/draft-07/schema#"
      }
    },
    {
      "name": "天気",
      "description": "A name outside ASCII.",
      "inputSchema": {
        "type": "object",
        "properties": {"都市": {"type": "string"}},
        "required": ["都市"]
      }
    }
  ],
  "prompts": [
    {
      "name": "class",
      "description": "Named like a tool and like a keyword.",
      "arguments": [{"name": "from", "required": true}, {"name": "to-whom"}]
    }
  ],
  "resources": [
    {"uri": "awkward://a%20b/c?d=e#f", "name": "A name with spaces"},
    {"uri": "awkward://second", "name": "a-name-with spaces"}
  ],
  "resource_templates": [
    {"uriTemplate": "awkward://{kind}/{id}{?page,class}", "name": "page"}
  ]
}
"""

CATALOG: Final = Catalog.from_json(_TEXT)
