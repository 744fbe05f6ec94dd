"""A real package index on 127.0.0.1: pypiserver, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER = """
import sys
from wsgiref.simple_server import make_server
import pypiserver

app = pypiserver.app(
    roots=[sys.argv[1]],
    authenticate=[],
    password_file=".",
    disable_fallback=True,
    overwrite=False,
)
with make_server("127.0.0.1", 0, app) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
"""


@dataclass(frozen=True)
class Served:
    """Where the index takes uploads, and where it keeps them."""

    url: str
    folder: Path

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@contextmanager
def serving(folder: Path) -> Generator[Served]:
    """An index that lets everybody upload, but no file twice."""
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SERVER, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield Served(f"http://127.0.0.1:{port}", folder)
        finally:
            process.kill()
