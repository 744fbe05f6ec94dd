"""What type checkers say of generated models, and of right and wrong use of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen.models import Root, generate

from .loading import module_text
from .test_classes import FORECAST


def several(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


def keyed(name: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"$ref": f"#/$defs/{name}"}}


TELLING: dict[str, Any] = {
    "GetForecastInput": FORECAST,
    "Names": {
        "type": "object",
        "properties": {
            **{
                name: {"type": "string"}
                for name in ("class", "list", "str", "int", "copy", "_meta", "名", "$a")
            },
            "dict": {"type": "array", "items": {"type": "integer"}},
            "date": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["class"],
    },
    "Defaults": {
        "type": "object",
        "properties": {
            "a": {"type": "array", "items": {"enum": ["x", "y"]}, "default": ["x"]},
            "b": {"type": "object", "default": {"k": [1]}},
            "c": {"type": "number", "default": 1},
            "d": {"enum": ["x", "y"], "default": "y"},
            "e": {"type": "array", "items": {"type": "string"}, "default": []},
            "f": {"default": 0.5},
            "g": {"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": None},
            "h": {"type": "string", "default": "a, b and c " * 20},
        },
    },
    "Shape": {
        "oneOf": [
            {
                "type": "object",
                "properties": {"kind": {"const": kind}, "next": {"$ref": "#"}},
                "required": ["kind"],
            }
            for kind in ("circle", "square", "a very long name of a kind of shape")
        ]
    },
    "Json": {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": {"$ref": "#"}},
            {"type": "object", "additionalProperties": {"$ref": "#"}},
        ]
    },
    "Tangle": {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/$defs/A"},
            "b": {"$ref": "#/$defs/B"},
            "c": {"$ref": "#/$defs/C"},
        },
        "$defs": {
            "A": {"anyOf": [several("B"), {"type": "integer"}]},
            "B": {"anyOf": [keyed("A"), several("C"), {"type": "string"}]},
            "C": {"anyOf": [several("A"), keyed("B"), several("C")]},
        },
    },
    "Loose": {"properties": {"a": {"items": {"properties": {"b": {}}}}}},
    "List": {"type": "array", "items": {"type": "object", "properties": {"a": {}}}},
}

RIGHT = """
from models import *

place = GetForecastInputPlacesItem(lat=1)
forecast = GetForecastInput(city="Oslo", days=4, unit="kelvin", places=[place])
days: int = forecast.days
note: str | None = forecast.note
Names(class_="x", meta="y")
Defaults()
Tangle(a=["text"], b={"x": 1})
Json_: Json = {"a": [1, None, {"b": True}]}


def narrowed(shape: Shape) -> ShapeCircle | None:
    if shape.kind == "circle":
        return shape
    return shape.next if isinstance(shape.next, ShapeCircle) else None
"""

WRONG = {
    'GetForecastInput(city="Oslo", day=4)': "day",
    "GetForecastInput()": "city",
    "GetForecastInput(city=5)": "str",
    'GetForecastInput(city="Oslo", unit="kelwin")': "kelwin",
    'GetForecastInput(city="Oslo", days=None)': "None",
    'GetForecastInput(city="Oslo").cty': "cty",
    'Defaults(a=["z"])': "z",
    'Tangle(a="text")': "Tangle",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the telling models and one file per use of them."""
    path = tmp_path_factory.mktemp("typing")
    roots = [Root(name, schema, name) for name, schema in TELLING.items()]
    (path / "models.py").write_text(module_text(generate(roots)), encoding="utf-8")
    (path / "right.py").write_text(RIGHT, encoding="utf-8")
    for number, line in enumerate(WRONG):
        text = f"from models import *\n\n{line}\n"
        (path / f"wrong{number}.py").write_text(text, encoding="utf-8")
    options = {"typeCheckingMode": "strict", "pythonVersion": "3.11"}
    (path / "pyrightconfig.json").write_text(json.dumps(options), encoding="utf-8")
    return path


def test_mypy_is_content_and_finds_wrong_use(folder: Path) -> None:
    wrong = [f"wrong{number}.py" for number in range(len(WRONG))]
    good = checked("mypy", "--strict", "models.py", "right.py", cwd=folder)
    assert good.returncode == 0, good.stdout
    bad = checked("mypy", "--strict", *wrong, cwd=folder)
    for name, hint in zip(wrong, WRONG.values(), strict=True):
        said = [line for line in bad.stdout.splitlines() if line.startswith(name)]
        assert any(hint in line for line in said), bad.stdout


def test_pyright_is_content_and_finds_wrong_use(folder: Path) -> None:
    done = checked(
        "pyright", "--outputjson", "--pythonpath", sys.executable, cwd=folder
    )
    found: dict[str, str] = {}
    for said in json.loads(done.stdout)["generalDiagnostics"]:
        name = Path(said["file"]).name
        if "wildcard" not in said["message"].lower():
            found[name] = found.get(name, "") + said["message"] + "\n"
    assert "models.py" not in found, found
    assert "right.py" not in found, found
    for number, hint in enumerate(WRONG.values()):
        assert hint in found[f"wrong{number}.py"]


def checked(tool: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", tool, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
