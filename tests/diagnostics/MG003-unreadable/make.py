from __future__ import annotations

from pathlib import Path


def make(_folder: Path) -> str:
    """A name that no file system takes (permissions mean nothing to root)."""
    return f"{'a' * 300}.yaml"
