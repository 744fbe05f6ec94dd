"""Server processes: started, waited for, measured by the operating system, stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 40
_POLL_SECONDS = 0.002


class Server:
    """A server process of ours, from start to stop."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        """Start it; `{port}` in the command becomes a free port."""
        self.port = free_port()
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [part.replace("{port}", str(self.port)) for part in command],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def url(self) -> str:
        """Where its endpoint is."""
        return f"http://127.0.0.1:{self.port}/mcp"

    def wait(self) -> None:
        """Until the port takes connections."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError(f"{self._process.args!r} has ended") from None
                time.sleep(_POLL_SECONDS)
            else:
                return
        raise TimeoutError(f"no server on port {self.port}")

    def cpu(self) -> float:
        """Seconds of CPU that the process has used, to the nanosecond."""
        return cpu(self._process.pid)

    def memory(self) -> int:
        """Bytes of physical memory that are the process's own or shared."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> None:
        """Ask the process to end; kill it when it doesn't."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def serving(command: Sequence[str], folder: Path) -> Iterator[Server]:
    """A server that takes connections, and is stopped afterwards."""
    server = Server(command, folder)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, to the nanosecond."""
    # The clock of another process, as clock_getcpuclockid(3) numbers it.
    return time.clock_gettime(~pid << 3 | 2)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
