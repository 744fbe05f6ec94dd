"""Nothing that a manifest says becomes code: hostile texts stay values and prose."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcpgen import render
from mcpgen.diagnostics import MCPGenError
from mcpgen.pycode import Code
from tests.hostile import TEXT
from tests.render.projects import (
    JsonObject,
    executed,
    native,
    own_modules,
    project,
    texts,
)

WORDS = TEXT.map(lambda text: f"x{text}x")
"""Hostile text with something to see at both ends: white space alone is no description."""

CALLED = {
    "Annotated",
    "Catalog",
    "Contract",
    "Field",
    "ProtocolError",
    "PromptBinding",
    "ResourceBinding",
    "TemplateBinding",
    "ToolBinding",
    "ToolCall",
    "ToolError",
    "TypeAliasType",
    "_missing",
    "absent",
    "always",
    "getattr",
}
"""All functions that generated modules may call by their name."""


def manifest(text: str, other: str) -> JsonObject:
    """A manifest with two texts wherever text can be."""
    schema = {
        "type": "object",
        "title": other,
        "description": text,
        "properties": {
            "one": {"type": "string", "description": text, "default": other},
            "two": {
                "type": "object",
                "description": other,
                "properties": {
                    "three": {"enum": [text, other, "plain"], "description": text},
                    "four": {"const": text},
                    "five": {"type": "string", "examples": [text], "$comment": other},
                },
            },
        },
        "required": ["one"],
    }
    return native(
        server={
            "version": other,
            "title": text,
            "description": text,
            "instructions": other,
        },
        tools=[
            {
                "name": "ask",
                "title": other,
                "description": text,
                "inputSchema": schema,
                "outputSchema": schema,
                "annotations": {"title": text},
            }
        ],
        prompts=[
            {
                "name": "plan",
                "description": other,
                "arguments": [
                    {"name": "city", "description": text, "complete": [other]},
                    {"name": "month", "description": other, "complete": True},
                ],
            }
        ],
        resources=[{"uri": "a:b", "name": "cities", "description": text}],
        resourceTemplates=[{"uriTemplate": "a:{city}", "name": "city", "title": other}],
    )


def shape(source: str, *, names: bool = True) -> str:
    """The syntax tree without its constants; without `names`, only its structure."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value, node.kind = type(node.value).__name__, None
        if not names:
            _forget_names(node)
    return ast.dump(tree)


def _forget_names(node: ast.AST) -> None:
    for field in ("id", "attr", "name", "arg", "module", "asname"):
        if isinstance(getattr(node, field, None), str):
            setattr(node, field, "name")


def called(source: str) -> set[str]:
    """The functions that are called by a plain name."""
    return {
        node.func.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def rendered(document: JsonObject) -> dict[str, str]:
    """The rendered modules of a manifest, skeletons and tests included."""
    return own_modules(texts(project(document)))


@pytest.fixture(scope="module")
def harmless() -> dict[str, str]:
    """The shapes of the modules where all texts are harmless."""
    modules = rendered(manifest("xsome textx", "xother textx"))
    return {path: shape(source) for path, source in modules.items()}


@settings(max_examples=40, deadline=None)
@given(WORDS, WORDS)
def test_texts_never_change_the_syntax_tree(
    harmless: dict[str, str], text: str, other: str
) -> None:
    if text == other:
        other += "?"
    modules = rendered(manifest(text, other))
    assert {path: shape(source) for path, source in modules.items()} == harmless


@settings(max_examples=40, deadline=None)
@given(WORDS, WORDS)
def test_the_catalogue_has_texts_exactly(text: str, other: str) -> None:
    document = manifest(text, other)
    made = project(document)
    files = texts(made)
    for path in (
        "server/weather_server/generated/catalog.py",
        "client/weather_client/catalog.py",
    ):
        catalog = executed(files[path])["CATALOG"]
        assert json.dumps(catalog.tools) == json.dumps(document["tools"])
        assert catalog.instructions == other
        assert catalog.server["title"] == text
        (prompt,) = catalog.prompts
        assert [a["description"] for a in prompt["arguments"]] == [text, other]


@settings(max_examples=40, deadline=None)
@given(WORDS, WORDS)
def test_made_up_results_have_texts_exactly(text: str, other: str) -> None:
    document = manifest(text, other)
    source = texts(project(document))["server/weather_server/generated/examples.py"]
    assert called(source) == set()
    assert imported(source) == {"__future__", "typing"}
    made = json.loads(executed(source)["EXAMPLES"])
    assert made == {
        "ask": {
            "value": {
                "one": other,
                "two": {"three": text, "four": text, "five": text},
            }
        }
    }


def _without_controls(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Zl", "Zp"))


NAMES = (
    (st.text(max_size=12) | TEXT)
    .map(lambda text: _without_controls(text)[:200])
    .filter(str.strip)
)
"""Names as they may be: anything but control characters."""


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), NAMES, TEXT)
def test_names_never_become_code(names: list[str], inner: str, pattern: str) -> None:
    pattern = re.sub(r"[\^$\\.*+?()[\]{}|/]", r"\\\g<0>", pattern)
    property_ = {"type": "string", "pattern": pattern, "default": inner}
    schema = {
        "type": "object",
        "properties": dict.fromkeys(names, property_),
        "$defs": {inner: {"type": "object", "properties": {inner: {"enum": names}}}},
        "required": [names[0]],
    }
    schema["properties"]["child"] = {"$ref": f"#/$defs/{pointer(inner)}"}  # type: ignore[index]  # the dict above
    document: JsonObject = {
        "tools": [{"name": name, "inputSchema": schema} for name in names],
        "prompts": [{"name": name, "arguments": [{"name": inner}]} for name in names],
        "resources": [{"uri": f"a:{n}", "name": name} for n, name in enumerate(names)],
    }
    modules = rendered(document)
    for path, source in modules.items():
        compile(source, path, "exec")
        if path.endswith(("catalog.py", "models.py", "/service.py", "/client.py")):
            assert {name for name in called(source) if name.islower()} <= CALLED | {
                "cls"
            }
            assert imported(source) <= IMPORTED
    for path, source in modules.items():
        if path.endswith("catalog.py"):
            assert json.dumps(executed(source)["CATALOG"].tools) == json.dumps(
                document["tools"]
            )


IMPORTED = {
    "",
    "__future__",
    "abc",
    "catalog",
    "models",
    "pydantic",
    "revisions",
    "runtime.client",
    "runtime.protocol.types",
    "runtime.server",
    "runtime.core.catalog",
    "runtime.core.lazy",
    "runtime.core.model",
    "runtime.version",
    "typing",
    "typing_extensions",
}


def imported(source: str) -> set[str]:
    """The modules that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def pointer(name: str) -> str:
    """A name as part of a JSON pointer in a URI fragment."""
    from urllib.parse import quote

    return quote(name.replace("~", "~0").replace("/", "~1"), safe="")


@settings(max_examples=40, deadline=None)
@given(WORDS, WORDS)
def test_no_template_syntax_is_left_and_none_is_executed(text: str, other: str) -> None:
    probe = "{{ 7 * 191 }}{% for x in range(3) %}x{% endfor %}"
    for source in texts(project(manifest(f"{text}{probe}", other))).values():
        assert "1337" not in source


@pytest.mark.parametrize("value", ["text", 7, None, 1.5, ["list"], b"bytes"])
def test_a_template_takes_nothing_but_code(value: Any) -> None:
    with pytest.raises(render.UnsafeTextError):
        render.environment().from_string("{{ value }}").render(value=value)


@pytest.mark.parametrize(
    "template",
    ["{{ code ~ code }}", "{{ code | upper }}", "{{ code + 'x' }}", "{{ 'x' }}"],
)
def test_code_that_was_tampered_with_is_no_code(template: str) -> None:
    environment = render.environment()
    with pytest.raises((render.UnsafeTextError, jinja2.TemplateError)):
        environment.from_string(template).render(code=Code("x"))


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render.environment().from_string("{{ value }}").render()


def test_a_definition_that_is_nested_too_deep_is_a_diagnostic() -> None:
    deep: Any = "core"
    for _ in range(130):
        deep = {"k": deep}
    with pytest.raises(MCPGenError, match="MG241"):
        project(native(tools=[tool_with_meta(deep)]))


def tool_with_meta(meta: Any) -> JsonObject:
    """A tool with something in its `_meta`."""
    return {"name": "deep", "inputSchema": {"type": "object"}, "_meta": {"k": meta}}
