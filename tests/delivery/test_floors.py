"""What generated packages need: the oldest and the newest versions that they may get."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mcpgen import features
from mcpgen.runtime.core.missing import NEEDED
from tests.pace import patient
from tests.peers import environment

CHECKOUT = Path(__file__).parents[2]
SERVER = CHECKOUT / "generated_examples/weather/server"


def oldest(requirement: str) -> str:
    """The lower bound of a requirement, exactly."""
    wanted = Requirement(requirement)
    (bound,) = (each.version for each in wanted.specifier if each.operator == ">=")
    return (
        f"{wanted.name}=={bound}"
        if bound.count(".") > 1
        else f"{wanted.name}=={bound}.0"
    )


def test_the_ranges_are_the_same_everywhere() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    template = (CHECKOUT / "templates/runtime/pyproject.toml.jinja").read_text("utf-8")

    assert set(NEEDED.values()) == set(features.BASE_PACKAGES)
    assert set(features.BASE_PACKAGES) <= set(project["dependencies"])
    assert all(f'"{each}"' in template for each in features.BASE_PACKAGES)


@pytest.mark.parametrize("name", ["oldest", "newest"])
def test_the_tests_of_the_example_pass(name: str) -> None:
    packages = features.BASE_PACKAGES
    exact = tuple(map(oldest, packages)) if name == "oldest" else packages
    python = environment(f"floors-{name}", *exact, "pytest", "pytest-asyncio")

    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=SERVER,
        capture_output=True,
        encoding="utf-8",
        timeout=patient(120),
    )

    assert done.returncode == 0, done.stdout + done.stderr
