"""Servers of the official SDK in a process of their own."""

from __future__ import annotations

import asyncio
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .everything import SECONDS

SCRIPT = Path(__file__).with_name("sdk_server.py")
MODES = ("stream", "json", "stateless", "stateless-json", "sse")


class SdkServers:
    """A running process.

    Attributes:
        urls: The endpoint of each mode.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.urls: dict[str, str] = {}
        self._process = process
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def start(self) -> None:
        """Waits until it serves."""
        while (line := self._lines.get(timeout=SECONDS)) != "ready":
            mode, _, url = line.partition(" ")
            assert url, "the server did not start"
            self.urls[mode] = url

    async def says(self, words: str) -> None:
        """Waits until it says so."""
        async with asyncio.timeout(SECONDS):
            while await asyncio.to_thread(self._lines.get, timeout=SECONDS) != words:
                pass

    def kill(self) -> None:
        """Ends it in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip())
        self._lines.put("")


@contextmanager
def sdk_servers(python: Path, *modes: str, port: int = 0) -> Iterator[SdkServers]:
    """Runs servers with the SDK of an environment.

    Args:
        python: The environment's Python.
        modes: How each one shall answer.
        port: Where the first one shall listen; 0 takes a free port.
    """
    with subprocess.Popen(
        [python, SCRIPT, str(port), *modes],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        servers = SdkServers(process)
        try:
            servers.start()
            yield servers
        finally:
            servers.kill()
