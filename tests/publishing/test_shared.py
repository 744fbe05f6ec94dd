"""Clients that share the runtime are published where the runtime is, or with a copy."""

from __future__ import annotations

import tarfile
from pathlib import Path

from mcpgen.runtime.version import RUNTIME_VERSION
from tests.cli.conftest import terminal as terminal
from tests.cli.terminal import Terminal
from tests.publishing.conftest import commit
from tests.publishing.index_server import Served

WHEEL = "weather_client-0.1.0-py3-none-any.whl"
RUNTIME = f"mcpgen_runtime-{RUNTIME_VERSION}-py3-none-any.whl"


def shared(terminal: Terminal, project: Path) -> None:
    """Let the project share the runtime."""
    terminal.go(project)
    manifest = project / "mcpgen.yaml"
    manifest.write_text(manifest.read_text("utf-8") + "\nruntime: shared\n", "utf-8")
    assert terminal.mcpgen("generate").code == 0
    assert not (project / "client" / "weather_client" / "runtime").exists()
    commit()


def publish(terminal: Terminal, index: Served, *more: str) -> tuple[int, str]:
    places = ("--repository-url", index.url)
    done = terminal.mcpgen("publish", "client", *places, *more)
    return done.code, done.err


def test_a_client_is_published_where_its_runtime_is(
    terminal: Terminal, project: Path, index: Served
) -> None:
    shared(terminal, project)
    code, said = publish(terminal, index)
    assert code == 2
    assert (
        f"error[MG612]: the client depends on mcpgen-runtime<1,>={RUNTIME_VERSION}, "
        "which the index does not have\n" in said
    )
    assert "`mcpgen build runtime`" in said
    assert "--vendor-runtime" in said
    assert index.files == set()
    # Older ones do not count.
    (index.folder / RUNTIME.replace(RUNTIME_VERSION, "0.0.1")).touch()
    assert publish(terminal, index)[0] == 2
    done = terminal.mcpgen("build", "runtime", "--out", str(index.folder))
    assert done.code == 0, done.err
    code, said = publish(terminal, index)
    assert code == 0, said
    assert {WHEEL, RUNTIME} < index.files


def test_a_client_is_published_with_a_copy_on_request(
    terminal: Terminal, project: Path, index: Served
) -> None:
    shared(terminal, project)
    code, said = publish(terminal, index, "--vendor-runtime")
    assert code == 0, said
    with tarfile.open(index.folder / "weather_client-0.1.0.tar.gz") as sources:
        names = {name.partition("/")[2] for name in sources.getnames()}
        about = sources.extractfile("weather_client-0.1.0/pyproject.toml")
        assert about is not None
        assert b"mcpgen-runtime" not in about.read()
    assert "weather_client/runtime/version.py" in names
    assert not (project / "client" / "weather_client" / "runtime").exists()
