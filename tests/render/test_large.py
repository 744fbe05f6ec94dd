"""Projects of many tools: their types are imported when first used, and no sooner."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.manifests import tools
from mcpgen.build import LARGEST_MODULE
from tests.formatting import write
from tests.pace import patient
from tests.render.projects import native, project, texts

SECONDS = patient(240)

IMPORT = """
import sys, time
import aiohttp, pydantic
began = time.process_time()
import big_client
took = time.process_time() - began
print(took, [n for n in sys.modules if n.startswith("big_client.models.")])
"""

USE = """
import asyncio
from big_client import BigClient, models
from big_server.generated import Context, create_app
from big_server.generated import models as served
from big_server.handlers import Big


class Made(Big):
    async def create_record_1(
        self, args: served.CreateRecord1Input, ctx: Context
    ) -> served.CreateRecord1Output:
        assert args.owner.email is None
        return served.CreateRecord1Output(id=args.title, created_at="now")


async def main() -> None:
    owner = models.CreateRecord1InputOwner(id="ada", email=None)
    async with BigClient.in_memory(create_app(Made())) as big:
        made = await big.create_record_1(title="x", owner=owner)
    assert isinstance(made, models.CreateRecord1Output)
    print(made.id, made.created_at)


asyncio.run(main())
"""


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project that is just too large for one module."""
    folder = tmp_path_factory.mktemp("big")
    write(folder, texts(project(native(tools=tools(LARGEST_MODULE // 2)), "big")))
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Python with arguments, with both packages to import."""
    paths = os.pathsep.join(map(str, (folder / "client", folder / "server")))
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "MYPYPATH": paths},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.parametrize(
    ("count", "limit"), [(100, 0.3), pytest.param(1000, 1.0, marks=pytest.mark.slow)]
)
def test_importing_a_client_takes_little_beyond_its_libraries(
    count: int, limit: float, tmp_path: Path
) -> None:
    made = texts(project(native(tools=tools(count)), "big"))
    write(tmp_path, {p: t for p, t in made.items() if p.startswith("client/")})
    run(tmp_path, "-c", "import big_client")  # compiles
    fastest = 10.0
    for _ in range(3):
        done = run(tmp_path, "-c", IMPORT)
        took, modules = done.stdout.split(" ", 1)
        assert modules.strip() == "[]"
        fastest = min(fastest, float(took))
    assert fastest < limit


def test_the_modules_of_a_small_project_are_one() -> None:
    small = texts(project(native(tools=tools(LARGEST_MODULE // 4))))
    assert "client/weather_client/models.py" in small
    assert not any("/models/" in path for path in small)


def test_the_modules_of_a_large_project_need_nothing_of_each_other(big: Path) -> None:
    folder = big / "client" / "big_client" / "models"
    assert not folder.with_suffix(".py").exists()
    files = {path.stem for path in folder.iterdir()}
    assert {"search_items_0", "create_record_1", "update_tree_2"} < files
    for path in folder.glob("[!_]*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert node.module == "runtime.core.model", path


def test_a_large_project_is_called_as_any_other(big: Path) -> None:
    (big / "use.py").write_text(USE, "utf-8")
    done = run(big, "use.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "x now\n"


def test_type_checkers_see_every_type_of_a_large_project(
    big: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (big / "use.py").write_text(USE, "utf-8")
    wrong = USE.replace('title="x"', "title=1").replace("made.id", "made.idd")
    (big / "wrong.py").write_text(wrong, "utf-8")
    cache = str(tmp_path_factory.getbasetemp() / "mypy")
    good = run(big, "-m", "mypy", "--strict", "--cache-dir", cache, "use.py")
    assert good.returncode == 0, good.stdout
    bad = run(big, "-m", "mypy", "--strict", "--cache-dir", cache, "wrong.py")
    assert '"title"' in bad.stdout
    assert '"idd"' in bad.stdout


def test_pyright_sees_every_type_of_a_large_project(big: Path) -> None:
    (big / "use.py").write_text(USE, "utf-8")
    wrong = USE.replace('title="x"', "title=1").replace("made.id", "made.idd")
    (big / "wrong.py").write_text(wrong, "utf-8")
    models = ["client/big_client/models", "server/big_server/generated/models"]
    settings = {
        "typeCheckingMode": "strict",
        "include": ["use.py", "wrong.py", *models],
        "extraPaths": ["client", "server"],
    }
    (big / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    python = ["--pythonpath", sys.executable]
    done = run(big, "-m", "pyright", "--outputjson", *python)
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] > LARGEST_MODULE
    said: dict[str, str] = {}
    for finding in found["generalDiagnostics"]:
        name = Path(finding["file"]).name
        said[name] = said.get(name, "") + finding["message"]
    assert set(said) == {"wrong.py"}, said
    assert '"title"' in said["wrong.py"]
    assert '"idd"' in said["wrong.py"]
