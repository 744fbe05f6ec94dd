"""Keeps Python's cycle collector from slowing down what makes many objects at once.

It would go through the new ones again and again, although none of them is garbage yet: a
million objects take ten times as long, while nothing else can run.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def uncollected(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function while the collector pauses; threads may do so at the same time."""
    enabled = gc.isenabled()
    if enabled:
        gc.disable()
    try:
        return function(*args, **kwargs)
    finally:
        if enabled:
            gc.enable()
