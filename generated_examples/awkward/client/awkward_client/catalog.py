"""What the awkward server offers, exactly as the manifest has it.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import Final

from .runtime.shared.catalog import Catalog, JsonObject

CLASS: Final[JsonObject] = {
    "name": "class",
    "description": "A tool named like a keyword. It ends in a backslash \\",
    "inputSchema": {
        "type": "object",
        "properties": {
            "from": {"type": "string", "description": 'A keyword, with """quotes""".'},
            "self": {"type": "string"},
            "schema": {"type": "string", "description": "A name of pydantic's own."},
            "model_config": {"type": "integer"},
            "_meta": {"type": "object", "description": "Starts with an underscore."},
            "If-Match": {"type": "string"},
            "{{userName}}": {"type": "string"},
            "$eq": {"type": ["string", "number", "boolean", "null"]},
            "größe": {
                "type": "number",
                "description": "A name that is an identifier outside ASCII.",
            },
            "2nd": {"type": "integer"},
            "camelCase": {"type": "string"},
            "camel_case": {
                "type": "string",
                "description": "Collides with camelCase after renaming.",
            },
        },
        "required": ["from", "schema"],
    },
}

GET_ITEM: Final[JsonObject] = {
    "name": "get-item",
    "description": "Collides with the next tool after renaming.",
    "inputSchema": {"type": "object"},
}

GET_ITEM_2: Final[JsonObject] = {
    "name": "get_item",
    "description": "Takes no arguments and returns a list.",
    "inputSchema": {"type": "object", "additionalProperties": False},
    "outputSchema": {
        "type": "array",
        "items": {"$ref": "#/$defs/Item"},
        "$defs": {
            "Item": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "parent": {"$ref": "#/$defs/Item"},
                    "price": {"type": "number", "default": 50},
                },
                "required": ["id"],
            },
        },
    },
}

LIST_TOOLS: Final[JsonObject] = {
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
                            "radius": {"type": "number"},
                        },
                        "required": ["kind", "radius"],
                    },
                    {
                        "type": "object",
                        "properties": {
                            "kind": {"const": "square"},
                            "side": {"type": "number"},
                        },
                        "required": ["kind", "side"],
                    },
                ],
            },
            "mode": {"enum": ["fast", 'slow "and" safe', 3, None]},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
            "nullable": {
                "anyOf": [{"type": "string"}, {"type": "null"}],
                "default": None,
            },
        },
        "required": ["shape"],
    },
}

TREE_WALK: Final[JsonObject] = {
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
                        "items": {"$ref": "#/definitions/node"},
                    },
                },
                "required": ["name"],
            },
        },
        "$schema": "http://json-schema.org/draft-07/schema#",
    },
}

天気: Final[JsonObject] = {
    "name": "天気",
    "description": "A name outside ASCII.",
    "inputSchema": {
        "type": "object",
        "properties": {"都市": {"type": "string"}},
        "required": ["都市"],
    },
}

CLASS_PROMPT: Final[JsonObject] = {
    "name": "class",
    "description": "Named like a tool and like a keyword.",
    "arguments": [{"name": "from", "required": True}, {"name": "to-whom"}],
}

A_NAME_WITH_SPACES_RESOURCE: Final[JsonObject] = {
    "uri": "awkward://a%20b/c?d=e#f",
    "name": "A name with spaces",
}

A_NAME_WITH_SPACES_RESOURCE_2: Final[JsonObject] = {
    "uri": "awkward://second",
    "name": "a-name-with spaces",
}

PAGE_TEMPLATE: Final[JsonObject] = {
    "uriTemplate": "awkward://{kind}/{id}{?page,class}",
    "name": "page",
}

CATALOG: Final = Catalog(
    server={
        "name": "awkward",
        "version": "1.0.0",
        "description": (
            'A server whose texts try to break out: """ \\ {{ braces }} {% block %} '
            "\\N{BULLET} $(date)"
        ),
    },
    tools=(CLASS, GET_ITEM, GET_ITEM_2, LIST_TOOLS, TREE_WALK, 天気),
    prompts=(CLASS_PROMPT,),
    resources=(A_NAME_WITH_SPACES_RESOURCE, A_NAME_WITH_SPACES_RESOURCE_2),
    resource_templates=(PAGE_TEMPLATE,),
)
