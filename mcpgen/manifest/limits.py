"""How big an input may be. Generous: real manifests stay far below every number."""

from __future__ import annotations

from typing import Final

FILE_BYTES: Final = 32 * 1024 * 1024
"""Bytes of one input file."""

DEPTH: Final = 200
"""Levels of nesting in a whole document."""
TOO_DEEP: Final = f"nested more than {DEPTH} levels deep"

ALIASED: Final = 2_000_000
"""Values and characters that YAML aliases may add to a document."""

DIGITS: Final = 1_000
"""Digits of one number."""

NAME: Final = 1_000
"""Characters of a wire name."""

URI: Final = 8_000
"""Characters of a URI or URI template."""

TEXT: Final = 256 * 1024
"""Characters of any other text: descriptions, titles, instructions, icons' data."""

ICON: Final = 2 * 1024 * 1024
"""Characters of an icon's `src`, which may be a whole `data:` URI."""

SCHEMA_DEPTH: Final = 100
"""Levels of nesting in one JSON Schema."""

SCHEMA_NODES: Final = 50_000
"""Values in one JSON Schema, containers and scalars alike."""

SCHEMA_ENUM: Final = 10_000
"""Values of one `enum`."""
