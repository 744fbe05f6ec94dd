from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcpgen import new
from tests.publishing.index_server import Served, serving


@pytest.fixture(scope="session")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that nobody changes: the example."""
    folder = tmp_path_factory.mktemp("weather") / "weather"
    new.create("weather", folder=folder)
    return folder


@pytest.fixture
def project(weather: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed copy of it, and the current folder."""
    folder = tmp_path / "weather"
    shutil.copytree(weather, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TWINE_USERNAME", "ann")
    monkeypatch.setenv("TWINE_PASSWORD", "s3cret")
    git("init", "-q")
    commit()
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Served]:
    """An empty package index."""
    with serving(tmp_path / "index") as served:
        yield served


def git(*arguments: str) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@weather.example")
    subprocess.run(["git", *who, *arguments], check=True, timeout=60)


def commit() -> None:
    """Commit the project in the current folder."""
    git("add", "-A")
    git("commit", "-q", "--no-verify", "-m", "Change")
