"""Any order of editing, generating, raising the version, building and publishing ends right.

From two checkouts that push and pull, and one in CI whose changes are thrown away, to a
real index. What counts is in the released files: their code, and their CHANGELOG.
"""

from __future__ import annotations

import ast
import json
import random
import re
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from tests.cli.conftest import terminal as terminal
from tests.cli.terminal import Result, Terminal
from tests.contracts.projects import git
from tests.publishing.index_server import Served

Json = dict[str, Any]
TEXT = {"type": "string"}
PLACE = {"type": "object", "properties": {"x": TEXT}}
CHECKOUTS = ("ann", "bob")


def manifest(tools: dict[str, Json], version: str) -> str:
    listed = [
        {"name": name, "description": "Does it.", "inputSchema": schema}
        for name, schema in tools.items()
    ]
    server = {"version": version}
    return json.dumps(
        {"mcpgen": 1, "name": "shop", "server": server, "tools": listed}
        | {"targets": ["client"]},
        indent=1,
    )


def schema(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


@dataclass(frozen=True)
class Released:
    """What an index has of a version."""

    version: Version
    tools: dict[str, Json]
    parameters: dict[str, dict[str, str]]
    changelog: str

    @property
    def section(self) -> str:
        """What the CHANGELOG says of this version."""
        sections = re.split(r"^## ", self.changelog, flags=re.MULTILINE)[1:]
        (own,) = [s for s in sections if s.split("\n")[0] == str(self.version)]
        return own


def read(index: Path, version: str) -> Released:
    """A release as its installer finds it."""
    with zipfile.ZipFile(index / f"shop_client-{version}-py3-none-any.whl") as wheel:
        client = ast.parse(wheel.read("shop_client/client.py"))
        catalog = ast.parse(wheel.read("shop_client/catalog.py"))
    with tarfile.open(index / f"shop_client-{version}.tar.gz") as sources:
        member = sources.extractfile(f"shop_client-{version}/CHANGELOG.md")
        assert member is not None
        changelog = member.read().decode()
    (text,) = [
        node.value.value
        for node in catalog.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant)
    ]
    tools = json.loads(str(text)).get("tools", [])
    parameters: dict[str, dict[str, str]] = {}
    for node in ast.walk(client):
        match node:
            case ast.AsyncFunctionDef(name=method):
                for call in ast.walk(node):
                    match call:
                        case ast.Call(
                            ast.Attribute(attr="_call"), [wire, ast.Dict() as sent, *_]
                        ):
                            parameters[f"{method}={ast.literal_eval(wire)}"] = {
                                value.id: ast.literal_eval(key)
                                for key, value in zip(
                                    sent.keys, sent.values, strict=True
                                )
                                if isinstance(value, ast.Name) and key is not None
                            }
                        case _:
                            pass
            case _:
                pass
    found = {tool["name"]: tool["inputSchema"] for tool in tools}
    return Released(Version(version), found, parameters, changelog)


@dataclass
class World:
    """Checkouts of one project, and an index."""

    terminal: Terminal
    folder: Path
    index: Served
    dice: random.Random
    log: list[str] = field(default_factory=list[str])

    def start(self) -> None:
        git(self.folder, "init", "-q", "--bare", "-b", "main", "origin")
        git(self.folder, "clone", "-q", "origin", "ann")
        self.write("ann", {"t": schema(fooBar=TEXT, place=PLACE)}, "1.0.0")
        assert self.mcpgen("ann", "generate").code == 0
        self.push("ann")
        git(self.folder, "clone", "-q", "origin", "bob")

    def mcpgen(self, who: str, *arguments: str) -> Result:
        self.terminal.go(self.folder / who)
        done = self.terminal.mcpgen(*arguments)
        assert "mcpgen is at fault" not in done.err, self.log
        assert done.code in (0, 2), (self.log, done.err)
        return done

    def state(self, who: str) -> tuple[dict[str, Json], str]:
        data = json.loads((self.folder / who / "mcpgen.json").read_text("utf-8"))
        tools = {tool["name"]: tool["inputSchema"] for tool in data["tools"]}
        return tools, data["server"]["version"]

    def write(self, who: str, tools: dict[str, Json], version: str) -> None:
        path = self.folder / who / "mcpgen.json"
        path.write_text(manifest(tools, version), "utf-8")

    # What people do.

    def edit(self, who: str) -> None:
        tools, version = self.state(who)
        self.dice.choice([_namesake, _reference, _narrow, _more, _fewer])(
            tools, self.dice
        )
        self.write(who, tools, version)

    def generate(self, who: str) -> None:
        self.mcpgen(who, "generate")

    def bump(self, who: str) -> None:
        tools, version = self.state(who)
        major, minor, patch = Version(version).release
        raised = self.dice.choice(
            [(major, minor, patch + 1), (major, minor + 1, 0), (major + 1, 0, 0)]
        )
        self.write(who, tools, ".".join(map(str, raised)))

    def build(self, who: str) -> None:
        self.mcpgen(who, "build", "client", "--out", str(self.folder / "out"))

    def publish(self, who: str) -> None:
        self.commit(who)
        self._publish(who)

    def publish_in_ci(self, who: str) -> None:
        """From a fresh clone that is thrown away, with its lock."""
        self.commit(who)
        shutil.rmtree(self.folder / "ci", ignore_errors=True)
        git(self.folder, "clone", "-q", who, "ci")
        self._publish("ci")

    def _publish(self, who: str) -> None:
        before = self.index.files
        url = ("--repository-url", self.index.url)
        done = self.mcpgen(who, "publish", "client", *url)
        assert (self.index.files != before) == (done.code == 0), (self.log, done.err)
        if done.code == 0:
            self.log.append(f"released {self.state(who)[1]}")
            self.check(self.state(who)[1])

    def push(self, who: str) -> None:
        self.commit(who)
        git(self.folder / who, "push", "-q", "--force", "origin", "HEAD:main")

    def pull(self, who: str) -> None:
        self.commit(who)
        git(self.folder / who, "fetch", "-q", "origin")
        git(self.folder / who, "reset", "-q", "--hard", "origin/main")

    def tell(self, who: str) -> None:
        """Name the newest release, as the message of a refusal advises."""
        known = self.releases()
        if known:
            wheel = f"shop_client-{known[-1].version}-py3-none-any.whl"
            self.mcpgen(who, "generate", "--since", str(self.index.folder / wheel))

    def commit(self, who: str) -> None:
        git(self.folder / who, "add", "-A")
        git(self.folder / who, "commit", "-q", "--allow-empty", "-m", "x")

    # What has to be true.

    def releases(self) -> list[Released]:
        names = [n for n in self.index.files if n.endswith(".whl")]
        found = [read(self.index.folder, n.split("-")[1]) for n in names]
        return sorted(found, key=lambda each: each.version)

    def check(self, version: str) -> None:
        known = self.releases()
        at = [each.version for each in known].index(Version(version))
        if at == 0:
            return
        old, new = known[at - 1], known[at]
        if new.version.major == old.version.major:
            for method, parameters in old.parameters.items():
                kept = new.parameters.get(method, {})
                assert parameters.items() <= kept.items(), (self.log, method)
        changed = old.tools != new.tools
        if changed and _rewritten(old.tools) != _rewritten(new.tools):
            assert "Nothing changed" not in new.section, (self.log, new.changelog)
            assert "The first version" not in new.section, (self.log, new.changelog)

    def finish(self) -> None:
        """Whatever happened: who does what the messages advise can publish."""
        who = self.dice.choice(CHECKOUTS)
        tools, _ = self.state(who)
        known = self.releases()
        major = known[-1].version.major if known else 1
        self.write(who, tools, f"{major + 1}.0.0")
        self.tell(who)
        done = self.mcpgen(who, "generate")
        assert done.code == 0, (self.log, done.err)
        self.commit(who)
        done = self.mcpgen(who, "publish", "client", "--repository-url", self.index.url)
        assert done.code == 0, (self.log, done.err)
        self.check(self.state(who)[1])


def _rewritten(tools: dict[str, Json]) -> Json:
    """Tools without what makes no difference to callers: how a place is written."""
    found: Json = json.loads(
        json.dumps(tools).replace('{"$ref": "#/$defs/Place"}', json.dumps(PLACE))
    )
    return found


def _tool(tools: dict[str, Json], dice: random.Random) -> Json:
    found: Json = tools[dice.choice(sorted(tools))]
    return found


def _namesake(tools: dict[str, Json], dice: random.Random) -> None:
    """A property that would be called like another one."""
    names = ["foo_bar", "foo-bar", "FooBar", "fooBar"]
    _tool(tools, dice)["properties"].setdefault(dice.choice(names), TEXT)


def _reference(tools: dict[str, Json], dice: random.Random) -> None:
    """An object that moves behind a reference."""
    chosen = _tool(tools, dice)
    chosen["properties"]["place"] = {"$ref": "#/$defs/Place"}
    chosen["$defs"] = {"Place": PLACE}


def _narrow(tools: dict[str, Json], dice: random.Random) -> None:
    chosen = _tool(tools, dice)["properties"]
    name = dice.choice(sorted(chosen))
    chosen[name] = {"type": "string", "maxLength": dice.randint(1, 9)}


def _more(tools: dict[str, Json], dice: random.Random) -> None:
    """A tool, in front of those that are there."""
    name = dice.choice(["T", "t_2", "other"])
    if name not in tools:
        known = dict(tools)
        tools.clear()
        tools.update({name: schema(a=TEXT), **known})


def _fewer(tools: dict[str, Json], dice: random.Random) -> None:
    if len(tools) > 1:
        del tools[dice.choice(sorted(tools))]


ACTIONS: list[Callable[[World, str], None]] = [
    *(World.edit, World.edit, World.generate, World.generate, World.generate),
    *(World.bump, World.bump, World.build, World.publish, World.publish_in_ci),
    *(World.push, World.pull, World.tell),
]


def play(world: World, steps: int) -> None:
    world.start()
    for _ in range(steps):
        action, who = world.dice.choice(ACTIONS), world.dice.choice(CHECKOUTS)
        world.log.append(f"{action.__name__} {who}")
        action(world, who)
    world.finish()


@pytest.fixture
def world(
    terminal: Terminal, tmp_path: Path, index: Served, monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setenv("TWINE_USERNAME", "ann")
    monkeypatch.setenv("TWINE_PASSWORD", "s3cret")
    folder = tmp_path / "world"
    folder.mkdir()
    return World(terminal, folder, index, random.Random(0))


@pytest.mark.parametrize("seed", [7])
def test_every_order_ends_right(world: World, seed: int) -> None:
    world.dice = random.Random(seed)
    play(world, 14)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 112))
def test_many_orders_end_right(world: World, seed: int) -> None:
    world.dice = random.Random(seed)
    play(world, 30)


def test_a_breaking_change_is_no_patch_though_ci_forgot_the_release(
    world: World,
) -> None:
    """1.0.0 goes out from CI; the manifest narrows under 1.0.0, and 1.0.1 follows."""
    world.start()
    world.publish_in_ci("ann")
    tools, _ = world.state("ann")
    tools["t"]["properties"]["fooBar"] = {"type": "string", "maxLength": 5}
    world.write("ann", tools, "1.0.0")
    world.generate("ann")
    world.write("ann", tools, "1.0.1")
    done = world.mcpgen("ann", "generate")
    assert done.code == 0
    assert "warning[MG424]: which contract callers of 1.0.0 have" in done.err
    text = (world.folder / "ann/client/CHANGELOG.md").read_text("utf-8")
    assert "Nothing changed" not in text
    assert "More may have changed for callers since 1.0.0" in text

    world.commit("ann")
    url = ("--repository-url", world.index.url)
    done = world.mcpgen("ann", "publish", "client", *url)

    assert done.code == 2
    assert "error[MG610]: version 1.0.1 says too little after 1.0.0: " in done.err
    assert "breaking[ARGUMENT_NARROWED]" in done.err
    world.write("ann", tools, "2.0.0")
    assert world.mcpgen("ann", "generate").code == 0
    world.commit("ann")
    done = world.mcpgen("ann", "publish", "client", *url)
    assert "error[MG611]: the CHANGELOG was made without shop_client-1.0.0" in done.err
    world.tell("ann")
    text = (world.folder / "ann/client/CHANGELOG.md").read_text("utf-8")
    assert "## 2.0.0\n\n- breaking: " in text
    world.publish("ann")
    assert [str(each.version) for each in world.releases()] == ["1.0.0", "2.0.0"]
