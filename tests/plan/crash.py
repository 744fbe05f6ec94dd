"""Die at a chosen moment of a run: from then on the process changes nothing more."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from unittest import mock

CHANGING = ("open", "replace", "unlink", "rmdir", "mkdir", "fsync")
"""What `write` does to the disk, all of it."""


class Killed(BaseException):
    """The process is gone; no handler of ours may believe that it can clean up."""


class Countdown:
    """Counts the moments before and after each change, and dies at one of them."""

    def __init__(self, moment: int | None = None) -> None:
        self.moment = moment
        self.passed = 0

    def tick(self) -> None:
        if self.moment is not None and self.passed >= self.moment:
            raise Killed
        self.passed += 1

    def around(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*args: Any, **kwargs: Any) -> Any:
            self.tick()
            result = change(*args, **kwargs)
            self.tick()
            return result

        return changed


@contextmanager
def dying_at(moment: int | None) -> Generator[Countdown, None, None]:
    """Die at the given moment, or only count the moments."""
    countdown = Countdown(moment)
    patches = [
        mock.patch.object(os, name, countdown.around(getattr(os, name)))
        for name in CHANGING
    ]
    for patch in patches:
        patch.start()
    try:
        yield countdown
    finally:
        for patch in patches:
            patch.stop()
