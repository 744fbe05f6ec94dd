"""How much longer tests wait here than on a quiet machine: one factor for every bound.

A bound says that something ends at all, and it must hold on a busy machine, too. Set
MCPGEN_TEST_PATIENCE to a number to choose the factor.
"""

from __future__ import annotations

import os
import time
from typing import Final

ENVIRONMENT: Final = "MCPGEN_TEST_PATIENCE"
_REFERENCE: Final = 0.012
"""Seconds of CPU that the loop below takes on the machine that bounds were chosen on."""
_MOST: Final = 20.0


def patient(seconds: float) -> float:
    """A bound for this machine, made of one for a quiet machine."""
    return seconds * FACTOR


def _measured() -> float:
    began = time.process_time()
    sum(number * number for number in range(200_000))
    slowness = (time.process_time() - began) / _REFERENCE
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    crowd = load / (os.cpu_count() or 1)
    return min(_MOST, max(1.0, slowness) * max(1.0, crowd))


FACTOR: Final = float(os.environ.get(ENVIRONMENT) or _measured())
# Processes that tests start, and other workers, wait as long.
os.environ[ENVIRONMENT] = str(FACTOR)
