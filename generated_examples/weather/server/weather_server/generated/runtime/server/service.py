"""The base of generated services; users implement its abstract methods."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, ClassVar

from .features.auth.choosing import Authenticates  # feature: auth
from .handlers.contract import Contract
from .methods.changes import Announcement

if TYPE_CHECKING:
    from .methods.registry import LiveCatalog


class Service(
    Authenticates,  # feature: auth
    ABC,
):
    """What a server does. A missing method fails at construction, with its name.

    Generated subclasses set `contract`. Yours may set `announces` and override
    `on_startup` and `on_shutdown`.
    """

    contract: ClassVar[Contract]

    announces: ClassVar[frozenset[Announcement]] = frozenset()
    """What clients are told of when it changes: the lists of `tools`, `prompts` and
    `resources`, and `updates` of single resources. Declared as capabilities."""

    async def on_startup(self, catalog: LiveCatalog) -> None:
        """Called once before the first request; `catalog` announces changes."""
        return

    async def on_shutdown(self) -> None:
        """Called once, after the last request was answered."""
        return
