"""What the Dockerfile builds and checks, done here without a container."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pace import patient
from tests.ports import free_port
from tests.runtime.server.certificates import self_signed

CHECKOUT = Path(__file__).parents[2]
WEATHER = CHECKOUT / "generated_examples" / "weather" / "server"
MANIFEST = """\
mcpgen: 1
name: vault
server: {version: 1.0.0}
auth: {kind: jwt, issuer: "https://issuer.example.com"}
features: {server: [telemetry]}
tools:
  - {name: open, inputSchema: {type: object, properties: {}}}
"""
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "MCP_"))
}


def run(*command: str | Path, folder: Path, **variables: str) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=patient(300),
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment made by the Dockerfile's own commands."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "mcpgen.yaml").write_text(MANIFEST, "utf-8")
    run(sys.executable, "-m", "mcpgen", "generate", ".", folder=folder)
    home = folder / "venv"
    venv.create(home, with_pip=True)
    dockerfile = (folder / "server" / "Dockerfile").read_text("utf-8")
    (build,) = re.findall(r"^RUN (pip wheel .*)$", dockerfile, re.MULTILINE)
    (install,) = re.findall(r"^RUN (pip install .*?) \\$", dockerfile, re.MULTILINE)
    for command in (build, install):
        run(
            *("sh", "-c", command.replace("/wheels", str(folder / "wheels"))),
            folder=folder / "server",
            PATH=f"{home / 'bin'}{os.pathsep}{ENVIRONMENT['PATH']}",
            EXTRAS="uvloop",
        )
    return home / "bin" / "python"


@contextmanager
def serving(
    python: Path | str, package: str, folder: Path, variables: dict[str, str]
) -> Iterator[None]:
    """A server that listens; it is configured by these variables alone."""
    with subprocess.Popen(
        [python, "-m", package],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stderr is not None
            line = server.stdout.readline()
            assert line.startswith("http"), server.stderr.read()
            yield
        finally:
            server.terminate()
            server.communicate(timeout=patient(60))


def health(
    python: Path | str, package: str, folder: Path, variables: dict[str, str]
) -> int:
    return subprocess.run(
        [python, "-m", package, "--health"],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        timeout=patient(60),
    ).returncode


def test_the_image_has_what_the_manifest_chooses(python: Path, tmp_path: Path) -> None:
    variables = {
        "MCP_HOST": "0.0.0.0",
        "MCP_PORT": str(free_port()),
        "MCP_PUBLIC_URL": "https://mcp.example.com/mcp",
        "MCP_ALLOWED_HOSTS": "mcp.example.com",
        "MCP_TELEMETRY": "true",
        "MCP_METRICS_PATH": "/metrics",
    }
    assert health(python, "vault_server", tmp_path, variables) == 1
    with serving(python, "vault_server", tmp_path, variables):
        assert health(python, "vault_server", tmp_path, variables) == 0


def test_the_image_has_the_extras_of_its_build_argument(
    python: Path, tmp_path: Path
) -> None:
    run(python, "-c", "import uvloop", folder=tmp_path)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"MCP_HEALTH_PATH": "/alive"},
        {"MCP_HEALTH_PATH": ""},
        {"MCP_HOST": "::1"},
        {"MCP_TLS_CERT": "cert", "MCP_TLS_KEY": "key"},
    ],
    ids=["as-is", "path", "off", "IPv6", "TLS"],
)
def test_the_health_check_goes_by_the_settings(
    variables: dict[str, str], tmp_path: Path
) -> None:
    certificate, key = map(str, self_signed(tmp_path))
    files = {"cert": certificate, "key": key}
    variables = {name: files.get(value, value) for name, value in variables.items()}
    variables["MCP_PORT"] = str(free_port())
    place = ("weather_server", WEATHER, variables)
    assert health(sys.executable, *place) == 1
    with serving(sys.executable, *place):
        assert health(sys.executable, *place) == 0


def test_the_image_uses_that_check() -> None:
    dockerfile = (WEATHER / "Dockerfile").read_text("utf-8")
    check = re.search(r"HEALTHCHECK [^\n]*\n *CMD (.*)", dockerfile)
    assert check is not None
    assert check[1] == '["python", "-m", "weather_server", "--health"]'
