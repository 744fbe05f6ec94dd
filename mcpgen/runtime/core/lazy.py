"""Names of modules that are looked up, and imported, when they are first used.

Shared by server and client; knows nothing of what the modules hold.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from .features import MissingFeature


def lazily(
    package: str,
    modules: Mapping[str, tuple[str, ...]],
    whole: Mapping[str, str] | None = None,
    absent: Mapping[str, tuple[str, str]] | None = None,
    moved: Mapping[str, tuple[str, ...]] | None = None,
    renamed: Mapping[str, tuple[str, str]] | None = None,
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package that imports on demand.

    A name is looked up once: it stays in the package from then on.

    Args:
        package: The package's `__name__`.
        modules: Names by the module that defines them, written as in an import
            statement of the package's `__init__`: `.part`, `..beside` or `other`.
        whole: Modules that are themselves what a name stands for.
        absent: Names that the package does not have, with the side and the feature that
            would bring them. Asking for one raises `MissingFeature`.
        moved: Names that the package used to have, by the module that has them now.
            Each use warns, and `dir` does not show them.
        renamed: Old names, with the module and the name that they have now. Each use
            warns as well.
    """
    modules_named = whole or {}
    homes = _by_name(modules)
    new_homes = {name: (home, name) for name, home in _by_name(moved or {}).items()}
    new_homes.update(renamed or {})

    def get(name: str) -> object:
        found: object
        if name in homes:
            found = getattr(import_module(homes[name], package), name)
        elif name in modules_named:
            found = import_module(modules_named[name], package)
        elif name in new_homes:
            module, now = new_homes[name]
            home = import_module(module, package)
            found = getattr(home, now)
            warnings.warn(
                f"import {now} from {home.__name__}: {package}.{name} will be gone in the "
                "next minor version of mcpgen",
                DeprecationWarning,
                stacklevel=2,
            )
            # Not kept in the package, so that every module that uses it is warned.
            return found
        elif absent is not None and name in absent:
            raise MissingFeature(f"{package}.{name}", *absent[name])
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes, *modules_named})

    return get, names


def _by_name(modules: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {name: module for module, names in modules.items() for name in names}


class LazyModule:
    """Stands for a module, which is imported when something of it is first asked for."""

    def __init__(self, package: str, name: str) -> None:
        self.__name = f"{package}.{name}"

    def __getattr__(self, name: str) -> Any:
        found = getattr(import_module(self.__name), name)
        # From now on it is found without this method.
        setattr(self, name, found)
        return found


@dataclass(frozen=True, slots=True)
class Named:
    """Something in a module, by its name."""

    module: ModuleType
    name: str

    def load(self) -> Any:
        """What the module has by this name now."""
        return getattr(self.module, self.name)
