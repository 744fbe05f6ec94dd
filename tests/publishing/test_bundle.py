"""`mcpgen build bundle`: an MCPB that hosts take, start and call."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest

from mcpgen.runtime.client import Client
from tests.cli.conftest import terminal as terminal
from tests.cli.terminal import Terminal
from tests.pace import patient
from tests.peers import environment_with, node, node_modules
from tests.publishing.index_server import Served
from tests.shared_data import SHARED, needs_shared

NODE_PACKAGE: Final = Path(__file__).parents[1] / "interop" / "package.json"
SCHEMA: Final = SHARED / "extensions/mcpb/mcpb-manifest-v0.4.schema.json"
SECONDS: Final = patient(60)
KEYS: Final = """
environment:
  - {name: WEATHER_KEY, description: The key of the service., secret: true, required: true}
  - {name: WEATHER_DATA, description: Where the data is., kind: folder}
package: {license: MIT, authors: [{name: Ann, email: ann@weather.example}]}
registry: {name: io.github.ann/weather, repository: "https://github.com/ann/weather"}
"""
WHEEL: Final = "[project]\n[tool.hatch.build.targets.wheel]\npackages = "
NEEDS_KEY: Final = """

import os

assert os.environ["WEATHER_KEY"] == "s3cret"
assert os.environ["WEATHER_DATA"] == ""
"""


def extended(project: Path, terminal: Terminal, lines: str = KEYS) -> None:
    """Add lines to the manifest, and generate."""
    terminal.go(project)
    manifest = project / "mcpgen.yaml"
    manifest.write_text(f"{manifest.read_text('utf-8')}{lines}", "utf-8")
    assert terminal.mcpgen("generate").code == 0


def built(terminal: Terminal, project: Path, *options: str) -> tuple[Path, list[str]]:
    """The bundle of a project, and what stands on standard error."""
    terminal.go(project)
    done = terminal.mcpgen("build", "bundle", *options, "--json")
    assert done.code == 0, done.err + done.out
    return Path(json.loads(done.out)["file"]).absolute(), done.err.splitlines()


def manifest_of(bundle: Path) -> dict[str, Any]:
    with zipfile.ZipFile(bundle) as archive:
        found: dict[str, Any] = json.loads(archive.read("manifest.json"))
    return found


def mcpb(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the official program."""
    program = node_modules(NODE_PACKAGE) / "@anthropic-ai/mcpb/dist/cli/cli.js"
    return subprocess.run(
        [str(node()), str(program), *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )


def command_of(
    folder: Path, values: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """The command and the environment that a host makes of an unpacked bundle."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    variables = {"__dirname": str(folder)}
    for key, option in manifest.get("user_config", {}).items():
        given = values.get(key, option.get("default"))
        assert given is not None, f"{key} is required"
        variables[f"user_config.{key}"] = given

    def filled(text: str) -> str:
        # What has no value stays as it is.
        return re.sub(
            r"\$\{([^}]+)\}", lambda found: variables.get(found[1], found[0]), text
        )

    config = manifest["server"]["mcp_config"]
    assert config["command"] == "uv"
    uv = str(Path(sysconfig.get_path("scripts")) / "uv")
    command = [uv, *map(filled, config["args"])]
    return command, {name: filled(text) for name, text in config.get("env", {}).items()}


def prepared(folder: Path) -> dict[str, str]:
    """Variables by which uv finds an environment that has what servers depend on."""
    environment_with(folder)
    return {
        "UV_PROJECT_ENVIRONMENT": str(folder),
        "UV_NO_SYNC": "1",
        "UV_OFFLINE": "1",
        "UV_NO_CONFIG": "1",
    }


async def forecast(command: list[str], env: Mapping[str, str], cwd: Path) -> Any:
    async with Client.stdio(command, env=env, cwd=cwd, timeout=SECONDS) as client:
        names = [tool.name for tool in await client.list_tools()]
        assert names == ["get_forecast", "compare_cities"]
        result = await client.call_tool("get_forecast", {"city": "Oslo", "days": 1})
    return result.structured_content


async def test_a_host_unpacks_and_starts_it(
    terminal: Terminal, project: Path, tmp_path: Path
) -> None:
    with (project / "server/weather_server/handlers.py").open("a") as file:
        file.write(NEEDS_KEY)
    extended(project, terminal)
    bundle, said = built(terminal, project)
    assert said == []
    unpacked = tmp_path / "extensions" / "weather"

    done = mcpb("unpack", bundle, unpacked)

    assert done.returncode == 0, done.stderr
    checked = mcpb("validate", unpacked / "manifest.json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    command, env = command_of(unpacked, {"weather_key": "s3cret"})
    assert env["MCP_STATE_KEYS"] == ""
    found = await forecast(command, {**env, **prepared(tmp_path / "env")}, tmp_path)
    assert found["city"] == "Oslo"


async def test_a_host_may_run_the_entry_point_itself(
    terminal: Terminal, project: Path, tmp_path: Path
) -> None:
    bundle, _ = built(terminal, project)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "unpacked")
    entry = tmp_path / "unpacked" / manifest_of(bundle)["server"]["entry_point"]
    uv = str(Path(sysconfig.get_path("scripts")) / "uv")

    command = [uv, "run", str(entry)]
    found = await forecast(command, prepared(tmp_path / "env"), tmp_path / "unpacked")

    assert found["city"] == "Oslo"


@pytest.mark.parametrize("options", [[], ["--stdio"]])
def test_what_handlers_print_is_no_message(
    options: list[str], terminal: Terminal, project: Path, tmp_path: Path
) -> None:
    with (project / "server/weather_server/handlers.py").open("a") as file:
        file.write('\nprint("imported")\n')
    bundle, _ = built(terminal, project)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "unpacked")
    entry = manifest_of(bundle)["server"]["entry_point"]

    done = subprocess.run(
        [sys.executable, tmp_path / "unpacked" / entry, *options],
        input='{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n',
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )

    assert (done.returncode, "imported" in done.stderr) == (0, True)
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["id"] == 1


@pytest.mark.slow
async def test_uv_installs_what_the_server_depends_on(
    terminal: Terminal, project: Path, tmp_path: Path
) -> None:
    bundle, _ = built(terminal, project)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "unpacked")
    command, env = command_of(tmp_path / "unpacked", {})

    found = await forecast(command, {**os.environ, **env}, tmp_path)

    assert found["city"] == "Oslo"


class TestTheManifest:
    @needs_shared
    @pytest.mark.parametrize("lines", ["", KEYS])
    def test_the_official_schema_accepts_it(
        self, lines: str, terminal: Terminal, project: Path
    ) -> None:
        extended(project, terminal, lines)
        bundle, _ = built(terminal, project)

        schema = json.loads(SCHEMA.read_bytes())
        jsonschema_rs.validator_for(schema).validate(manifest_of(bundle))

    def test_it_says_what_the_project_says(
        self, terminal: Terminal, project: Path
    ) -> None:
        extended(project, terminal)

        made = manifest_of(built(terminal, project)[0])

        assert made["manifest_version"] == "0.4"
        assert (made["name"], made["display_name"]) == ("weather", "Weather")
        assert made["version"] == "0.1.0"
        assert made["author"] == {"name": "Ann", "email": "ann@weather.example"}
        assert made["license"] == "MIT"
        assert made["repository"]["url"] == "https://github.com/ann/weather"
        assert made["server"]["type"] == "uv"
        assert [tool["name"] for tool in made["tools"]] == [
            "get_forecast",
            "compare_cities",
        ]
        # Texts of prompts come from handlers, so they are listed by the server alone.
        assert made["prompts_generated"]
        assert "prompts" not in made

    def test_users_are_asked_for_secrets_and_paths(
        self, terminal: Terminal, project: Path
    ) -> None:
        extended(project, terminal)

        asked = manifest_of(built(terminal, project)[0])["user_config"]

        assert asked["weather_key"] == {
            "type": "string",
            "title": "Weather key",
            "description": "The key of the service.",
            "required": True,
            "sensitive": True,
        }
        assert asked["weather_data"]["type"] == "directory"
        assert asked["mcp_state_keys"]["sensitive"]
        assert not asked["mcp_state_keys"]["required"]
        # Settings of HTTP mean nothing to a server that a host starts.
        assert set(asked) == {"weather_key", "weather_data", "mcp_state_keys"}

    def test_without_an_author_the_user_is_reminded(
        self, terminal: Terminal, project: Path
    ) -> None:
        _, said = built(terminal, project)

        assert said == ["note: the bundle names no author; add `package.authors`"]


class TestWhatGoesIn:
    def test_the_same_project_gives_the_same_bytes(
        self, terminal: Terminal, project: Path, tmp_path: Path
    ) -> None:
        bundle, _ = built(terminal, project)
        again = tmp_path / "elsewhere" / "weather"
        shutil.copytree(project, again)
        for path in again.rglob("*.py"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
            path.chmod(0o600)
        (again / "server/weather_server/__pycache__").mkdir(exist_ok=True)
        (again / "server/weather_server/__pycache__/a.pyc").write_bytes(b"x")

        other, _ = built(terminal, again, "--out", str(tmp_path / "out"))

        assert other.parent == tmp_path / "out"
        assert other.read_bytes() == bundle.read_bytes()
        with zipfile.ZipFile(bundle) as archive:
            modes = {info.external_attr >> 16 for info in archive.infolist()}
            assert archive.namelist()[0] == "manifest.json"
        assert modes == {stat.S_IFREG | 0o644}

    def test_it_is_the_package_and_its_project_file(
        self, terminal: Terminal, project: Path
    ) -> None:
        server = project / "server"
        (server / "LICENSE").write_text("MIT")
        (server / "notes.txt").write_text("private")
        (server / "weather_server" / "data.csv").write_text("1,2")

        bundle, _ = built(terminal, project)

        with zipfile.ZipFile(bundle) as archive:
            names = set(archive.namelist())
        outside = {name for name in names if not name.startswith("weather_server/")}
        assert outside == {
            *(
                "manifest.json",
                "weather-server.py",
                "pyproject.toml",
                "README.md",
                "LICENSE",
            )
        }
        assert "weather_server/data.csv" in names

    def test_what_is_private_stays_out_and_is_named(
        self, terminal: Terminal, project: Path
    ) -> None:
        package = project / "server/weather_server"
        names = [
            ".env",
            ".env.local",
            "prod.env",
            "server.key",
            "id_rsa",
            "token.json",
            "my-service-account-1.json",
            "ca.pem",
            "a.p12",
            "store.sqlite",
            ".git/config",
        ]
        for name in names:
            (package / name).parent.mkdir(exist_ok=True)
            (package / name).write_text("s3cret")

        bundle, said = built(terminal, project)

        tops = [name.partition("/")[0] for name in names]
        wanted = {f"note: left out: weather_server/{top}" for top in tops}
        assert wanted == {line for line in said if "left out" in line}
        with zipfile.ZipFile(bundle) as archive:
            assert not any(
                b"s3cret" in archive.read(each) for each in archive.namelist()
            )

    def test_what_the_project_file_names_is_in_it(
        self, terminal: Terminal, project: Path
    ) -> None:
        server = project / "server"
        for path in (
            "docs/ABOUT.md",
            "LICENSES/MIT.txt",
            "LICENSES/more/BSD.txt",
            "A.md",
        ):
            (server / path).parent.mkdir(parents=True, exist_ok=True)
            (server / path).write_text("text")
        file = server / "pyproject.toml"
        text = file.read_text("utf-8")
        lines = 'readme = "docs/ABOUT.md"\nlicense-files = ["A*.md"]\n'
        assert text.count("[project]\n") == 1
        text = re.sub(r"^(readme|license-files) = .*\n", "", text, flags=re.MULTILINE)
        file.write_text(text.replace("[project]\n", f"[project]\n{lines}"), "utf-8")
        terminal.go(project)

        done = terminal.mcpgen("build", "bundle")

        assert done.code == 0, done.err
        (bundle,) = (project / "dist").glob("*.mcpb")
        with zipfile.ZipFile(bundle) as archive:
            names = archive.namelist()
        assert done.out.endswith(f"  {len(names)} files\n")
        assert {
            "docs/ABOUT.md",
            "LICENSES/MIT.txt",
            "LICENSES/more/BSD.txt",
            "A.md",
        } < {*names}

    def test_tests_stay_out(self, terminal: Terminal, project: Path) -> None:
        bundle, _ = built(terminal, project)

        with zipfile.ZipFile(bundle) as archive:
            assert not any("test" in name for name in archive.namelist())

    @pytest.mark.skipif(sys.platform == "win32", reason="no symbolic links")
    @pytest.mark.parametrize("linked", ["data.csv", "data"])
    def test_a_link_is_refused(
        self, linked: str, terminal: Terminal, project: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").mkdir()
        (project / "server/weather_server" / linked).symlink_to(tmp_path / "secret")
        terminal.go(project)

        done = terminal.mcpgen("build", "bundle")

        assert done.code == 2
        assert f"weather_server/{linked}: error[MG409]: is a symbolic link" in done.err
        assert not (project / "dist").exists()

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("[project", "is not valid TOML"),
            ("a = 1", "has no table `project`"),
            (f"{WHEEL}['../../.ssh']", "which leads out of its folder"),
            (f"{WHEEL}['other']", "which does not exist"),
            ("[project]\nreadme = '../README.md'", "which leads out of its folder"),
            ("[project]\nreadme = 'docs/no.md'", "which does not exist"),
            ("[project]\nlicense = {file = '/etc/passwd'}", "names the license"),
        ],
    )
    def test_a_project_file_that_says_nothing_is_refused(
        self, content: str, reason: str, terminal: Terminal, project: Path
    ) -> None:
        (project / "server/pyproject.toml").write_text(content)
        terminal.go(project)

        done = terminal.mcpgen("build", "bundle")

        assert done.code == 2
        assert "error[MG604]" in done.err
        assert reason in done.err

    def test_a_server_without_stdio_is_refused(
        self, terminal: Terminal, project: Path
    ) -> None:
        extended(project, terminal, "transports: [http]\n")

        done = terminal.mcpgen("build", "bundle")

        assert done.code == 2
        assert "error[MG604]" in done.err
        assert "does not serve stdio" in done.err

    def test_a_project_that_is_not_up_to_date_is_refused(
        self, terminal: Terminal, project: Path
    ) -> None:
        manifest = project / "mcpgen.yaml"
        manifest.write_text(manifest.read_text("utf-8").replace("English name", "name"))
        terminal.go(project)

        done = terminal.mcpgen("build", "bundle", "--json")

        assert done.code == 2
        (found,) = json.loads(done.out)["diagnostics"]
        assert found["code"] == "MG602"


class TestSharedRuntimes:
    async def test_a_copy_is_put_in_on_request(
        self, terminal: Terminal, project: Path, tmp_path: Path
    ) -> None:
        shared(terminal, project)

        bundle, _ = built(terminal, project, "--vendor-runtime")

        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(tmp_path / "unpacked")
            assert b"mcpgen-runtime" not in archive.read("pyproject.toml")
            assert b'"aiohttp' in archive.read("pyproject.toml")
        command, env = command_of(tmp_path / "unpacked", {})
        found = await forecast(command, {**env, **prepared(tmp_path / "env")}, tmp_path)
        assert found["city"] == "Oslo"

    def test_an_index_that_lacks_the_runtime_is_a_reason_to_refuse(
        self, terminal: Terminal, project: Path, index: Served
    ) -> None:
        shared(terminal, project)
        place = ("--index-url", f"{index.url}/simple/")

        done = terminal.mcpgen("build", "bundle", *place)

        assert done.code == 2
        assert "error[MG612]: the server depends on mcpgen-runtime" in done.err
        assert "--vendor-runtime" in done.err
        terminal.mcpgen("build", "runtime", "--out", str(index.folder))
        assert terminal.mcpgen("build", "bundle", *place).code == 0


def shared(terminal: Terminal, project: Path) -> None:
    """Let the project share the runtime, its project file too."""
    extended(project, terminal, "\nruntime: shared\n")
    file = project / "server/pyproject.toml"
    text = file.read_text("utf-8")
    start = text.index("dependencies = [")
    end = text.index("]", start)
    shared = 'dependencies = ["aiohttp>=3.14.4,<4", "mcpgen-runtime>=0.1.0,<1"'
    extra = "[project.optional-dependencies]\njwt = ['mcpgen-runtime[jwt]>=0.1.0,<1']\n"
    text = f"{text[:start]}{shared}{text[end:]}"
    text = re.sub(r"^jwt = .*\n", "", text, flags=re.MULTILINE)
    text = text.replace("[project.optional-dependencies]\n", extra)
    file.write_text(text, "utf-8")
