from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.plan.workshop import Workshop


def _nothing(_: int) -> None:
    pass


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' machine outlives every "crash": nothing has to reach the platter."""
    monkeypatch.setattr(os, "fsync", _nothing)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """An empty project folder, in a folder that is not the project's."""
    root = tmp_path / "project"
    root.mkdir()
    return Workshop(root)
