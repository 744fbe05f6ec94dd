"""What the weather server offers, exactly as the manifest has it.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import Final

from .runtime.core.catalog import Catalog

_TEXT: Final = r"""
{
  "server": {
    "name": "weather",
    "title": "Weather",
    "version": "0.1.0",
    "description": "Forecasts from the monthly climate normals of twelve cities."
  },
  "instructions": "Ask for a city by its English name. Temperatures are in degrees Celsius.",
  "tools": [
    {
      "name": "get_forecast",
      "title": "Forecast",
      "description": "The weather to expect in one city in the coming days. A city that is not known is an error that names similar ones.",
      "inputSchema": {
        "type": "object",
        "properties": {
          "city": {
            "type": "string",
            "description": "The city's English name, for example Oslo.",
            "minLength": 1
          },
          "days": {
            "type": "integer",
            "description": "How many days, today included.",
            "minimum": 1,
            "maximum": 14,
            "default": 3
          }
        },
        "required": ["city"],
        "additionalProperties": false
      },
      "outputSchema": {
        "type": "object",
        "properties": {
          "city": {"type": "string"},
          "days": {
            "type": "array",
            "items": {
              "type": "object",
              "properties": {
                "date": {"type": "string", "format": "date"},
                "low": {"type": "number", "description": "Degrees Celsius."},
                "high": {"type": "number", "description": "Degrees Celsius."},
                "sky": {
                  "type": "string",
                  "enum": ["clear", "cloudy", "rain", "snow"]
                }
              },
              "required": ["date", "low", "high", "sky"]
            }
          }
        },
        "required": ["city", "days"]
      },
      "annotations": {"readOnlyHint": true, "openWorldHint": false}
    },
    {
      "name": "compare_cities",
      "title": "Comparison",
      "description": "Compares the climate of cities over a year, with progress city by city.",
      "inputSchema": {
        "type": "object",
        "properties": {
          "cities": {
            "type": "array",
            "description": "The cities' English names.",
            "items": {"type": "string"},
            "minItems": 2,
            "maxItems": 12
          }
        },
        "required": ["cities"],
        "additionalProperties": false
      },
      "annotations": {"readOnlyHint": true, "openWorldHint": false}
    }
  ],
  "prompts": [
    {
      "name": "plan_trip",
      "title": "Plan a trip",
      "description": "Find out what to pack for a trip.",
      "arguments": [
        {"name": "city", "description": "Where the trip goes.", "required": true},
        {"name": "month", "description": "The month's English name."}
      ]
    }
  ],
  "resources": [
    {
      "uri": "weather://cities",
      "name": "cities",
      "title": "Cities",
      "description": "The names of all cities that are known.",
      "mimeType": "application/json"
    }
  ],
  "resource_templates": [
    {
      "uriTemplate": "weather://cities/{city}",
      "name": "city_climate",
      "title": "Climate of a city",
      "description": "The climate normals of one city, month by month.",
      "mimeType": "application/json"
    }
  ]
}
"""

CATALOG: Final = Catalog.from_json(_TEXT)
