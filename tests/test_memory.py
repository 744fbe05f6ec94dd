"""What a run remembers for the next one: the same output, sooner; never a wrong one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.manifests import tools
from mcpgen import generate, ir, memory, new, project
from mcpgen.build import build
from mcpgen.manifest import loads
from mcpgen.models import Memory
from mcpgen.render import render
from mcpgen.views.remembered import Pieces

JsonObject = dict[str, Any]
COUNT = 70
"""So many tools that each has a module of its own."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv(memory.ENVIRONMENT, str(folder))
    return folder


def built(offered: list[JsonObject], known: Memory | None = None) -> ir.Project:
    text = json.dumps({"mcpgen": 1, "name": "big", "tools": offered})
    return build(loads(text, "mcpgen.json"), None, known)


def again(known: Memory, salt: str = "s") -> Memory:
    """The memory of a next run, through a file."""
    return Memory(salt, json.loads(json.dumps(known.kept)))


def test_what_is_remembered_is_what_would_be_made() -> None:
    offered = tools(COUNT)
    first = Memory("s")
    alone = built(offered)
    assert built(offered, first) == alone
    assert len(first.kept) == COUNT
    second = again(first)
    assert built(offered, second) == alone
    assert not second.is_changed


def test_a_change_is_made_anew_and_the_rest_is_remembered() -> None:
    offered = tools(COUNT)
    first = Memory("s")
    built(offered, first)
    changed = deepcopy(offered)
    changed[5]["inputSchema"]["properties"]["new"] = {"type": "string"}
    del changed[9]
    second = again(first)
    assert built(changed, second) == built(changed)
    assert second.is_changed
    assert len(second.kept.keys() - first.kept.keys()) == 1


def test_another_mcpgen_remembers_nothing() -> None:
    offered = tools(COUNT)
    first = Memory("s")
    built(offered, first)
    second = again(first, "t")
    assert built(offered, second) == built(offered)
    assert not second.kept.keys() & first.kept.keys()


def nested(name: str, inner: str) -> JsonObject:
    """A tool whose class for `inner` is called `<Name>Input<Inner>`."""
    place = {"type": "object", "properties": {"x": {"type": "integer"}}}
    schema = {"type": "object", "properties": {inner: place}}
    return {"name": name, "inputSchema": schema}


def test_names_that_depend_on_others_are_made_anew() -> None:
    """`aInput` has a class `AInputBInput`; a tool that is called so comes and goes."""
    offered = tools(COUNT)
    one, other = nested("a", "b_input"), nested("a_input_b", "c")
    first = Memory("s")
    built([*offered, one], first)
    for arrangement in (
        [*offered, one, other],
        [*offered, other, one],
        [other, *offered, one],
        [*offered, one],
        [*offered, other],
    ):
        known = again(first)
        assert built(arrangement, known) == built(arrangement)
        first = known


@pytest.mark.parametrize(
    "text",
    ["[]", "{", "[" * 100_000, '{"models": [], "pieces": 1}'],
    ids=["list", "cut", "deep", "parts"],
)
def test_a_broken_cache_costs_nothing_but_time(
    text: str, tmp_path: Path, cache: Path
) -> None:
    made = big(tmp_path)
    (file,) = cache.iterdir()
    file.write_text(text, "utf-8")
    edit(made)
    assert generate.generate(project.find(made)).plan.changes
    kept = json.loads(file.read_text("utf-8"))
    assert len(kept["models"]) == COUNT
    assert sum(key.startswith("catalog ") for key in kept["pieces"]) == COUNT


def test_entries_that_are_no_modules_are_not_used() -> None:
    offered = tools(COUNT)
    first = Memory("s")
    built(offered, first)
    wrongs: tuple[Any, ...] = (
        None,
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
        ["a", "b", [], [], ["X"], []],
        ["a", "b", [], [], [], 1, [], [], []],
        ["a", "b", [], [], ["X"], "c", [], [], []],
        {},
    )
    for wrong in wrongs:
        known = Memory("s", dict.fromkeys(first.kept, wrong))
        assert built(offered, known) == built(offered)
        assert known.is_changed
        assert known.kept == first.kept


def test_pieces_that_are_none_are_written_anew() -> None:
    first = Pieces("s")
    rendered(tools(COUNT), first)
    wrongs: tuple[ir.Json, ...] = (None, 1, [], [1], {})
    for wrong in wrongs:
        pieces = Pieces("s", dict.fromkeys(first.kept, wrong))
        assert rendered(tools(COUNT), pieces) == rendered(tools(COUNT))
        assert pieces.is_changed
        assert pieces.kept == first.kept


def rendered(
    offered: list[JsonObject], pieces: Pieces | None = None
) -> dict[str, ir.File]:
    return render(built(offered), pieces=pieces)


def later(pieces: Pieces, salt: str = "s") -> Pieces:
    """The pieces of a next run, through a file."""
    return Pieces(salt, json.loads(json.dumps(pieces.kept)))


def long_types(name: str, *kinds: str) -> JsonObject:
    """A tool with a parameter whose type is too long for its line."""
    long = {
        "enum": [f"a-rather-long-value-{kind}-{n}" for kind in kinds for n in range(9)]
    }
    return {
        "name": name,
        "inputSchema": {"type": "object", "properties": {"kind": long}},
    }


def changes_of(offered: list[JsonObject]) -> Iterator[list[JsonObject]]:
    """Manifests that follow one another: each shape of an edit."""
    yield offered
    offered[5]["description"] = "Another one."
    yield offered
    offered[6]["inputSchema"]["properties"]["new"] = {"type": "number"}
    yield offered
    offered[7]["outputSchema"] = {"type": "object", "properties": {"a": {}}}
    yield offered
    offered[8]["name"] = "renamed"
    yield offered
    offered.insert(3, {"name": "inserted", "inputSchema": {"type": "object"}})
    yield offered
    # The number behind a method's name depends on what stands before it.
    offered.insert(0, {**offered[9], "name": offered[9]["name"].upper()})
    yield offered
    offered[9]["inputSchema"] = {"type": "object", "properties": {"a": {"const": 1}}}
    yield offered
    offered[9]["inputSchema"] = {"type": "object", "properties": {"a": {"const": 1.0}}}
    yield offered
    offered[9]["inputSchema"] = {"type": "object", "properties": {"a": {"const": True}}}
    yield offered
    # Aliases are shared between tools, so they come and go with the first that has one.
    offered[20:20] = [long_types("first", "x"), long_types("second", "x")]
    yield offered
    del offered[20]
    yield offered
    offered.insert(10, long_types("kind", "y"))
    yield offered
    del offered[:4]
    yield offered
    offered.reverse()
    yield offered


def test_whatever_is_edited_the_files_are_those_of_a_first_run() -> None:
    pieces = Pieces("s")
    for offered in changes_of(tools(COUNT)):
        assert rendered(offered, pieces) == rendered(offered)
        pieces = later(pieces)


def test_pieces_of_the_same_tools_are_not_written_again() -> None:
    first = Pieces("s")
    rendered(tools(COUNT), first)
    second = later(first)
    rendered(tools(COUNT), second)
    assert first.kept
    assert not second.is_changed
    changed = tools(COUNT)
    changed[3]["description"] = "Another one."
    third = later(first)
    rendered(changed, third)
    assert len(third.kept.keys() - first.kept.keys()) == 2


def test_files_tell_the_project_that_they_are_of() -> None:
    """Modules name the project and its manifest; both may change beside the tools."""
    first = Pieces("s")
    made = built(tools(COUNT))
    render(made, pieces=first)
    for other in (replace(made, manifest_file="other.json"), replace(made, name="o")):
        assert render(other, pieces=later(first)) == render(other)


def test_pieces_of_another_mcpgen_are_not_used() -> None:
    first = Pieces("s")
    rendered(tools(COUNT), first)
    second = later(first, "t")
    assert rendered(tools(COUNT), second) == rendered(tools(COUNT))
    assert not second.kept.keys() & first.kept.keys()


def test_entries_that_are_no_pieces_are_not_used() -> None:
    first = Pieces("s")
    rendered(tools(COUNT), first)
    wrongs: tuple[Any, ...] = (None, 1, {}, [], [1], ["a", "b"], ["a", None])
    for wrong in wrongs:
        second = Pieces("s", dict.fromkeys(first.kept, wrong))
        assert rendered(tools(COUNT), second) == rendered(tools(COUNT))


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("", "utf-8")
    monkeypatch.setenv(memory.ENVIRONMENT, str(file / "below"))
    edit(made := big(tmp_path))
    assert generate.generate(project.find(made)).plan.changes


def test_a_small_project_leaves_nothing_behind(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "small"
    new.create("small", folder=folder)
    edit(folder)
    generate.generate(project.find(folder))
    assert not cache.exists()


@pytest.mark.slow
def test_a_change_to_one_of_a_thousand_tools_takes_seconds(tmp_path: Path) -> None:
    made = big(tmp_path, 1_000)
    took: list[float] = []
    for _ in range(3):
        edit(made)
        began = time.process_time()
        assert generate.generate(project.find(made)).plan.changes
        took.append(time.process_time() - began)
    assert min(took) < 3


def big(folder: Path, count: int = COUNT) -> Path:
    """A project of many tools, generated once more so that all is remembered."""
    manifest = folder / "tools.json"
    manifest.write_text(json.dumps({"tools": tools(count)}), "utf-8")
    made = folder / "big"
    new.create("big", source=manifest, folder=made)
    edit(made)
    generate.generate(project.find(made))
    return made


def edit(folder: Path) -> None:
    """Change a description."""
    file = folder / "mcpgen.yaml"
    text = file.read_text("utf-8")
    if "What to look for" in text:
        text = text.replace("What to look for", "What to look for!", 1)
    else:
        text += "\n# changed\n"
    file.write_text(text, "utf-8")
