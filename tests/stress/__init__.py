"""Storms of disconnects, cancellations, time limits and slow readers, by seeded chance.

`make test` runs them for moments, `make stress` for minutes: `STRESS_SECONDS` says how long
one storm lasts, `STRESS_SEED` which numbers it draws. The numbers are the same for a seed;
what meets what at a time is up to the machine.
"""

from __future__ import annotations

import os
from typing import Final

SECONDS: Final = float(os.environ.get("STRESS_SECONDS", "1.5"))
SEED: Final = int(os.environ.get("STRESS_SEED", "1"))
