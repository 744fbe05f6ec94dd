"""Type guards for untrusted JSON."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def members(value: object) -> dict[str, Any]:
    """The members of a JSON object; none if the value is something else."""
    return value if is_object(value) else {}


def text(value: object) -> str | None:
    """A JSON string; None if the value is something else."""
    return value if isinstance(value, str) else None
