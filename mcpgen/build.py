"""Manifest -> `ir.Project`: every name decided, every class generated, nothing written.

Knows the manifest, the naming rules and the models engine; it must not know templates
or files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcpgen import ir
    from mcpgen.manifest import Manifest


def build(manifest: Manifest, name: str | None = None) -> ir.Project:
    """The project that a manifest describes.

    Args:
        manifest: What `mcpgen.manifest.load` gave.
        name: The project's name; None takes the manifest's own.

    Raises:
        MCPGenError: With every diagnostic, where a name or a schema can't be used.
    """
    raise NotImplementedError
