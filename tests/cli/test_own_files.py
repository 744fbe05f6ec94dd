"""Old projects: the lines that the user's own files lack, printed and never written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import Result, Terminal
from tests.pace import patient
from tests.plan.workshop import disk

JWT = 'auth: {kind: jwt, issuer: "https://login.example.com"}\n'
TELEMETRY = "features: {server: [telemetry]}\n"
FORMER = """\
HEALTHCHECK --interval=10s --timeout=3s \\
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz')"]
ENTRYPOINT ["python", "-m", "hello_server"]
"""
"""The end of the Dockerfile as an earlier mcpgen wrote it."""


def choose(project: Path, *lines: str) -> None:
    """Add keys to the manifest."""
    manifest = project / "mcpgen.yaml"
    manifest.write_text(manifest.read_text("utf-8") + "".join(lines), "utf-8")


def depend(project: Path, *dependencies: str) -> None:
    """Let the project file list other dependencies."""
    file = project / "server/pyproject.toml"
    listed = "".join(f"  {json.dumps(each)},\n" for each in dependencies)
    text, times = re.subn(
        r"^dependencies = \[\n.*?^\]",
        f"dependencies = [\n{listed}]",
        file.read_text("utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    assert times == 1
    file.write_text(text, "utf-8")


def lines(done: Result, code: str = "MG436") -> list[str]:
    """The exact lines that are printed below a warning."""
    assert code in done.err
    return [
        line.partition("| ")[2]
        for line in done.err.splitlines()
        if line.startswith("    | ")
    ]


def test_what_the_manifest_now_needs_is_printed_and_not_written(
    hello: Path, terminal: Terminal
) -> None:
    choose(hello, JWT, TELEMETRY)
    file = hello / "server/pyproject.toml"
    before = file.read_bytes()
    wanted = [
        '"joserfc>=1.8,<2",',
        '"opentelemetry-sdk>=1.45,<2",',
        '"opentelemetry-exporter-prometheus>=0.66b2,<1",',
    ]
    for _ in range(2):
        # The second time nothing is left to generate, and it still matters.
        done = terminal.mcpgen("generate")
        assert done.code == 0
        assert lines(done) == wanted
        assert re.search(r"^server/pyproject\.toml:\d+: warning\[MG436\]", done.err)
        assert file.read_bytes() == before

    text = before.decode()
    file.write_text(text.replace("\n]\n", "\n  " + "\n  ".join(wanted) + "\n]\n", 1))
    done = terminal.mcpgen("generate", "--check")
    assert (done.code, done.err) == (0, "")


def test_check_exits_with_1_until_the_lines_are_there(
    hello: Path, terminal: Terminal
) -> None:
    choose(hello, JWT)
    assert terminal.mcpgen("generate").code == 0
    before = disk(hello, records=True)

    done = terminal.mcpgen("generate", "--check")
    assert (done.code, lines(done)) == (1, ['"joserfc>=1.8,<2",'])
    assert "generated files are up to date, files of yours need changes" in done.out
    found = json.loads(terminal.mcpgen("generate", "--check", "--json").out)
    assert found["up_to_date"] is False
    (said,) = found["diagnostics"]
    assert said["code"] == "MG436"
    assert '"joserfc>=1.8,<2",' in said["message"]
    assert disk(hello, records=True) == before


REGISTRY = "registry: {name: io.example/hello, package: acme-hello}\n"
SCRIPT = ["[project.scripts]", '"acme-hello" = "hello_server.__main__:run"']


def test_the_command_that_server_json_names_is_there(
    hello: Path, terminal: Terminal
) -> None:
    choose(hello, REGISTRY)
    file = hello / "server/pyproject.toml"
    text = re.sub(
        r"^\[project.scripts\]\n.*\n", "", file.read_text("utf-8"), flags=re.M
    )
    file.write_text(text, "utf-8")
    for _ in range(2):
        done = terminal.mcpgen("generate")
        assert (done.code, lines(done)) == (0, ['name = "acme-hello"', *SCRIPT])
        assert "`uvx acme-hello`" in done.err
    assert terminal.mcpgen("generate", "--check").code == 1

    text = re.sub(r"^name = .*$", 'name = "Acme_Hello"', text, count=1, flags=re.M)
    file.write_text(text, "utf-8")
    assert lines(terminal.mcpgen("generate")) == SCRIPT
    file.write_text(text.replace("\n[", "\n" + "\n".join(SCRIPT) + "\n\n[", 1), "utf-8")
    done = terminal.mcpgen("generate", "--check")
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("entry", ["", "registry: {name: io.example/hello}\n"])
def test_without_a_package_in_server_json_names_are_the_user_s(
    entry: str, hello: Path, terminal: Terminal
) -> None:
    choose(hello, *filter(None, [entry]))
    file = hello / "server/pyproject.toml"
    text = re.sub(
        r"^name = .*$", 'name = "x"', file.read_text("utf-8"), count=1, flags=re.M
    )
    file.write_text(text, "utf-8")

    done = terminal.mcpgen("generate")

    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("dependencies", "wanted"),
    [
        (["aiohttp>=3.9,<4", "jsonschema-rs>=0.60,<0.61", "pydantic"], [0, 2]),
        (["aiohttp>=3.14.4,<4", "Pydantic>=2.14,<3"], [1]),
        (["aiohttp==3.14.5", "jsonschema_rs~=0.60", "pydantic>=2.15"], []),
        (["aiohttp==3.*", "jsonschema-rs<1", "pydantic>=3"], [0, 1, 2]),
        (["aiohttp @ https://x.example/a.whl", "jsonschema-rs", "pydantic"], [1, 2]),
        (["aiohttp>=3.14.4", "jsonschema-rs>=0.60", "pydantic>=2.14", "?"], []),
        ([], [0, 1, 2]),
    ],
    ids=["older", "missing", "newer", "others", "address", "open", "none"],
)
def test_ranges_may_be_narrower_and_not_older(
    hello: Path, terminal: Terminal, dependencies: list[str], wanted: list[int]
) -> None:
    depend(hello, *dependencies)
    needed = ["aiohttp>=3.14.4,<4", "jsonschema-rs>=0.60,<0.61", "pydantic>=2.12.5,<3"]
    done = terminal.mcpgen("generate", "--check")
    assert done.code == (1 if wanted else 0)
    shown = lines(done) if wanted else []
    assert shown == [f'"{needed[number]}",' for number in wanted]


@pytest.mark.parametrize(
    "text",
    [
        '[tool.poetry.dependencies]\naiohttp = "^3.14.4"\npydantic = "^2.14"\n',
        '[project]\nname = "hello-server"\ndynamic = ["dependencies"]\n',
        "[project\n",
    ],
    ids=["poetry", "dynamic", "broken"],
)
def test_other_build_tools_get_the_lines_as_a_hint(
    hello: Path, terminal: Terminal, text: str
) -> None:
    """Nothing is known for certain there, so nothing fails."""
    (hello / "server/pyproject.toml").write_text(text, "utf-8")
    done = terminal.mcpgen("generate", "--check")
    assert done.code == 0
    assert "jsonschema-rs>=0.60,<0.61" in lines(done, "MG437")
    assert ("aiohttp>=3.14.4,<4" in lines(done, "MG437")) is ("poetry" not in text)

    names = "aiohttp\njsonschema_rs\npydantic\n"
    (hello / "server/requirements.txt").write_text(names, "utf-8")
    done = terminal.mcpgen("generate", "--check")
    assert (done.code, done.err) == (0, "")


def test_a_project_without_such_files_is_let_be(
    hello: Path, terminal: Terminal
) -> None:
    (hello / "server/pyproject.toml").unlink()
    (hello / "server/Dockerfile").unlink()
    done = terminal.mcpgen("generate", "--check")
    assert "MG43" not in done.err


def test_an_old_dockerfile_gets_the_line_of_the_new_health_check(
    hello: Path, terminal: Terminal
) -> None:
    file = hello / "server/Dockerfile"
    new = file.read_text("utf-8")
    before, _, _ = new.partition("# Goes by")
    file.write_text(before + FORMER, "utf-8")
    done = terminal.mcpgen("generate", "--check")
    number = file.read_text("utf-8").splitlines().index(FORMER.splitlines()[1]) + 1
    assert done.code == 1
    assert f"server/Dockerfile:{number}: warning[MG436]" in done.err
    (line,) = lines(done)
    assert line.strip() in [each.strip() for each in new.splitlines()]

    # A check of the user's own is the user's affair.
    file.write_text(before + "HEALTHCHECK CMD curl localhost:9/healthz\n", "utf-8")
    assert terminal.mcpgen("generate", "--check").code == 0


def test_a_list_of_requirements_is_generated(hello: Path, terminal: Terminal) -> None:
    """For build tools that take dependencies from a file."""
    choose(hello, JWT)
    terminal.mcpgen("generate")
    file = hello / "server/hello_server/generated/requirements.txt"
    listed = [
        line
        for line in file.read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert listed == [
        *("aiohttp>=3.14.4,<4", "jsonschema-rs>=0.60,<0.61", "pydantic>=2.12.5,<3"),
        "joserfc>=1.8,<2",
    ]


def test_imports_from_former_places_are_printed_with_their_new_lines(
    hello: Path, terminal: Terminal
) -> None:
    code = (
        "from .generated import (\n    Demand,\n    Context,\n    SessionStore as Store,\n)\n"
        "from hello_server.generated import Hook, Vitals as Numbers\n"
    )
    file = hello / "server/hello_server/audit.py"
    file.write_text(code, "utf-8")
    wanted = [
        "from .generated.stores import RateRequest as Demand",
        "from .generated.stores import SessionStore as Store",
        "from hello_server.generated.middleware import ServerStats as Numbers",
    ]
    for arguments in ((), ("--check",)):
        done = terminal.mcpgen("generate", *arguments)
        # They work until the next minor version, with a warning.
        assert done.code == 0
        assert lines(done, "MG439") == wanted
        assert "server/hello_server/audit.py:1: warning[MG439]" in done.err
        assert "server/hello_server/audit.py:6: warning[MG439]" in done.err
    assert file.read_text("utf-8") == code

    subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(wanted[2:])],
        cwd=hello / "server",
        check=True,
        timeout=patient(60),
    )
    file.write_text("from .generated.stores import RateRequest\n", "utf-8")
    assert terminal.mcpgen("generate", "--check").err == ""


@pytest.mark.parametrize("place", ["hello_server/remote.py", "tests/test_remote.py"])
def test_imports_from_former_places_of_the_client_are_printed_too(
    place: str, hello: Path, terminal: Terminal
) -> None:
    code = (
        "import hello_client\n"
        "from hello_client import HelloClient, KnownServers, BearerAuth as Bearer\n"
    )
    file = hello / "server" / place
    file.write_text(code, "utf-8")
    wanted = [
        "from hello_client.connection import KnownServers",
        "from hello_client.auth import BearerAuth as Bearer",
    ]
    for arguments in ((), ("--check",)):
        done = terminal.mcpgen("generate", *arguments)
        assert done.code == 0
        assert lines(done, "MG439") == wanted
        assert f"server/{place}:2: warning[MG439]" in done.err
    subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(wanted)],
        cwd=hello / "client",
        check=True,
        timeout=patient(60),
    )


def test_a_file_that_is_no_python_is_left_alone(
    hello: Path, terminal: Terminal
) -> None:
    file = hello / "server/tests/test_audit.py"
    file.write_text("from .generated import Demand(\n", "utf-8")
    done = terminal.mcpgen("generate", "--check")
    assert "MG439" not in done.err
    assert (done.code, "Traceback" in done.err) == (0, False)
