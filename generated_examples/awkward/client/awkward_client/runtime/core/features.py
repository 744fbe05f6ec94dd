"""Parts of the runtime that a package has only where its manifest asks for them.

Nobody imports their modules but through here. Lines that end with `# feature: NAME` are
left out of packages without that feature.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

ERAS: Final = ("legacy", "modern")
"""Features that the manifest's key `protocol` asks for."""

TRANSPORTS: Final = ("http", "stdio", "sse")
"""Features of servers that the manifest's key `transports` asks for."""

DEFAULT_TRANSPORTS: Final = ("http", "stdio")
"""Those of manifests without that key."""


class MissingFeature(ImportError):
    """A feature is not in this package; names the key of the manifest that adds it."""

    def __init__(self, what: str, side: str, feature: str) -> None:
        """Say what is missing.

        Args:
            what: What was asked for.
            side: "server" or "client".
            feature: The feature's name in manifests.
        """
        super().__init__(f"{what} is not in this package: {to_add(side, (feature,))}")


def to_add(side: str, features: Iterable[str]) -> str:
    """What adds one of some features to a package, as an order to users.

    Args:
        side: "server" or "client".
        features: The features' names in manifests; any of them will do.
    """
    names = tuple(features)
    if names[0] in ERAS:
        what = f"a revision of the {names[0]} era to `protocol`"
    else:
        keys = {
            f"`{name}`": "transports"
            if side == "server" and name in TRANSPORTS
            else f"features.{side}"
            for name in names
        }
        what = " or ".join(
            f"{' or '.join(n for n, k in keys.items() if k == key)} to `{key}`"
            for key in dict.fromkeys(keys.values())
        )
    return f"add {what} in the manifest and run `mcpgen generate`"


def load(name: str, what: str, side: str, feature: str) -> Any:
    """A module of a feature, by its full name.

    Raises:
        MissingFeature: This package does not have it.
    """
    if find_spec(name) is None:
        raise MissingFeature(what, side, feature)
    return import_module(name)
