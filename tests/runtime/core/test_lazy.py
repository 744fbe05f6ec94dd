"""Modules whose names are imported when they are first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from mcpgen.runtime.core.lazy import LazyModule, Named
from tests.render.projects import importable

PACKAGE = """
from mcpgen.runtime.core.lazy import lazily

__getattr__, __dir__ = lazily(
    __name__, {".one": ("One", "Uno"), ".two": ("Two",)}, {"whole": ".three"}
)
"""


@pytest.fixture
def package(tmp_path: Path) -> Iterator[ModuleType]:
    """A package of two modules, imported."""
    folder = tmp_path / "lazypkg"
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE, "utf-8")
    (folder / "one.py").write_text("class One: ...\n\nUno = One | None\n", "utf-8")
    (folder / "two.py").write_text("class Two: ...\n", "utf-8")
    (folder / "three.py").write_text("class Three: ...\n", "utf-8")
    with importable(tmp_path):
        yield importlib.import_module("lazypkg")


def test_a_module_is_imported_when_one_of_its_names_is_used(
    package: ModuleType,
) -> None:
    assert not {"lazypkg.one", "lazypkg.two"} & set(sys.modules)
    assert package.One is sys.modules["lazypkg.one"].One
    assert "lazypkg.two" not in sys.modules


def test_a_name_is_looked_up_once(package: ModuleType) -> None:
    assert "Two" not in vars(package)
    assert package.Two is package.Two
    assert "Two" in vars(package)


def test_a_name_can_stand_for_a_whole_module(package: ModuleType) -> None:
    assert "lazypkg.three" not in sys.modules
    assert package.whole is sys.modules["lazypkg.three"]


def test_a_stand_in_imports_its_module_when_something_of_it_is_used(
    package: ModuleType,
) -> None:
    two = LazyModule("lazypkg", "two")

    assert "lazypkg.two" not in sys.modules
    assert two.Two is sys.modules["lazypkg.two"].Two
    assert "Two" in vars(two)
    with pytest.raises(AttributeError, match=r"'lazypkg.two' has no attribute 'One'"):
        _ = two.One


def test_consoles_complete_names_that_are_not_imported_yet(package: ModuleType) -> None:
    assert {"One", "Two", "Uno", "whole"} <= set(dir(package))
    assert "lazypkg.one" not in sys.modules


def test_a_wrong_name_is_an_attribute_error_as_of_any_module(
    package: ModuleType,
) -> None:
    with pytest.raises(AttributeError, match=r"'lazypkg' has no attribute 'Three'"):
        _ = package.Three
    assert not hasattr(package, "__wrapped__")


def test_a_named_thing_is_looked_up_when_it_is_loaded(package: ModuleType) -> None:
    named = Named(package, "Two")
    assert "lazypkg.two" not in sys.modules
    assert named.load() is package.Two
