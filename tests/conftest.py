"""What every test starts from, however the tests themselves were started."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import official

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background; the programs that tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long a draw or an example takes says how busy the machine is. Tests draw the same
# examples in every run; `make fuzz` draws others, with `--hypothesis-profile=search`.
_CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fixed", _CALM, derandomize=True, database=None)
settings.register_profile("search", _CALM, max_examples=1_000, print_blob=True)
settings.load_profile("fixed")


@pytest.fixture(scope="session", autouse=True)
def watched_traffic() -> Iterator[None]:
    """All that clients and servers send is held against the official schema."""
    end = official.watch()
    yield
    end()


@pytest.fixture(autouse=True)
def messages_of_the_protocol(request: pytest.FixtureRequest) -> Iterator[None]:
    """What breaks the official schema fails the test in which it was sent."""
    official.forget()
    yield
    broken = official.found[:]
    official.forget()
    if request.node.get_closest_marker("off_protocol") is None:
        assert broken == []
