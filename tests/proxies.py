"""Reverse proxies in front of a server on this machine: nginx, HAProxy and Caddy.

`.ci/run` installs them. Where one is missing, tests that need it are skipped; with
CI=true that fails the run (tests/skips.py).
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.pace import patient

START_SECONDS: Final = patient(60)
STOP_SECONDS: Final = patient(5)
_DIRECTORIES: Final = "/usr/local/sbin:/usr/sbin:/sbin"


def executable(name: str) -> str:
    """The path of a proxy's program; skips the test where there is none."""
    found = shutil.which(name) or shutil.which(name, path=_DIRECTORIES)
    if found is None:
        pytest.skip(f"needs {name}: apt-get install {name}")
    return found


def nginx(folder: Path, http: str) -> list[str]:
    """The command that serves the `http` block of a configuration."""
    file = folder / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    scratch = " ".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
    file.write_text(
        f"daemon off; pid {folder / 'nginx.pid'}; worker_processes 1; events {{}}\n"
        f"http {{ access_log off; {scratch}\n{http}\n}}\n",
        "utf-8",
    )
    # `-e` comes first: the file that is compiled in may not be writable.
    error_log = str(folder / "error.log")
    return [executable("nginx"), "-e", error_log, "-p", str(folder), "-c", str(file)]


def haproxy(folder: Path, configuration: str) -> list[str]:
    """The command that serves a configuration."""
    file = folder / "haproxy.cfg"
    file.write_text(configuration, "utf-8")
    return [executable("haproxy"), "-db", "-f", str(file)]


def caddy(folder: Path, sites: str) -> list[str]:
    """The command that serves the sites of a Caddyfile."""
    file = folder / "Caddyfile"
    options = f"admin off\n auto_https off\n storage file_system {folder / 'state'}"
    file.write_text(f"{{\n {options}\n}}\n{sites}", "utf-8")
    caddyfile = ["--adapter", "caddyfile", "--config", str(file)]
    return [executable("caddy"), "run", *caddyfile]


@asynccontextmanager
async def running(
    command: list[str], port: int, folder: Path
) -> AsyncIterator[Callable[[], None]]:
    """Run a proxy until the block ends, from when it listens on; gives what ends it."""
    assert not await _listens(port), f"another server listens on port {port}"
    with (folder / "output.log").open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env={"HOME": str(folder), "PATH": _DIRECTORIES},
            stdout=output,
            stderr=output,
        )
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _listens(port):
                log = (folder / "output.log").read_text("utf-8")
                assert process.returncode is None, log
                await asyncio.sleep(0.02)
        yield process.terminate
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def trust(certificate: Path) -> ssl.SSLContext:
    """What trusts a certificate."""
    return ssl.create_default_context(cafile=certificate)
