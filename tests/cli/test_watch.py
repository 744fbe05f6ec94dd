"""`mcpgen generate --watch` and `--serve`: edit, save, and the server has it."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from mcpgen import watching
from mcpgen.runtime.client import Client, TransportError
from tests.cli.terminal import Terminal
from tests.pace import patient

SECONDS = patient(60)

FURTHER = """\
  - name: part
    description: Says goodbye to somebody by name.
    inputSchema: {type: object}
"""


class Watcher:
    """A running `mcpgen generate`, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        assert process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(process.stdout,))
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)

    def until(self, wanted: Callable[[str], bool]) -> str:
        """The next line that is wanted."""
        while True:
            line = self._lines.get(timeout=SECONDS)
            self.said.append(line)
            if wanted(line):
                return line

    def address(self) -> str:
        """The address of the server that starts next."""
        line = self.until(lambda line: "http://127.0.0.1:" in line)
        return next(word for word in line.split() if word.startswith("http://"))

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        return code


@contextmanager
def watcher(folder: Path, *arguments: str) -> Generator[Watcher]:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "mcpgen", "generate", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PYTHONUNBUFFERED": "1",
            "MCP_PORT": "0",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as process:
        try:
            yield Watcher(process)
        finally:
            process.terminate()


def tools(address: str) -> list[str]:
    with Client.sync(address) as client:
        return [tool.name for tool in client.list_tools()]


def test_the_server_follows_every_change_until_it_is_interrupted(hello: Path) -> None:
    manifest = hello / "mcpgen.yaml"
    handlers = hello / "server" / "hello_server" / "handlers.py"
    with watcher(hello, "--serve", "--add-stubs") as running:
        first = running.address()
        assert tools(first) == ["greet"]

        good = manifest.read_text("utf-8")
        manifest.write_text(f"{good}tools: 5\n", "utf-8")
        running.until(lambda line: "waiting for the next change" in line)
        assert "MG013" in "".join(running.said), "the key is there twice"
        assert tools(first) == ["greet"], "the server goes on"

        manifest.write_text(good + FURTHER, "utf-8")
        second = running.address()
        assert tools(second) == ["greet", "part"]

        handlers.write_text(handlers.read_text("utf-8") + "\n# edited\n", "utf-8")
        third = running.address()
        assert tools(third) == ["greet", "part"]

        assert running.end() == 0
    for gone in (first, second, third):
        with pytest.raises(TransportError):
            tools(gone)


def test_without_a_server_only_files_follow(hello: Path) -> None:
    manifest = hello / "mcpgen.yaml"
    with watcher(hello, "--watch") as running:
        running.until(lambda line: "up to date" in line)
        manifest.write_text(manifest.read_text("utf-8") + FURTHER, "utf-8")
        running.until(lambda line: "updated" in line)
        catalog = hello / "client" / "hello_client" / "catalog.py"
        assert "Says goodbye" in catalog.read_text("utf-8")
        assert running.end() == 0


def test_what_mcpgen_writes_is_not_watched(hello: Path) -> None:
    from mcpgen import project

    found = project.at(hello)
    home = hello / "server" / "hello_server"
    for path, kind in {
        hello / "mcpgen.yaml": watching.Changed.INPUT,
        hello / "schema" / "2027-01-01.json": watching.Changed.INPUT,
        home / "app.py": watching.Changed.CODE,
        home / "generated" / "service.py": None,
        hello / "client" / "hello_client" / "client.py": None,
        hello / "server" / "notes.txt": None,
    }.items():
        assert watching.changed(found, path) is kind


def test_without_the_library_the_extra_is_named(
    hello: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "find_spec", lambda name: None)
    done = terminal.mcpgen("generate", "--watch")
    assert done.code == 2
    assert "error[MG601]: not installed: watchfiles" in done.err
    assert "hint: pip install 'mcpgen[watch]'" in done.err
