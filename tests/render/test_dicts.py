"""Objects among a call's arguments: models or plain dicts, checked before and when run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import UserDict, UserList
from pathlib import Path
from typing import Any, NotRequired, get_type_hints, is_typeddict

import pytest

from tests.packages import Package, package

PLACE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "lat": {"type": "number"},
        "note": {"type": ["string", "null"]},
        "near": {"$ref": "#/$defs/Place"},
    },
    "required": ["city"],
    "additionalProperties": False,
}
"""As real servers have them; in `$defs`, where it leads to itself."""


def tagged(kind: str, key: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"kind": {"const": kind}, key: {"type": "number"}},
        "required": ["kind", key],
    }


AWKWARD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "If-Match": {"type": "string"},
        "class": {"type": "integer"},
        "__typename": {"type": "string"},
        "list": {"type": "array", "items": {"type": "string"}},
        "own": {"$ref": "#/$defs/Awkward"},
    },
    "required": ["If-Match"],
}
HIDING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "str": {"type": "string"},
        "NotRequired": {"type": "string"},
        "PlanInputPlaceDict": {"$ref": "#/$defs/Place"},
    },
}
JSON: dict[str, Any] = {
    "anyOf": [
        {"type": "string"},
        {"$ref": "#/$defs/Place"},
        {"type": "array", "items": {"$ref": "#/$defs/Json"}},
    ]
}
PLAN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "place": {"$ref": "#/$defs/Place"},
        "stops": {"type": "array", "items": {"$ref": "#/$defs/Place"}},
        "named": {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/Place"},
        },
        "area": {"oneOf": [tagged("circle", "r"), tagged("square", "side")]},
        "either": {
            "type": "array",
            "items": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "string"}]},
        },
        "json": {"$ref": "#/$defs/Json"},
        "awkward": {"$ref": "#/$defs/Awkward"},
        "hiding": {"$ref": "#/$defs/Hiding"},
        "open": {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "additionalProperties": True,
        },
        "nullable": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]},
    },
    "$defs": {"Place": PLACE, "Awkward": AWKWARD, "Hiding": HIDING, "Json": JSON},
}

GOOD = """\
from plan_client import PlanClient, models


async def user(client: PlanClient) -> None:
    place: models.PlanInputPlaceDict = {{"city": "Oslo"}}
    models_: list[models.PlanInputPlace] = [models.PlanInputPlace(city="Oslo")]
    {call}
"""
RIGHT = [
    'await client.plan(place={"city": "Oslo"})',
    'await client.plan(place={"city": "Oslo", "lat": 1, "note": None})',
    'await client.plan(place=models.PlanInputPlace(city="Oslo"))',
    'await client.plan(place={"city": "Oslo", "near": {"city": "Moss"}})',
    'await client.plan(place={"city": "Oslo", "near": models_[0]})',
    "await client.plan(place=place, stops=models_)",
    'await client.plan(stops=[place, {"city": "Moss"}, models_[0]])',
    'await client.plan(named={"a": {"city": "Moss"}, "b": models_[0]})',
    'await client.plan(area={"kind": "square", "side": 2})',
    'await client.plan(either=["Oslo", {"city": "Moss"}])',
    'await client.plan(json_=["Oslo", [{"city": "Moss"}]])',
    'await client.plan(awkward={"If-Match": "x", "class": 1, "__typename": "T"})',
    'await client.plan(awkward={"If-Match": "x", "own": {"If-Match": "y"}})',
    'await client.plan(hiding={"str": "x", "PlanInputPlaceDict": {"city": "Moss"}})',
    'await client.plan(open={"a": 1, "b": 2})',
    "await client.plan(nullable=None)",
    'await client.plan(nullable={"city": "Moss"})',
]
WRONG = {
    'await client.plan(place={"town": "Oslo"})': "PlanInputPlaceDict",
    "await client.plan(place={})": "PlanInputPlaceDict",
    'await client.plan(place={"city": "Oslo", "lat": "1"})': "PlanInputPlaceDict",
    'await client.plan(place={"city": "Oslo", "lat": None})': "PlanInputPlaceDict",
    'await client.plan(place={"city": "Oslo", "near": {"town": "Moss"}})': "PlanInputPlaceDict",
    'await client.plan(stops=[{"city": "Moss", "lon": 1}])': "PlanInputPlaceDict",
    'await client.plan(stops="Oslo")': "PlanInputPlaceDict",
    'await client.plan(named={"a": {"cty": "Moss"}})': "PlanInputPlaceDict",
    'await client.plan(area={"kind": "square", "r": 2})': "PlanInputAreaSquareDict",
    'await client.plan(area={"kind": "oval", "r": 2})': "PlanInputAreaSquareDict",
    'await client.plan(either="Oslo")': "PlanInputPlaceDict",
    'await client.plan(awkward={"if_match": "x"})': "PlanInputAwkwardDict",
    'await client.plan(awkward={"If-Match": 1})': "PlanInputAwkwardDict",
    'await client.plan(hiding={"str": 1})': "PlanInputHidingDict",
    "await client.plan(place=None)": "PlanInputPlaceDict",
}
"""Calls with a mistake, and the type that a type checker would have wanted."""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server and its client."""
    return tmp_path_factory.mktemp("plan")


@pytest.fixture(scope="module")
def made(plan: Path) -> Package:
    return package("plan", plan, [{"name": "plan", "inputSchema": PLAN}])


@pytest.fixture(scope="module")
def user(made: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody who calls the tool, rightly and wrongly."""
    folder = tmp_path_factory.mktemp("user")
    for number, call in enumerate([*RIGHT, *WRONG]):
        kind = "right" if call in RIGHT else "wrong"
        path = folder / f"{kind}{number}.py"
        path.write_text(GOOD.format(call=call), "utf-8")
    return folder


def assert_typos_are_found(found: dict[str, str]) -> None:
    names = [
        f"wrong{number}.py" for number in range(len(RIGHT), len(RIGHT) + len(WRONG))
    ]
    assert found.keys() == set(names), found
    for name, (call, hint) in zip(names, WRONG.items(), strict=True):
        assert hint in found[name], (call, found[name])


def test_mypy_finds_every_wrong_key_and_type_in_a_dict(
    plan: Path, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYPYPATH", str(plan / "client"))
    command = [sys.executable, "-m", "mypy", "--strict", "."]
    done = subprocess.run(command, cwd=user, capture_output=True, text=True)
    found: dict[str, str] = {}
    for line in done.stdout.splitlines()[:-1]:
        name = line.partition(":")[0]
        found[name] = found.get(name, "") + line
    assert_typos_are_found(found)


def test_pyright_finds_every_wrong_key_and_type_in_a_dict(
    plan: Path, user: Path
) -> None:
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(plan / "client")],
    }
    (user / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson"]
    done = subprocess.run(
        [*command, "--pythonpath", sys.executable],
        cwd=user,
        capture_output=True,
        text=True,
    )
    found: dict[str, str] = {}
    for said in json.loads(done.stdout)["generalDiagnostics"]:
        if said["rule"] == "reportUnusedVariable":
            continue
        name = Path(said["file"]).name
        found[name] = found.get(name, "") + said["message"]
    assert_typos_are_found(found)


@pytest.mark.parametrize("call", RIGHT)
async def test_what_type_checkers_accept_is_accepted_by_the_server(
    call: str, made: Package
) -> None:
    models = made.client_models
    known: dict[str, Any] = {
        "models": models,
        "place": {"city": "Oslo"},
        "models_": [models.PlanInputPlace(city="Oslo")],
    }
    made.result = "done"
    async with made.in_memory() as (client, _):
        made.got.clear()
        await eval(call.removeprefix("await "), {**known, "client": client})
    assert len(made.got) == 1


@pytest.mark.parametrize(
    "place",
    [
        {"city": "Oslo"},
        {"city": "Oslo", "note": None, "lat": 50.0},
        {"city": "Oslo", "lat": 50, "near": {"city": "Moss", "note": None}},
    ],
)
async def test_a_dict_arrives_exactly_as_it_was_given(
    place: Any, made: Package
) -> None:
    made.result = "done"
    async with made.in_memory() as (client, _):
        made.got.clear()
        await client.plan(place=place, stops=[place], named={"x": place})
    sent = made.codec("plan", "server", "input").dump(made.got[0])
    wanted = {"place": place, "stops": [place], "named": {"x": place}}
    assert json.dumps(sent, sort_keys=True) == json.dumps(wanted, sort_keys=True)


async def test_any_sequence_and_any_mapping_will_do(made: Package) -> None:
    made.result = "done"
    moss = made.client_models.PlanInputPlace(city="Moss")
    async with made.in_memory() as (client, _):
        made.got.clear()
        stops = UserList([{"city": "Oslo"}, moss])
        await client.plan(stops=stops, named=UserDict({"x": moss}))
    sent = made.codec("plan", "server", "input").dump(made.got[0])
    assert sent == {
        "stops": [{"city": "Oslo"}, {"city": "Moss"}],
        "named": {"x": {"city": "Moss"}},
    }


async def test_a_wrong_key_is_refused_before_anything_is_sent(made: Package) -> None:
    async with made.in_memory() as (client, _):
        made.got.clear()
        with pytest.raises(made.client.InvalidArgumentsError, match=r"place\.town"):
            await client.plan(place={"city": "Oslo", "town": "Oslo"})
    assert made.got == []


def test_the_dicts_are_there_for_annotations_and_have_the_wires_names(
    made: Package,
) -> None:
    models = made.client_models
    place = get_type_hints(models.PlanInputPlaceDict, include_extras=True)
    assert [*place] == ["city", "lat", "note", "near"]
    assert place["city"] is str
    assert place["note"] == NotRequired[str | None]
    awkward = get_type_hints(models.PlanInputAwkwardDict)
    assert [*awkward] == ["If-Match", "class", "__typename", "list", "own"]


def test_servers_have_no_dicts(made: Package) -> None:
    def dicts(module: Any) -> list[str]:
        return [name for name, found in vars(module).items() if is_typeddict(found)]

    assert dicts(made.server_models) == []
    assert len(dicts(made.client_models)) == 6
