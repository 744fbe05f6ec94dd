"""Names that callers have stay, whatever happens to the manifest."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from mcpgen import lock
from tests.cli.terminal import Terminal
from tests.contracts.projects import git
from tests.pace import patient

Json = dict[str, Any]
SECONDS = patient(120)


def tool(properties: Json, name: str = "t", **more: Any) -> Json:
    schema = {"type": "object", "properties": properties}
    return {
        "name": name,
        "description": "A tool that does a thing.",
        "inputSchema": {**schema, **more.pop("schema", {})},
        **more,
    }


def text(*tools: Json, version: str = "1.0.0", **more: Any) -> str:
    found = {"mcpgen": 1, "name": "d", "server": {"version": version}, "tools": tools}
    return json.dumps({**found, "targets": ["client"], **more})


class Shop:
    """A project of a client, in the terminal's folder."""

    def __init__(self, terminal: Terminal, folder: Path) -> None:
        self.terminal = terminal
        self.folder = folder

    def write(self, *tools: Json, version: str = "1.0.0", **more: Any) -> None:
        made = text(*tools, version=version, **more)
        (self.folder / "mcpgen.json").write_text(made, "utf-8")

    def generate(self, *options: str) -> str:
        done = self.terminal.mcpgen("generate", *options)
        assert done.code == 0, done.err
        return done.err

    def run(self, code: str) -> Any:
        """What a program prints, as JSON; it has the client, and `call`s in it."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM + code],
            cwd=self.folder / "client",
            env={"PYTHONPATH": ".", "PATH": ""},
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def edit_lock(self, change: Any) -> None:
        path = self.folder / lock.FILE
        data = json.loads(path.read_text("utf-8"))
        change(data)
        path.write_text(json.dumps(data), "utf-8")


PROGRAM = """\
import asyncio, json
from d_client import *
from d_client import models

class Recorder(DClient):
    async def _call(self, name, arguments, *rest):
        return {k: v for k, v in arguments.items() if v is not OMIT}

def call(method, **arguments):
    client = Recorder("http://127.0.0.1:1/mcp")
    return asyncio.run(getattr(client, method)(**arguments))
"""


@pytest.fixture
def shop(terminal: Terminal, tmp_path: Path) -> Shop:
    folder = tmp_path / "d"
    folder.mkdir()
    terminal.go(folder)
    return Shop(terminal, folder)


TEXT = {"type": "string"}
OLD = tool(
    {"fooBar": TEXT}, outputSchema={"type": "object", "properties": {"userId": TEXT}}
)
NEW = tool(
    {"fooBar": TEXT, "foo_bar": TEXT},
    outputSchema={"type": "object", "properties": {"userId": TEXT, "user_id": TEXT}},
)
SAME = 'print(json.dumps([call("t", foo_bar="x"), models.TOutput(user_id="y").model_dump()]))'


def test_arguments_and_attributes_keep_their_names_beside_newcomers(shop: Shop) -> None:
    shop.write(OLD)
    shop.generate()
    before = shop.run(SAME)
    shop.write(NEW, version="1.1.0")

    shop.generate()

    assert shop.run(SAME) == before == [{"fooBar": "x"}, {"userId": "y"}]
    assert shop.run('print(json.dumps(call("t", foo_bar_2="z")))') == {"foo_bar": "z"}
    shop.write(NEW, version="1.2.0")
    shop.generate()
    assert shop.run(SAME) == before, "and ever after"


def test_what_crosses_on_the_wire_is_told_apart(shop: Shop) -> None:
    shop.write(OLD)
    shop.generate()
    shop.write(NEW, version="1.1.0")
    shop.generate()

    found = shop.run("""
from d_client.runtime.core.model import Codec
codec = Codec(models.TOutput)
values = [{"userId": "a"}, {"user_id": "b"}, {"userId": "a", "user_id": "b"}]
made = models.TOutput(user_id="a", user_id_2="b")
print(json.dumps([[codec.dump(codec.build(v)) for v in values], codec.dump(made)]))
""")

    values = [{"userId": "a"}, {"user_id": "b"}, {"userId": "a", "user_id": "b"}]
    assert found == [values, {"userId": "a", "user_id": "b"}]


def test_until_a_version_is_released_names_may_change(shop: Shop) -> None:
    shop.write(OLD)
    shop.generate()
    shop.write(NEW)

    shop.generate()

    assert shop.run('print(json.dumps(call("t", foo_bar="x")))') == {"foo_bar": "x"}


def pets(cat: str, dog: str, **more: Any) -> Json:
    branches = [
        {
            "title": title,
            "type": "object",
            "properties": {"kind": {"const": kind}, **properties},
            "required": ["kind"],
        }
        for title, kind, properties in (
            (cat, "cat", {"lives": {"type": "integer"}}),
            (dog, "dog", {"tail": {"type": "boolean"}}),
        )
    ]
    return tool({"pet": {"anyOf": branches, **more}})


PLACE = {
    "type": "object",
    "properties": {"x": TEXT, "in": {"type": "object", "properties": {"y": TEXT}}},
}
MOVED = tool(
    {"b": {"$ref": "#/$defs/Place"}, "a": {"$ref": "#/$defs/Place"}},
    schema={"$defs": {"Place": PLACE}},
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (pets("Cat", "Dog"), pets("House cat", "Hound")),
        (tool({"a": PLACE}), MOVED),
        (MOVED, tool({"a": PLACE})),
        (tool({"a": PLACE}), tool({"a": {"anyOf": [PLACE, {"type": "null"}]}})),
        (
            tool({"l": {"type": "array", "items": PLACE}}),
            tool(
                {"l": {"type": "array", "items": {"$ref": "#/$defs/Pos"}}},
                schema={"$defs": {"Pos": PLACE}},
            ),
        ),
        (
            tool({"a": PLACE}),
            tool({"z": tool({"a": TEXT})["inputSchema"], "a": {**PLACE, "title": "X"}}),
        ),
    ],
)
def test_classes_keep_their_names(shop: Shop, old: Json, new: Json) -> None:
    shop.write(old)
    shop.generate()
    show = (
        "print(json.dumps({n: sorted(f.alias or k for k, f in c.model_fields.items())"
        " for n in dir(models) if hasattr(c := getattr(models, n), 'model_fields')}))"
    )
    before = shop.run(show)
    shop.write(new, version="2.0.0")
    shop.generate()

    now = shop.run(show)

    del before["TInput"]
    assert all(set(fields) <= set(now[name]) for name, fields in before.items()), now


def test_branches_may_change_their_order_and_grow(shop: Shop) -> None:
    def union(*branches: Json) -> Json:
        made = [{"type": "object", "properties": b} for b in branches]
        return tool({"pet": {"anyOf": made}})

    shop.write(union({"wings": TEXT, "beak": TEXT}, {"paws": TEXT, "tail": TEXT}))
    shop.generate()
    bird = {"wings": TEXT, "beak": TEXT, "song": TEXT}
    shop.write(
        union({"fins": TEXT}, {"paws": TEXT, "tail": TEXT}, bird), version="2.0.0"
    )
    shop.generate()

    fields = shop.run(
        "print(json.dumps([sorted(models.TInputPetOption1.model_fields),"
        " sorted(models.TInputPetOption2.model_fields)]))"
    )

    assert fields == [["beak", "song", "wings"], ["paws", "tail"]]


def test_methods_keep_their_names_when_a_namesake_comes_first(shop: Shop) -> None:
    shop.write(tool({"a": TEXT}, "find-it"))
    shop.generate()
    shop.write(tool({}, "find_it"), tool({"a": TEXT}, "find-it"), version="1.1.0")

    shop.generate()

    assert shop.run('print(json.dumps(call("find_it", a="x")))') == {"a": "x"}
    assert shop.run('print(json.dumps(call("find_it_2")))') == {}


def test_an_upgrade_of_the_naming_renames_nothing(shop: Shop) -> None:
    """A lock as another algorithm would have written it."""
    offered = tool(
        {"fooBar": TEXT, "a": PLACE},
        outputSchema={"type": "object", "properties": {"userId": TEXT}},
    )
    shop.write(offered)
    shop.generate()
    names = {
        "module": "tt",
        "class": "Tool_t",
        "arguments": {"a": "aa"},
        "classes": {
            "input": "TParams",
            "input/a": "PlaceType",
            "input/a/in": "InnerType",
            "output": "TResult",
        },
        "attributes": {
            "TParams": {"fooBar": "fooBar", "a": "a"},
            "PlaceType": {"x": "the_x", "in": "inside"},
            "InnerType": {"y": "y"},
            "TResult": {"userId": "userId"},
        },
    }

    def older(data: Json) -> None:
        data["mcpgen"]["sha256"] = "0" * 64
        entry = data["contract"]["entries"]["tool t"]
        entry |= {"method": "tTool", "names": names}
        data["released"] = deepcopy(data["contract"])

    shop.edit_lock(older)
    use = """
made = models.TParams(fooBar="x", a=models.PlaceType(the_x="1", inside=models.InnerType(y="2")))
print(json.dumps([call("tTool", fooBar="x"), made.model_dump(exclude_unset=True),
                  models.TResult(userId="u").userId]))
"""
    shop.write(offered, tool({}, "new"), version="1.1.0")
    shop.generate()
    expected = [
        {"fooBar": "x"},
        {"fooBar": "x", "a": {"x": "1", "in": {"y": "2"}}},
        "u",
    ]
    assert shop.run(use) == expected
    shop.write(offered, tool({}, "new"), tool({}, "more"), version="1.2.0")
    shop.generate()
    assert shop.run(use) == expected
    assert shop.terminal.mcpgen("diff", ".", ".").code == 0


def test_a_tool_keeps_the_name_of_a_method_that_the_base_class_got_later(
    shop: Shop,
) -> None:
    offered = [tool({"a": TEXT}, name) for name in ("ping", "list_tools", "era")]
    shop.write(*offered)
    shop.generate()

    def older(data: Json) -> None:
        entries = data["contract"]["entries"]
        for name in ("ping", "list_tools", "era"):
            entries[f"tool {name}"]["method"] = name
        data["released"] = deepcopy(data["contract"])

    shop.edit_lock(older)
    shop.write(*offered, tool({}, "check"), version="1.1.0")
    shop.generate()

    assert shop.run('print(json.dumps(call("ping", a="x")))') == {"a": "x"}
    assert shop.run('print(json.dumps(call("check_")))') == {}
    assert shop.run(
        "from d_client.runtime.client import Client, SyncClient\n"
        "print(json.dumps([Client.ping is not DClient.ping,"
        " SyncClient.list_tools is not SyncDClient.list_tools]))"
    ) == [True, True]
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "d_client/client.py"],
        cwd=shop.folder / "client",
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", ["../x", "a b", "class", "__init__", "x;y", 5, None])
@pytest.mark.parametrize(
    "place", ["method", "module", "class", "argument", "attribute"]
)
def test_a_lock_gives_no_code_of_its_own(shop: Shop, name: Any, place: str) -> None:
    shop.write(OLD)
    shop.generate()

    def spoil(data: Json) -> None:
        entry = data["contract"]["entries"]["tool t"]
        names = entry["names"]
        if place == "method":
            entry["method"] = name
        elif place == "argument":
            names["arguments"] = {"fooBar": name}
        elif place == "attribute":
            names["attributes"]["TInput"]["fooBar"] = name
        else:
            names[place] = name
        data["released"] = deepcopy(data["contract"])

    shop.edit_lock(spoil)
    shop.write(NEW, version="1.1.0")

    done = shop.terminal.mcpgen("generate")

    assert done.code == 2
    assert "error[MG403]" in done.err


@pytest.mark.parametrize("name", ["Model", "TypedDict", "Any", "str"])
def test_a_lock_with_names_that_can_not_be_is_no_crash(shop: Shop, name: str) -> None:
    shop.write(OLD)
    shop.generate()

    def spoil(data: Json) -> None:
        names = data["contract"]["entries"]["tool t"]["names"]
        names["classes"] = {"input": name, "output": name}
        data["released"] = deepcopy(data["contract"])

    shop.edit_lock(spoil)
    shop.write(NEW, version="2.0.0")
    done = shop.terminal.mcpgen("generate")
    assert done.code in (0, 2)
    assert "mcpgen is at fault" not in done.err


# --- a lock that is lost -------------------------------------------------------


def released(shop: Shop) -> Any:
    """A project whose names come from its history: 1.0.0, then a newcomer in 1.1.0."""
    shop.write(OLD)
    shop.generate()
    shop.write(NEW, version="1.1.0")
    shop.generate()
    return shop.run(SAME)


def test_a_lost_lock_is_made_again_from_the_client(shop: Shop) -> None:
    before = released(shop)
    (shop.folder / lock.FILE).unlink()

    shop.generate("--force")
    assert shop.run(SAME) == before
    shop.generate()
    assert shop.run(SAME) == before
    shop.write(NEW, tool({}, "more"), version="1.2.0")
    shop.generate()
    assert shop.run(SAME) == before


def test_names_stay_though_a_lost_lock_is_made_again_from_an_equal_client(
    shop: Shop,
) -> None:
    """Nobody knows any more whether they were released."""
    shop.write(OLD)
    shop.generate()
    before = shop.run(SAME)
    (shop.folder / lock.FILE).unlink()

    shop.generate("--force")
    shop.write(NEW)
    shop.generate()

    assert shop.run(SAME) == before


def test_what_was_released_before_a_lock_was_lost_is_unknown(shop: Shop) -> None:
    shop.write(OLD)
    shop.generate()
    shop.write(OLD, tool({}, "more"))
    shop.generate()
    (shop.folder / lock.FILE).unlink()
    shop.generate("--force")
    shop.write(OLD, tool({}, "more"), version="1.0.1")

    assert "which contract callers of 1.0.0 have is not recorded" in shop.generate()


def test_a_lost_lock_is_made_again_from_a_release(shop: Shop, tmp_path: Path) -> None:
    git(shop.folder, "init", "-q")
    shop.write(OLD)
    shop.generate()
    git(shop.folder, "add", "-A")
    git(shop.folder, "commit", "-qm", "x")
    git(shop.folder, "tag", "v1.0.0")
    before = shop.run(SAME)
    shutil.copytree(shop.folder / "client", tmp_path / "kept")
    for source in ("v1.0.0", str(tmp_path / "kept")):
        (shop.folder / lock.FILE).unlink()
        shutil.rmtree(shop.folder / "client")
        shop.write(NEW, version="1.1.0")

        shop.generate("--names-from", source)

        assert shop.run(SAME) == before
        shop.write(NEW, version="1.1.1")
        shop.generate()
        assert shop.run(SAME) == before
        shop.write(OLD, version="1.1.1")
        assert "after 1.0.0" not in shop.terminal.mcpgen("generate").err


def test_what_is_no_release_is_refused(shop: Shop, tmp_path: Path) -> None:
    shop.write(OLD)
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.whl").write_bytes(b"PK")

    for source in (str(tmp_path / "empty"), "nothing", str(tmp_path / "x.whl")):
        done = shop.terminal.mcpgen("generate", "--since", source)
        assert done.code == 2
        assert "error[MG42" in done.err


def test_a_lock_from_before_names_were_recorded_takes_them_from_the_client(
    shop: Shop,
) -> None:
    shop.write(pets("Cat", "Dog"))
    shop.generate()

    def older(data: Json) -> None:
        del data["contract"]["entries"]["tool t"]["names"]

    shop.edit_lock(older)
    next((shop.folder / "client").glob("*/contract.json")).unlink()
    shop.write(pets("House cat", "Hound"), version="1.1.0")

    shop.generate("--force")

    assert shop.run("print(json.dumps(models.TInputPetCat.__name__))") == "TInputPetCat"


def test_a_tag_tells_what_was_released_though_the_lock_forgot(
    shop: Shop, tmp_path: Path
) -> None:
    git(shop.folder, "init", "-q")
    shop.write(OLD)
    shop.generate()
    git(shop.folder, "add", "-A")
    git(shop.folder, "commit", "-qm", "x")
    git(shop.folder, "tag", "v1.0.0")
    before = shop.run(SAME)
    shop.write(NEW)
    shop.generate()
    shop.write(NEW, version="1.1.0")
    shop.terminal.go(tmp_path)

    said = shop.generate(str(shop.folder))

    assert "MG424" not in said
    assert shop.run(SAME) == before
    changelog = (shop.folder / "client" / "CHANGELOG.md").read_text("utf-8")
    assert "is new" in changelog


def test_diff_of_a_project_keeps_the_names_that_callers_have(shop: Shop) -> None:
    git(shop.folder, "init", "-q")
    shop.write(OLD)
    shop.generate()
    git(shop.folder, "add", "-A")
    git(shop.folder, "commit", "-qm", "x")
    shop.write(NEW, version="1.1.0")
    before = shop.terminal.mcpgen("diff", "HEAD")
    assert "RENAMED" not in before.out
    shop.generate()
    assert shop.terminal.mcpgen("diff", "HEAD").out == before.out


@pytest.mark.parametrize(
    ("member", "data"),
    [
        ("d_client/catalog.py", b"_TEXT: Final = " + b"(" * 100_000),
        ("d_client/catalog.py", b"import os; os.abort()"),
        ("d_client/catalog.py", b'_TEXT: Final = r"""' + b"[" * 100_000 + b'"""'),
        ("d_client/contract.json", b"[" * 100_000),
        ("d_client/contract.json", b'{"version": "1.0.0", "entries": {"tool t": 5}}'),
        ("d_client/contract.json", b"{}"),
        ("d-1.dist-info/METADATA", b""),
    ],
)
def test_a_hostile_wheel_is_refused_and_not_run(
    shop: Shop, tmp_path: Path, member: str, data: bytes
) -> None:
    shop.write(OLD)
    shop.generate()
    client = shop.folder / "client" / "d_client"
    members = {
        "d_client/catalog.py": (client / "catalog.py").read_bytes(),
        "d_client/contract.json": (client / "contract.json").read_bytes(),
        "d-1.dist-info/METADATA": b"Name: d-client\nVersion: 1.0.0\n\n",
    }
    members[member] = data
    if not data:
        del members[member]
    wheel = tmp_path / "d-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    before = (shop.folder / lock.FILE).read_bytes()

    done = shop.terminal.mcpgen("generate", "--since", str(wheel))

    assert done.code == 2
    assert "error[MG425]" in done.err
    assert "mcpgen is at fault" not in done.err
    assert (shop.folder / lock.FILE).read_bytes() == before
