"""Test data that lies beside the checkout and is not part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
CORPUS = SHARED / "corpus"
SCHEMAS = SHARED / "schema"
EXAMPLES = SCHEMAS / "examples-2026-07-28"

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="needs the test data in ../shared"
)

TELLING = (
    "antv-chart",
    "atlassian",
    "aws-dataprocessing",
    "contentful",
    "coolify",
    "filesystem",
    "github",
    "ha-mcp",
)
"""The manifests that differ most; every other one runs in `make test-all`."""


def corpus() -> list[str]:
    """The names of all manifests of the corpus."""
    return sorted(path.stem for path in CORPUS.glob("*.json"))
