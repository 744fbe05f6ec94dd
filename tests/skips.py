"""Hooks of pytest: where CI=true, a test that is skipped fails the run.

A test that nobody runs proves nothing. What may be skipped there is a list.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

MAY_BE_SKIPPED: Final = (
    "needs the test data in ../shared",
    "only root can give files away",
)
"""Reasons that a CI system may have: data that is not public, and rights."""

_FOUND: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that was skipped."""
    if not hasattr(report, "wasxfail"):
        _note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note a module that was skipped."""
    _note(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run."""
    if _FOUND and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests were skipped, and why that is a failure."""
    for each in _FOUND:
        terminalreporter.write_line(f"skipped where CI=true: {each}", red=True)


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or os.environ.get("CI") != "true":
        return
    told = report.longrepr
    reason = str(told[2] if isinstance(told, tuple) else told).removeprefix("Skipped: ")
    if reason not in MAY_BE_SKIPPED:
        _FOUND.append(f"{report.nodeid}: {reason}")
