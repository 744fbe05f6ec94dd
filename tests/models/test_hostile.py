"""Schemas from strangers: no text becomes code, nothing grows without bound."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcpgen.diagnostics import MCPGenError
from mcpgen.models import Root, generate, generate_definitions
from mcpgen.runtime.core.model import Codec
from tests.pace import patient

from .loading import load, model, module_text, same

HOSTILE = [
    '"""',
    "'''\nimport os",
    '"""\nimport os\nos.system("x")\n"""',
    "\\",
    'a\\"""',
    "\\N{BULLET}",
    "\\x41",
    "{{ 1 + 1 }}{% raw %}",
    "\x00",
    "\r\n",
    "\u2028",
    "\u202e",
    "\ufeff",
    "#",
    "): pass",
    "__import__('os')",
    "D0",
    "v0",
    "f0",
    "Any",
    "x" * 300,
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=12),
    st.text(alphabet="\"'\\\n\r{}%#()[]:,;=\x00\x1b\u202e\u2028", max_size=8),
)


@st.composite
def hostile_schemas(draw: st.DrawFn) -> dict[str, Any]:
    """The same structure, with any text in every place where there can be some."""
    name, other = draw(st.lists(TEXTS, min_size=2, max_size=2, unique=True))
    text = draw(TEXTS)
    pointer = other.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    return {
        "type": "object",
        "title": text,
        "description": text,
        "$comment": text,
        "customBasePath": "subprocess.Popen",
        "x-python-import": {"module": "os", "name": "system"},
        "properties": {
            name: {
                "enum": [text, draw(TEXTS)],
                "description": draw(TEXTS),
                "default": text,
                "customTypePath": "os.system",
                "x-python-type": "os.system",
            },
            other: {
                "type": "object",
                "title": text,
                "description": text,
                "format": text,
                "properties": {text: {"const": text}},
                "required": [text],
            },
            "reference": {"$ref": f"#/$defs/{pointer}", "description": text},
            "list": {
                "type": "array",
                "items": {"type": "string", "default": text},
                "default": [text],
            },
        },
        "$defs": {
            other: {"type": "object", "description": text, "properties": {name: {}}}
        },
    }


@settings(deadline=None, max_examples=80)
@given(hostile_schemas())
def test_text_stays_text(schema: dict[str, Any]) -> None:
    generated = generate([Root("Thing", schema, "x")])
    tree = ast.parse(generated.source)
    assert all(
        isinstance(s, (ast.ClassDef, ast.AnnAssign, ast.Expr)) for s in tree.body
    )
    calls = {
        ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)
    }
    assert calls <= {"Field", "absent"}
    thing = load(generated).Thing
    properties = schema["properties"]
    name, other, *_ = properties
    text = schema["title"]
    instance = {
        name: properties[name]["enum"][1],
        other: {text: text},
        "reference": {name: [text]},
        "list": [text, text],
        "unknown": text,
    }
    assert same(Codec[Any](thing).dump(Codec[Any](thing).build(instance)), instance)
    fields = {f.wire_name: f for f in generated.models["Thing"].fields}
    assert set(fields) == set(properties)
    described = properties[name]["description"]
    assert fields[name].description == (described if described.strip() else None)


@settings(deadline=None, max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=5, unique=True))
def test_definitions_with_any_names_are_classes(names: list[str]) -> None:
    document: dict[str, Any] = {
        "$defs": {
            name: {"type": "object", "properties": {"a": {}}, "title": name}
            for name in names
        }
    }
    classes = {name: f"Class{n}" for n, name in enumerate(names)}
    load(generate_definitions(document, classes))


def test_lone_surrogates_never_reach_the_source() -> None:
    schema = {
        "type": "object",
        "description": "a\ud800",
        "properties": {
            "a\udfff": {"type": "string"},
            "b": {"enum": ["\ud800", "x"], "default": "\ud800"},
        },
    }
    generated = generate([Root("Thing", schema, "x")])
    module_text(generated).encode()
    assert Codec[Any](load(generated).Thing).build({"b": "x"}).b == "x"


def test_generating_and_importing_run_no_process_read_no_file_and_open_no_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generate([Root("Warm", {"type": "object"}, "x")])
    touched: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event.split(".")[0] in ("open", "socket", "subprocess", "os"):
            touched.append(f"{event} {arguments!r}"[:200])

    watching = False
    sys.addaudithook(watch)
    monkeypatch.setattr(socket, "socket", None)
    schema = {
        "type": "object",
        "customBasePath": "subprocess.Popen",
        "customTypePath": "antigravity.fly",
        "x-python-import": {"module": "this", "name": "s"},
        "properties": {"args": {"type": "string", "customTypePath": "this.s"}},
        "$defs": {"a": {"$id": "file:///etc/passwd", "type": "string"}},
    }
    watching = True
    generated = generate([Root("Thing", schema, "x")])
    watching = False
    assert touched == []
    assert "this" not in sys.modules
    assert Codec[Any](load(generated).Thing).build({"args": "x"}).args == "x"


def deep(levels: int, wrap: Callable[[Any], Any]) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(levels):
        schema = wrap(schema)
    return schema


WRAPPINGS: list[Callable[[Any], Any]] = [
    lambda s: {"type": "object", "properties": {"a": s}},
    lambda s: {"type": "array", "items": s},
    lambda s: {"type": "object", "additionalProperties": s},
    lambda s: {"anyOf": [s, {"type": "integer"}]},
    lambda s: {"allOf": [s]},
    lambda s: {"not": s},
]


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_two_hundred_levels_give_types_for_the_first_ones(wrap: Any) -> None:
    schema = {"type": "object", "properties": {"a": deep(200, wrap)}}
    thing = model(schema)
    assert Codec[Any](thing).dump(Codec[Any](thing).build({})) == {}


def test_a_chain_of_two_hundred_classes_can_be_built() -> None:
    count = 200
    definitions: dict[str, Any] = {
        f"d{n}": {"type": "object", "properties": {"a": {"$ref": f"#/$defs/d{n + 1}"}}}
        for n in range(count)
    }
    definitions[f"d{count}"] = {"type": "string"}
    properties = {f"q{n}": {"$ref": f"#/$defs/d{n}"} for n in range(count)}
    schema = {"type": "object", "properties": properties, "$defs": definitions}
    instance: dict[str, Any] = {"q0": {"a": {"a": {"a": {}}}}}
    thing = model(schema)
    assert Codec[Any](thing).dump(Codec[Any](thing).build(instance)) == instance


def doubling(levels: int) -> dict[str, Any]:
    definitions: dict[str, Any] = {
        f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(levels)
    }
    return {"$ref": "#/$defs/a0", "$defs": {**definitions, f"a{levels}": {}}}


UNBOUNDED: list[tuple[Any, str]] = [
    (deep(500, WRAPPINGS[1]), "too deep"),
    ({"properties": {f"p{n}": {} for n in range(60_000)}}, "too large"),
    (doubling(60), "takes too long to evaluate"),
]


@pytest.mark.parametrize(("schema", "what"), UNBOUNDED)
def test_what_has_no_bound_is_refused_at_once(schema: Any, what: str) -> None:
    began = time.monotonic()
    with pytest.raises(MCPGenError, match=what) as caught:
        generate([Root("Thing", schema, "tool 'x', input")])
    assert [d.code for d in caught.value.diagnostics] == ["MG312"]
    assert time.monotonic() - began < patient(5)


def test_long_texts_and_enumerations_stay_out_of_the_source() -> None:
    schema = {
        "type": "object",
        "description": "word " * 2_000_000,
        "properties": {
            "many": {"enum": [f"value {n}" for n in range(50_000)]},
            "long": {"const": "y" * 100_000},
        },
        "required": ["long"],
    }
    began = time.monotonic()
    generated = generate([Root("Thing", schema, "x")])
    assert time.monotonic() - began < patient(10)
    assert len(generated.source) < 30_000
    fields = generated.models["Thing"].fields
    assert [f.annotation for f in fields] == ["str", "str"]


def test_the_source_is_the_same_for_every_hash_seed() -> None:
    program = (
        "from tests.models.test_classes import FORECAST\n"
        "from mcpgen.models import Root, generate\n"
        "print(generate([Root('A', FORECAST, 'x'), Root('B', {'anyOf': [FORECAST, "
        "{'type': 'object', 'properties': {'x': {'enum': ['b', 'a', None]}}}]}, 'y')]))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            cwd=Path(__file__).parents[2],
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(outputs) == 1
