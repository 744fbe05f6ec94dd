"""Warnings for people about a manifest that is valid but could serve better.

    for finding in lint(manifest): ...      # everything
    for note in limits(manifest): ...       # what generated code cannot do

Knows the manifest, and of what is made from it only the types. Nothing here stops a
command by itself.
"""

from .rules import limits, lint

__all__ = ["limits", "lint"]
