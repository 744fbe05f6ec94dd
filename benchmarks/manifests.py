"""Manifests of any size, with schemas of the shapes that real servers have."""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]


def tools(count: int) -> list[JsonObject]:
    """`count` tools: flat, nested, with references, enums, unions and results."""
    return [_SHAPES[number % len(_SHAPES)](number) for number in range(count)]


def _flat(number: int) -> JsonObject:
    return {
        "name": f"search_items_{number}",
        "description": f"Search collection {number} by free text, newest first.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "What to look for."},
                "limit": {"type": "integer", "default": 20, "minimum": 1},
                "order": {"enum": ["asc", "desc"], "default": "desc"},
                "include-archived": {"type": "boolean", "default": False},
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    }


def _nested(number: int) -> JsonObject:
    return {
        "name": f"create-record-{number}",
        "description": f"Create a record of kind {number} and give it back.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "title": {"type": "string", "maxLength": 200},
                "owner": {
                    "type": "object",
                    "description": "Who is responsible.",
                    "properties": {
                        "id": {"type": "string"},
                        "email": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    },
                    "required": ["id"],
                },
                "labels": {"type": "array", "items": {"type": "string"}},
                "weight": {"type": ["number", "null"], "default": None},
            },
            "required": ["title", "owner"],
        },
        "outputSchema": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "createdAt": {"type": "string", "format": "date-time"},
            },
            "required": ["id", "createdAt"],
        },
    }


def _referring(number: int) -> JsonObject:
    return {
        "name": f"update_tree_{number}",
        "description": f"Replace the nodes of tree {number}.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "root": {"$ref": "#/$defs/Node"},
                "mode": {"const": "replace"},
                "filter": {"oneOf": [{"$ref": "#/$defs/Text"}, {"type": "integer"}]},
            },
            "required": ["root"],
            "$defs": {
                "Node": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "children": {
                            "type": "array",
                            "items": {"$ref": "#/$defs/Node"},
                        },
                    },
                    "required": ["name"],
                },
                "Text": {
                    "type": "object",
                    "properties": {"contains": {"type": "string"}},
                    "additionalProperties": {"type": "string"},
                },
            },
        },
    }


_SHAPES = (_flat, _nested, _referring)
