"""What was a mapping once and is typed now: keys go on working, with a warning.

To be removed in 0.3: in 0.1, users wrote `client.server_info["name"]`.
"""

from __future__ import annotations

import warnings
from collections.abc import ItemsView, KeysView
from typing import Any

from ..protocol import types
from .calls import plain


class _Keyed:
    __hash__ = None  # type: ignore[assignment]  # as all models

    def __eq__(self, other: object) -> bool:
        """Whether both are of the typed class, or of this one, and have the same."""
        return issubclass(type(self), type(other)) and plain(self) == plain(other)

    def __getitem__(self, key: str) -> Any:
        return _members(self)[key]

    def __contains__(self, key: object) -> bool:
        return key in _members(self)

    def get(self, key: str, default: Any = None) -> Any:
        return _members(self).get(key, default)

    def keys(self) -> KeysView[str]:
        return _members(self).keys()

    def items(self) -> ItemsView[str, Any]:
        return _members(self).items()


def _members(keyed: _Keyed) -> dict[str, Any]:
    warnings.warn(
        f"access to {type(keyed).__name__} by keys ends in 0.3; use its attributes",
        DeprecationWarning,
        stacklevel=3,
    )
    found: dict[str, Any] = plain(keyed)
    return found


class Implementation(_Keyed, types.Implementation):
    """A server's name, version and more."""


class ServerCapabilities(_Keyed, types.ServerCapabilities):
    """A server's capabilities."""
