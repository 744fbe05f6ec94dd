"""The entry of a server: the command that starts it, or its URL, in a host's form."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.runtime.client.transports.stdio import default_environment

from . import environments
from .table import Host

START_SECONDS: Final = 300.0
"""How long the first start may take: uv installs what the server needs."""
_SHOWN: Final = 8
"""Lines of a server's standard error that an error shows."""


def stdio(host: Host, command: Sequence[str], env: Mapping[str, str]) -> dict[str, Any]:
    """An entry by which the host starts a program."""
    entry: dict[str, Any] = {}
    if "stdio" in host.types:
        entry["type"] = host.types["stdio"]
    entry |= {"command": command[0], "args": list(command[1:])}
    return {**entry, "env": dict(env)} if env else entry


def http(host: Host, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """An entry by which the host connects to a URL."""
    entry: dict[str, Any] = {}
    if "http" in host.types:
        entry["type"] = host.types["http"]
    entry["url"] = url
    return {**entry, "headers": dict(headers)} if headers else entry


def command(
    server: Path, package: str, *, python: Path | None = None, uv: bool = False
) -> list[str]:
    """The command that serves standard input and output, from whatever folder.

    Args:
        server: The folder of the server's project.
        package: The server's package.
        python: The interpreter of the environment that has the package; without it, the
            first one that has it, of the active environment, those in the folders
            `.venv` of the project, and mcpgen's own. None is run.
        uv: Let uv make and use an environment of the server's own.

    Raises:
        MCPGenError: No environment has the package, and uv is not there (MG442).
    """
    # -P: a folder that the host happens to run in must not shadow modules.
    module = ["-P", "-m", package, "--stdio"]
    if python is not None:
        return [_absolute(python), *module]
    found = None if uv else environments.having(server, package)
    if found is not None:
        return [_absolute(found), *module]
    program = shutil.which("uv")
    if program is not None:
        folder = _absolute(server)
        return [_absolute(program), "run", "--directory", folder, "python", *module]
    raise MCPGenError.of(
        "MG442",
        f"no Python environment has {package} installed"
        if not uv
        else "uv is not installed, or not on PATH",
        span=Span(str(server)),
        hint=f"install it into the active environment: python -m pip install -e {server}; "
        "or name an interpreter with --python; or install uv, which makes one",
    )


def check(command: Sequence[str], env: Mapping[str, str]) -> None:
    """Start a server as a host would, and close its input at once.

    It gets the variables that every program gets, and those of the entry. What it has
    started ends with it where it takes too long.

    Raises:
        MCPGenError: It does not start, or not end in order (MG442).
    """
    try:
        code, said = _run(command, {**default_environment(), **env})
    except subprocess.TimeoutExpired:
        reason, details = f"did not end within {START_SECONDS:g} s", ""
    except OSError as error:
        reason, details = f"can't be started: {error.strerror}", ""
    else:
        if code == 0:
            return
        reason = f"ended with exit code {code}"
        details = "\n".join(said.splitlines()[-_SHOWN:])
    raise MCPGenError.of(
        "MG442",
        f"the server {reason}",
        span=Span(command[0]),
        details=details or None,
        hint="correct this, name another environment with --python, or pass --no-check",
    )


def _run(command: Sequence[str], env: Mapping[str, str]) -> tuple[int, str]:
    """The exit code of a program, and what it wrote to standard error."""
    with subprocess.Popen(
        command,
        cwd=tempfile.gettempdir(),
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            _, said = process.communicate(timeout=START_SECONDS)
        except BaseException:
            if sys.platform == "win32":
                process.kill()
            else:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, said


def _absolute(path: str | Path) -> str:
    """The absolute form; links stay, since environments are made of them."""
    return os.path.abspath(path)  # noqa: PTH100
