"""What every test starts from, however the tests themselves were started."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background; the programs that tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long a draw or an example takes says how busy the machine is.
settings.register_profile(
    "busy", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy")
