"""What every test starts from, however the tests themselves were started."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background; the programs that tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long a draw or an example takes says how busy the machine is. Tests draw the same
# examples in every run; `make fuzz` draws others, with `--hypothesis-profile=search`.
_CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fixed", _CALM, derandomize=True, database=None)
settings.register_profile("search", _CALM, max_examples=1_000, print_blob=True)
settings.load_profile("fixed")
