"""Features of a server that settings choose: their modules, if this package has them."""

from __future__ import annotations

from typing import Any

from ...core.features import MissingFeature, load
from ..settings import SettingsError


def optional(module: str, setting: str, feature: str) -> Any:
    """A module below `server`, of unknown type: it may not be there.

    Args:
        module: Its name, such as `auth.jwt`.
        setting: The setting that asks for it, with its value where that counts.
        feature: The feature's name in manifests.

    Raises:
        SettingsError: This package does not have it.
    """
    try:
        return load(f"{__package__}.{module}", setting, "server", feature)
    except MissingFeature as error:
        raise SettingsError(str(error)) from None
