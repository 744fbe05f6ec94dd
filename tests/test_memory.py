"""What a run remembers for the next one: the same output, sooner; never a wrong one."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from benchmarks.manifests import tools
from mcpgen import generate, ir, memory, new, project
from mcpgen.build import build
from mcpgen.manifest import loads
from mcpgen.models import Memory

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
    "text", ["[]", "{", "[" * 100_000], ids=["list", "cut", "deep"]
)
def test_a_broken_cache_costs_nothing_but_time(
    text: str, tmp_path: Path, cache: Path
) -> None:
    made = big(tmp_path)
    (file,) = cache.iterdir()
    file.write_text(text, "utf-8")
    edit(made)
    assert generate.generate(project.find(made)).plan.changes
    assert len(json.loads(file.read_text("utf-8"))) == COUNT


def test_entries_that_are_no_modules_are_not_used() -> None:
    offered = tools(COUNT)
    first = Memory("s")
    built(offered, first)
    wrongs: tuple[Any, ...] = (
        None,
        [1, 2, 3, 4, 5, 6],
        ["a", "b", [], [], ["X"], []],
        {},
    )
    for wrong in wrongs:
        known = Memory("s", dict.fromkeys(first.kept, wrong))
        assert built(offered, known) == built(offered)


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
