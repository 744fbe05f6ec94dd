"""Packages have the features that their manifest asks for, and work without the others."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import subprocess
import sys
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest

from mcpgen import features, ir
from mcpgen.diagnostics import MCPGenError
from mcpgen.manifest.model import Features
from mcpgen.moved_names import client_home_of
from mcpgen.render import runtime_distribution
from mcpgen.views import package
from tests.formatting import write
from tests.pace import patient
from tests.render.projects import importable, native, project, texts, tool
from tests.runtime.client.auth.authority import guarded

SECONDS = patient(240)
RUNTIME: Final = Path(__file__).parents[2] / "mcpgen" / "runtime"
SERVER: Final = tuple(features.SERVER)
AUTHENTICATORS: Final = ("jwt", "introspection", "github", "api-key", "token", "mtls")


def _rows(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Subsets so that of any two names each, both and neither are in one of them."""
    bits = range((len(names) - 1).bit_length())
    halves = [
        tuple(n for at, n in enumerate(names) if bool(at >> bit & 1) is wanted)
        for bit in bits
        for wanted in (True, False)
    ]
    return [(), names, *halves]


MODERN, LEGACY = "protocol: modern", "protocol: legacy"
KEYS: Final = ("runtime: shared", "protocol-types: all", MODERN)
"""Keys beside `features` that decide what is in a package."""
CLIENT: Final = tuple(f"client: {name}" for name in features.CLIENT)
TRANSPORTS: Final = tuple(features.TRANSPORTS)
CHOICES: Final = (*SERVER, *TRANSPORTS, *KEYS, *CLIENT)
_ROWS: Final = _rows(CHOICES)
SUBSETS: Final = [
    *_ROWS,
    *(tuple(LEGACY if n == MODERN else n for n in r) for r in _ROWS if MODERN in r),
]
"""Each also with the other era alone."""


def label(names: tuple[str, ...]) -> str:
    return "+".join(names) or "none"


def serves(subset: tuple[str, ...], transport: str) -> bool:
    """Whether a subset's server has a transport; `sse` needs a legacy revision."""
    return transport in subset and not (transport == "sse" and MODERN in subset)


def made(server: tuple[str, ...], **more: Any) -> ir.Project:
    pairs = [each.partition(": ") for each in server if ": " in each]
    chosen = {key: value for key, _, value in pairs if key != "client"}
    names = {
        "server": [e for e in server if ": " not in e and e not in TRANSPORTS],
        "client": [value for key, _, value in pairs if key == "client"],
    }
    listed: dict[str, Any] = {"features": names, **chosen}
    listed["transports"] = ["http", *(t for t in TRANSPORTS if serves(server, t))]
    return project(native(tools=[tool()], **listed, **more))


def placed(folder: Path, subset: tuple[str, ...]) -> tuple[Path, ...]:
    """Write the project of a subset; gives the folders of its packages."""
    write(folder, texts(made(subset)))
    if "runtime: shared" in subset:
        write(folder / "runtime", runtime_distribution())
        return folder / "server", folder / "client", folder / "runtime"
    return folder / "server", folder / "client"


def runtime_files(project: ir.Project, home: str) -> dict[str, str]:
    start = f"{home}/runtime/"
    return {
        path.removeprefix(start): text
        for path, text in texts(project).items()
        if path.startswith(start)
    }


def server_files(project: ir.Project) -> dict[str, str]:
    return runtime_files(project, "server/weather_server/generated")


def run(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


# ---------------------------------------------------------------- what is in a package


def test_of_any_two_features_all_combinations_are_among_the_subsets() -> None:
    for choices in (CHOICES, (*SERVER, *KEYS[:-1], *CLIENT, LEGACY)):
        for one, other in combinations(choices, 2):
            found = {(one in subset, other in subset) for subset in SUBSETS}
            assert found == {(a, b) for a in (False, True) for b in (False, True)}


def test_the_manifest_knows_the_features_of_the_table() -> None:
    text = json.dumps(native(features={"server": ["no such feature"]}))
    assert set(Features.__annotations__) >= {"server"}
    with pytest.raises(MCPGenError) as failure:
        project(json.loads(text))
    (found,) = failure.value.diagnostics
    assert found.code == "MG107"
    for name in SERVER:
        assert f"'{name}'" in found.message
        made((name,))


def test_a_server_with_every_feature_has_the_whole_runtime() -> None:
    files = server_files(made((*SERVER, *TRANSPORTS)))
    for side in ("server", "core"):
        for path in (RUNTIME / side).rglob("*.py"):
            name = path.relative_to(RUNTIME).as_posix()
            if f"../../{name}" in features.NEVER_IN_SERVERS:
                assert name not in files
            else:
                assert files[name] == path.read_text("utf-8"), name


def test_a_server_has_what_its_readme_shows_and_nothing_more() -> None:
    files = server_files(project(native()))
    assert "server/features/mock/service.py" in files
    assert "server/features/auth/token.py" in files
    for name in ("telemetry", *AUTHENTICATORS):
        for path in features.SERVER[name]:
            found = [
                each for each in files if each.startswith(f"server/features/{path}")
            ]
            assert bool(found) == (name == "token"), path


def test_made_up_results_are_where_mock_mode_can_answer_with_them() -> None:
    structured = tool(outputSchema={"type": "object", "properties": {}})
    path = "server/weather_server/generated/examples.py"
    for tools, chosen, wanted in (
        ([structured], ("mock",), True),
        ([structured], ("limits",), False),
        ([tool()], ("mock",), False),
    ):
        listed = {"server": list(chosen)}
        files = texts(project(native(tools=tools, features=listed)))
        assert [each for each in files if "examples" in each] == [path] * wanted


@pytest.mark.parametrize("kind", AUTHENTICATORS)
def test_the_authenticator_of_the_manifest_is_there(kind: str) -> None:
    guarded = made((), auth={"kind": kind})
    assert set(server_files(guarded)) == set(server_files(made((kind,))))
    assert set(server_files(guarded)) > set(server_files(made(())))


def client_files(**more: Any) -> dict[str, str]:
    return runtime_files(project(native(**more)), "client/weather_client")


SIGNS_IN: Final[dict[str, tuple[dict[str, Any], bool]]] = {
    "a server of one's own": ({}, False),
    "a server of somebody else's": ({"targets": ["client"]}, True),
    "jwt": ({"auth": {"kind": "jwt", "issuer": "https://login.example.com"}}, True),
    "introspection": ({"auth": {"kind": "introspection"}}, True),
    "github": ({"auth": {"kind": "github"}}, True),
    "keys": ({"auth": {"kind": "api-key"}}, False),
    "somebody else's keys": (
        {"auth": {"kind": "api-key"}, "targets": ["client"]},
        False,
    ),
    "asked for": ({"features": {"client": ["oauth"]}}, True),
    "not asked for": ({"features": {"client": []}, "targets": ["client"]}, False),
}


@pytest.mark.parametrize("case", SIGNS_IN)
def test_a_client_signs_in_where_its_server_may_ask_for_it(case: str) -> None:
    keys, signs_in = SIGNS_IN[case]
    oauth = [path for path in client_files(**keys) if "oauth" in path]
    assert bool(oauth) == signs_in
    pyproject = tomllib.loads(texts(project(native(**keys)))["client/pyproject.toml"])
    extras = pyproject["project"].get("optional-dependencies", {})
    assert ("oauth" in extras) == signs_in


def test_a_client_with_every_feature_has_the_whole_runtime() -> None:
    files = client_files(features={"client": list(features.CLIENT)})
    for path in (RUNTIME / "client").rglob("*.py"):
        name = path.relative_to(RUNTIME).as_posix()
        assert files[name] == path.read_text("utf-8"), name


@pytest.mark.parametrize("server", _rows(SERVER), ids=label)
def test_the_project_file_has_the_packages_of_its_features(
    server: tuple[str, ...],
) -> None:
    """And extras of no others: they would install what nothing imports."""
    text = texts(made(server))["server/pyproject.toml"]
    project = tomllib.loads(text)["project"]
    chosen = {name: features.SERVER_PACKAGES.get(name, ()) for name in server}
    wanted = {each for packages in chosen.values() for each in packages}
    assert set(project["dependencies"]) == {*features.BASE_PACKAGES, *wanted}
    extras = {name for name, packages in chosen.items() if packages}
    assert set(project["optional-dependencies"]) == {"dev", "uvloop", *extras}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project whose client has no feature that can be left out."""
    folder = tmp_path_factory.mktemp("quiet")
    document = native(tools=[tool()], features={"server": [], "client": []})
    write(folder, texts(project(document)))
    return folder


def test_a_client_that_starts_no_programs_names_the_key(quiet: Path) -> None:
    code = (
        "from weather_client.runtime.client import Client\n"
        "try: Client.stdio(['true'])\nexcept ImportError as error: print(error)"
    )
    name = next(
        path.name
        for path in (quiet / "client").iterdir()
        if path.name.endswith("_client")
    )
    done = run(quiet / "client", "-c", code.replace("weather_client", name))
    assert done.stdout == (
        "Client.stdio is not in this package: add `stdio` to `features.client` in the "
        "manifest and run `mcpgen generate`\n"
    )
    transports = quiet / "client" / name / "runtime/client/transports"
    assert not (transports / "stdio.py").exists()
    assert (transports / "messages.py").exists()


def test_a_client_without_a_terminal_program_names_the_key(quiet: Path) -> None:
    done = run(quiet / "client", "-m", "weather_client", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: the program for a terminal is not in this package: add `terminal` to "
        "`features.client` in the manifest and run `mcpgen generate`\n"
    )
    assert not (
        quiet / "client/weather_client/runtime/client/features/terminal"
    ).exists()
    done = run(quiet / "client", "-c", EVERY_MODULE, "weather_client")
    assert done.returncode == 0, done.stderr
    text = (quiet / "client" / "pyproject.toml").read_text("utf-8")
    assert "scripts" not in tomllib.loads(text)["project"]


def test_a_client_without_a_terminal_program_is_strictly_typed(
    quiet: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = str(tmp_path_factory.getbasetemp() / "mypy")
    command = ("-m", "mypy", "--strict", "--cache-dir", cache, "-p", "weather_client")
    done = run(quiet / "client", *command)
    assert done.returncode == 0, done.stdout[-4000:]


def test_a_client_never_makes_up_values() -> None:
    for document in (native(), native(features={"server": ["mock"]})):
        files = runtime_files(project(document), "client/weather_client")
        assert not [path for path in files if "examples" in path]
        assert "core/uri/match.py" not in files
        assert "core/schema/validator.py" in files


def test_a_server_never_makes_uris_of_templates() -> None:
    files = runtime_files(project(native()), "server/weather_server/generated")
    assert "core/uri/expand.py" not in files
    assert "core/uri/match.py" in files


# -------------------------------------------------------------------------- it works

EVERY_MODULE: Final = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
        if hasattr(sys.modules.get(module.name), "__all__"):
            exec(f"from {module.name} import *", {})
"""


@pytest.mark.parametrize("subset", SUBSETS, ids=label)
async def test_every_subset_imports_and_answers(
    subset: tuple[str, ...], tmp_path: Path
) -> None:
    places = placed(tmp_path, subset)
    path = os.pathsep.join(map(str, places))
    packages = ["weather_server", "weather_client"]
    packages += ["mcpgen_runtime"] if len(places) > 2 else []
    done = run(tmp_path, "-c", EVERY_MODULE, *packages, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    with importable(*places):
        generated = importlib.import_module("weather_server.generated")
        package = importlib.import_module("weather_client")

        class Service(generated.WeatherService):  # type: ignore[name-defined,misc]  # imported at run time
            def tool(self, args: Any, ctx: Any) -> str:
                return "done"

        app = generated.create_app(Service())
        served = {resource.canonical for resource in app.router.resources()}
        assert ("/sse" in served) == serves(subset, "sse")
        async with package.WeatherClient.in_memory(app) as opened:
            result = await opened.tool()
            assert result.content[0].text == "done"


FEW: Final = [
    (MODERN,),
    (LEGACY, "mock", "jwt"),
    ("telemetry", "runtime: shared", "protocol-types: all"),
]
TYPED: Final = [
    *FEW,
    *(pytest.param(s, marks=pytest.mark.slow) for s in SUBSETS if s not in FEW),
]


@pytest.mark.parametrize("subset", TYPED, ids=label)
def test_every_subset_passes_mypys_strict_mode(
    subset: tuple[str, ...], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    places = placed(tmp_path, subset)
    cache = str(tmp_path_factory.getbasetemp() / "mypy")
    packages = ("-p", "weather_server", "-p", "weather_client")
    done = run(
        tmp_path,
        *("-m", "mypy", "--strict", "--cache-dir", cache, *packages),
        MYPYPATH=os.pathsep.join(map(str, places)),
    )
    assert done.returncode == 0, done.stdout[-4000:]


def pyright(folder: Path, subsets: list[tuple[str, ...]]) -> list[str]:
    """What pyright's strict mode finds in the projects of some subsets."""
    halves = []
    for number, subset in enumerate(subsets):
        placed(folder / str(number), subset)
        halves += [f"{number}/server/weather_server", f"{number}/client/weather_client"]
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "executionEnvironments": [
            {
                "root": f"{number}",
                "extraPaths": [
                    f"{number}/{part}" for part in ("server", "client", "runtime")
                ],
            }
            for number in range(len(subsets))
        ],
        "include": halves,
    }
    file = folder / "pyrightconfig.json"
    file.write_text(json.dumps(settings), "utf-8")
    python = ("--pythonpath", sys.executable)
    done = run(folder, "-m", "pyright", "--outputjson", "-p", str(file), *python)
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] > 50
    return [
        f"{each['file']}: {each['message']}" for each in found["generalDiagnostics"]
    ]


def test_the_smallest_packages_pass_pyrights_strict_mode(tmp_path: Path) -> None:
    assert pyright(tmp_path, [(MODERN,), (LEGACY,)]) == []


@pytest.mark.slow
def test_every_subset_passes_pyrights_strict_mode(tmp_path: Path) -> None:
    assert pyright(tmp_path, SUBSETS) == []


# ------------------------------------------------------------------ what is not there


LOGIN_HINT: Final = (
    "add `oauth` to `features.client` in the manifest and run `mcpgen generate`"
)


def test_signing_in_without_its_feature_names_the_key_to_add(tmp_path: Path) -> None:
    write(tmp_path, texts(made(("client: terminal",))))
    program = ("-m", "weather_client", "http://127.0.0.1:9/mcp")
    shown = run(tmp_path / "client", "-m", "weather_client", "--help").stdout
    assert "logout" not in shown
    assert "MCP_CLIENT_ID" not in shown
    done = run(tmp_path / "client", *program, "logout")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: logout is not in this package: {LOGIN_HINT}\n"
    done = run(tmp_path / "client", *program, "list", MCP_CLIENT_ID="me")
    assert done.returncode == 2
    assert done.stderr == (
        "error: signing in, which MCP_CLIENT_ID is for, is not in this package: "
        f"{LOGIN_HINT}\n"
    )


async def test_a_server_that_wants_a_sign_in_gets_the_key_named(
    tmp_path: Path,
) -> None:
    write(tmp_path, texts(made(("client: terminal",))))
    async with guarded() as guard:
        done = await asyncio.to_thread(
            run, tmp_path / "client", "-m", "weather_client", guard.url
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: signing in with OAuth, which the server asks for, is not in this "
        f"package: {LOGIN_HINT}; or put a token into MCP_BEARER_TOKEN\n"
    )


@pytest.mark.parametrize("name", sorted(package.CLIENT_OPTIONAL))
def test_a_name_of_signing_in_without_its_feature_names_the_key(
    name: str, quiet: Path
) -> None:
    with importable(quiet / "client"):
        # Names that are new since 0.1 were never in the package itself.
        former = ("weather_client",) if client_home_of(name) else ()
        for home in (*former, "weather_client.auth"):
            with pytest.raises(ImportError) as failure:
                exec(f"from {home} import {name}", {})
            assert str(failure.value) == (
                f"weather_client.auth.{name} is not in this package: {LOGIN_HINT}"
            )


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project without any feature that can be left out."""
    folder = tmp_path_factory.mktemp("bare")
    write(folder, texts(made(())))
    return folder


def test_a_server_without_stdio_has_none_of_it(bare: Path) -> None:
    transports = bare / "server/weather_server/generated/runtime/server/transports"
    assert not (transports / "stdio.py").exists()
    assert not (transports / "sse").exists()
    code = (
        "import asyncio\n"
        "from weather_server.generated.serving import serve_stdio\n"
        "from weather_server.handlers import Weather\n"
        "try: asyncio.run(serve_stdio(Weather))\n"
        "except ImportError as error: print(error)"
    )
    done = run(bare / "server", "-c", code)
    assert done.stdout == (
        "serve_stdio is not in this package: add `stdio` to `transports` in the "
        "manifest and run `mcpgen generate`\n"
    ), done.stderr


def test_a_server_without_http_serves_standard_input_and_output(
    tmp_path: Path,
) -> None:
    document = native(tools=[tool()], features={"server": []}, transports=["stdio"])
    write(tmp_path, texts(project(document)))
    handlers = tmp_path / "server/weather_server/handlers.py"
    printing = "print('on import')\n"
    handlers.write_text(handlers.read_text("utf-8") + printing, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "weather_server"],
        cwd=tmp_path / "server",
        input='{"jsonrpc":"2.0","id":1,"method":"ping"}\n',
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.stdout == '{"jsonrpc":"2.0","id":1,"result":{}}\n', done.stderr
    assert "on import" in done.stderr
    help_text = run(tmp_path / "server", "-m", "weather_server", "--help").stdout
    assert "over standard input and output" in " ".join(help_text.split())


OPTIONS: Final = {
    "--mock": "`mock`",
    "--telemetry": "`telemetry`",
    "--metrics-path=/metrics": "`telemetry`",
    "--metrics-token-file=token.txt": "`telemetry`",
    "--auth-api-keys=x": "`api-key`",
    "--auth-leeway=3": "`jwt` or `introspection`",
    "--auth-cache=3": "`introspection` or `github`",
    "--tls-client-ca=ca.pem": "`mtls`",
    "--sse-path=/old": "`sse`",
    "--messages-path=/old": "`sse`",
    "--public-url=https://example.com/mcp": "`auth` to `features.server` or `sse`",
    "--stdio": "`stdio`",
}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_without_its_feature_names_the_key_to_add(
    option: str, bare: Path
) -> None:
    done = run(bare / "server", "-m", "weather_server", "--port", "0", option)
    key = "features.server"
    if "sse" in OPTIONS[option] or "stdio" in OPTIONS[option]:
        key = "transports"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"python -m weather_server: error: {option.partition('=')[0]}: is not in this "
        f"package: add {OPTIONS[option]} to `{key}` in the manifest and run "
        "`mcpgen generate`\n"
    )


@pytest.mark.parametrize("kind", AUTHENTICATORS)
@pytest.mark.parametrize("place", ["--auth", "MCP_AUTH"])
def test_a_kind_of_authentication_without_its_feature_names_the_key_to_add(
    kind: str, place: str, bare: Path
) -> None:
    command = ["-m", "weather_server", "--port", "0"]
    variables = {"MCP_AUTH": kind} if place == "MCP_AUTH" else {}
    options = [] if variables else ["--auth", kind]
    done = run(bare / "server", *command, *options, **variables)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.endswith(
        f"{place}: {kind} is not in this package: add `{kind}` to `features.server` in "
        "the manifest and run `mcpgen generate`"
    )


def test_every_absent_variable_has_a_line_of_its_own(bare: Path) -> None:
    done = run(
        bare / "server",
        *("-m", "weather_server", "--port", "0"),
        MCP_METRICS_PATH="/metrics",
        MCP_AUTH_TOKENS_FILE="tokens.txt",
        MCP_OF_ANOTHER_PROGRAM="is left alone",
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"python -m weather_server: error: {variable}: is not in this package: add "
        f"`{feature}` to `features.server` in the manifest and run `mcpgen generate`"
        for variable, feature in (
            ("MCP_AUTH_TOKENS_FILE", "token"),
            ("MCP_METRICS_PATH", "telemetry"),
        )
    ]


def test_code_that_sets_what_is_absent_is_told_the_key(bare: Path) -> None:
    with importable(bare / "server"):
        generated = importlib.import_module("weather_server.generated")
        settings = generated.Settings(host="::1", max_body=5)
        assert (settings.host, settings.max_body) == ("::1", 5)
        with pytest.raises(ValueError, match="mcpgen generate") as failure:
            generated.Settings(mock=True, metrics_path="/metrics")
        assert getattr(failure.value, "lines", ()) == (
            "mock: is not in this package: add `mock` to `features.server` in the "
            "manifest and run `mcpgen generate`",
            "metrics_path: is not in this package: add `telemetry` to `features.server` "
            "in the manifest and run `mcpgen generate`",
        )
        with pytest.raises(TypeError):
            generated.Settings(no_such_setting=1)


def test_what_is_handed_over_for_an_absent_feature_names_the_key(bare: Path) -> None:
    with importable(bare / "server"):
        generated = importlib.import_module("weather_server.generated")
        stores = importlib.import_module("weather_server.generated.stores")
        service = importlib.import_module("weather_server.handlers").Weather
        with pytest.raises(ValueError, match=r"counters: .*add `limits` to"):
            generated.create_app(service(), counters=stores.MemoryCounters())

        class Ruled(service):  # type: ignore[misc, valid-type]
            def authenticator(self, configured: object) -> object:
                return configured

        with pytest.raises(ValueError, match=r"authenticator: .*add `auth` to"):
            generated.create_app(Ruled())


def shown(folder: Path) -> dict[str, set[str]]:
    """The options in a server's help, by the heading above them."""
    done = run(folder / "server", "-m", "weather_server", "--help")
    assert done.returncode == 0, done.stderr
    found: dict[str, set[str]] = {}
    title = ""
    for line in done.stdout.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            title = line.removesuffix(":")
        elif line.startswith("  --"):
            found.setdefault(title, set()).add(line.split()[0])
    return found


def test_help_has_the_settings_of_the_features_that_are_there(
    bare: Path, tmp_path: Path
) -> None:
    write(tmp_path, texts(made(SERVER)))
    few, all_ = shown(bare), shown(tmp_path)
    assert few["Listening"] == all_["Listening"] >= {"--host", "--port", "--path"}
    assert all_["Telemetry"] == {
        "--telemetry",
        "--metrics-path",
        "--metrics-token-file",
    }
    assert all_["API keys"] == {"--auth-api-keys", "--auth-api-keys-path"}
    assert not {"Telemetry", "API keys", "GitHub", "Mock mode"} & few.keys()
    assert len(few) < len(all_)


def test_an_import_without_its_feature_names_the_key(bare: Path) -> None:
    with importable(bare / "server"):
        generated = importlib.import_module("weather_server.generated")
        with pytest.raises(ImportError, match=r"Telemetry .*add `telemetry` to"):
            exec("from weather_server.generated import Telemetry", {})
        with pytest.raises(ImportError, match=r"auth .*add `auth` to"):
            _ = generated.auth
        with pytest.raises(AttributeError):
            _ = generated.NoSuchName
        assert "Telemetry" not in dir(generated)
