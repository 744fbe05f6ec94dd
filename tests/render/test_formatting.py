"""What is rendered for real servers compiles, and formatters and linters leave it alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpgen.build import build
from mcpgen.manifest import load
from tests.formatting import changed_by_black, ruff, write
from tests.render.projects import example, executed, native, own_modules, project, texts
from tests.shared_data import CORPUS, TELLING, corpus, needs_shared

NAMES = [
    pytest.param(name, marks=() if name in TELLING else pytest.mark.corpus)
    for name in corpus()
]


def check(folder: Path, files: dict[str, str]) -> None:
    """The modules compile, black and ruff would change nothing, ruff finds nothing."""
    for path, text in files.items():
        assert text == "" or text.endswith("\n"), path
        assert "\r" not in text, path
        assert not text.endswith("\n\n"), path
    modules = own_modules(files)
    for path, source in modules.items():
        compile(source, path, "exec", dont_inherit=True)
    assert changed_by_black(modules) == []
    others = {path: text for path, text in files.items() if not path.endswith(".py")}
    write(folder, {**modules, **others})
    assert ruff(folder, "format", "--diff") == ""
    # In its own folder, because whose package is whose decides the order of imports.
    select = ("--select", "E,F,I,UP,B,RUF", "--ignore", "E501,RUF001,RUF002,RUF003")
    for half in ("server", "client"):
        assert ruff(folder / half, "check", *select) == ""


@needs_shared
@pytest.mark.parametrize("name", NAMES)
def test_formatters_and_linters_leave_real_projects_as_they_are(
    name: str, tmp_path: Path
) -> None:
    manifest = load(CORPUS / f"{name}.json").named(name)
    made = build(manifest)
    files = texts(made)
    check(tmp_path, files)
    (path,) = (path for path in files if path.endswith("client/catalog.py"))
    wanted = json.loads((CORPUS / f"{name}.json").read_text("utf-8"))["tools"]
    assert json.dumps(executed(files[path])["CATALOG"].tools) == json.dumps(wanted)


@pytest.mark.parametrize(
    "name", ["weather", "a-name-that-is-as-long-as-names-can-ever-be"]
)
def test_formatters_and_linters_leave_the_example_as_it_is(
    name: str, tmp_path: Path
) -> None:
    check(tmp_path, example(name))


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"tools": [{"name": "x", "inputSchema": {"type": "object"}}]},
        {"prompts": [{"name": "x"}]},
        {"prompts": [{"name": "x", "arguments": [{"name": "y"}]}]},
        {"resources": [{"name": "x", "uri": "a:b"}]},
        {"resourceTemplates": [{"name": "x", "uriTemplate": "a:{b}{?c*}"}]},
        {"server": {"version": "1", "instructions": "Words of advice. " * 20}},
    ],
    ids=lambda parts: next(iter(parts), "nothing"),
)
def test_small_projects_have_no_import_too_many(
    parts: dict[str, object], tmp_path: Path
) -> None:
    check(tmp_path, texts(project(native(**parts))))


def test_long_names_and_types_stay_within_the_line(tmp_path: Path) -> None:
    long = (
        "a_very_long_name_of_a_property_that_goes_on_and_on_and_never_ends_until_here"
    )
    choices = [f"choice number {n} of a long list" for n in range(9)]
    item = {"type": "object", "properties": {"x": {"type": "string"}}}
    properties = {
        f"{long}_4": {"type": "array", "items": item},
        f"{long}_5": {"type": "object", "additionalProperties": item},
        f"{long}_6": {"anyOf": [item, {"type": "null"}, {"type": "string"}]},
        long: {"type": "string", "enum": choices},
        f"{long}_2": {"type": "array", "items": {"enum": choices}},
        f"{long}_3": item,
        "short": {"enum": choices},
        "one_of_two": {"anyOf": [{"enum": choices}, {"type": "null"}]},
    }
    schema = {"type": "object", "properties": properties, "required": [long]}
    tools = [
        {"name": f"{long}_{n}", "inputSchema": schema, "outputSchema": schema}
        for n in range(3)
    ]
    files = texts(project(native(tools=tools)))
    check(tmp_path, files)
