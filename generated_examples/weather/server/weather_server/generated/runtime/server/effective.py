"""Settings together with what the manifest chooses."""

from __future__ import annotations

import dataclasses
from typing import Any, Final, cast

from .handlers.contract import Contract
from .options.elsewhere import absent
from .settings import Settings, SettingsError

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
"""Hosts that only this machine reaches."""


def effective(settings: Settings, contract: Contract) -> Settings:
    """The settings, with the manifest's choice where they say nothing.

    What it says for kinds of authentication that this package lacks has no effect.

    Raises:
        SettingsError: The manifest names a setting that there is not.
    """
    own = {field.name: field.default for field in dataclasses.fields(Settings)}
    unknown = contract.auth.keys() - own.keys() - {*absent(contract.auth, own)}
    if unknown:
        raise SettingsError(f"the manifest's auth has unknown keys: {sorted(unknown)}")
    filled = {
        name: value
        for name, value in contract.auth.items()
        if name in own and getattr(settings, name) == own[name]
    }
    return dataclasses.replace(settings, **cast(Any, filled))
