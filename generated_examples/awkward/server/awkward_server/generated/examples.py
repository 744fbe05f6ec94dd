"""What the awkward server answers in mock mode, made from the schemas.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = r"""
{
  "get_item": {
    "value": [
      {
        "id": "123e4567-e89b-42d3-a456-426614174000",
        "parent": {"id": "123e4567-e89b-42d3-a456-426614174000"},
        "price": 50
      }
    ]
  }
}
"""
