"""Names of modules that are looked up, and imported, when they are first used.

Shared by server and client; knows nothing of what the modules hold.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any


def lazily(
    package: str, modules: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package that imports on demand.

    A name is looked up once: it stays in the package from then on.

    Args:
        package: The package's `__name__`.
        modules: Names by the module below the package that defines them.
    """
    homes = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> object:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found: object = getattr(import_module(f"{package}.{home}"), name)
        setattr(sys.modules[package], name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return get, names


@dataclass(frozen=True, slots=True)
class Named:
    """Something in a module, by its name."""

    module: ModuleType
    name: str

    def load(self) -> Any:
        """What the module has by this name now."""
        return getattr(self.module, self.name)
