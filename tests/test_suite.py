"""The suite itself: what is skipped is seen, and bounds fit the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import pace, proxies, skips
from tests.ports import free_port
from tests.shared_data import needs_shared

ROOT = Path(__file__).parents[1]


def run(folder: Path, reason: str, ci: str, *options: str) -> int:
    test = f"import pytest\n@pytest.mark.skip(reason={reason!r})\ndef test_a(): pass\n"
    (folder / "test_a.py").write_text(test, "utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.skips"),
            *("-c", os.devnull, "--rootdir", str(folder), *options, str(folder)),
        ],
        cwd=folder,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=pace.patient(60),
    )
    return done.returncode


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_a_skipped_test_fails_the_run_in_ci_alone(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert run(tmp_path, "it is late", "", *options) == 0
    assert run(tmp_path, "it is late", "true", *options) == 1
    assert run(tmp_path, skips.MAY_BE_SKIPPED[0], "true", *options) == 0


def test_the_reason_for_data_that_is_missing_may_be_one() -> None:
    assert needs_shared.mark.kwargs["reason"] in skips.MAY_BE_SKIPPED


def test_bounds_are_never_shorter_than_on_a_quiet_machine() -> None:
    assert pace.patient(1) >= 1 or float(os.environ[pace.ENVIRONMENT]) == pace.FACTOR


def test_a_port_that_is_free_stays_so_but_for_a_server_that_names_it() -> None:
    port = free_port()
    with socket.socket() as anything, pytest.raises(OSError, match="in use"):
        anything.bind(("127.0.0.1", port))
    with (
        socket.create_server(("127.0.0.1", port)),
        socket.create_connection(("127.0.0.1", port), pace.patient(60)),
    ):
        pass
    with socket.create_server(("127.0.0.1", port)):
        """A server that restarts listens there again."""


async def test_a_proxy_is_not_mistaken_for_another_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        proxy = proxies.running(["false"], other.getsockname()[1], tmp_path)
        with pytest.raises(AssertionError, match="another server listens"):
            await proxy.__aenter__()
