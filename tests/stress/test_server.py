"""Storms against a server, in both eras at one time."""

from __future__ import annotations

import pytest

from . import SECONDS, SEED, server
from .storm import LOOPS, LoopKind, run


@pytest.mark.parametrize("kind", LOOPS)
def test_a_server_keeps_its_promises(kind: LoopKind) -> None:
    made = run(kind, SEED, SECONDS, server.storm)

    assert made.faults == []
    assert made.seen["responses"] > 10
    assert made.seen["torn"] > 0
