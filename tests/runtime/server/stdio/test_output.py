"""Standard output carries messages only, and standard input is the server's."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ..programs import ROOT, START_SECONDS
from ..wire import SECONDS
from .process import ENVIRONMENT, LOOP_NAMES, LOOPS, NOISY, served

PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
COMMAND = [sys.executable, "-m", NOISY, "--stdio"]


@pytest.mark.parametrize("loop", LOOPS, ids=LOOP_NAMES)
async def test_what_handlers_print_goes_to_standard_error(
    loop: tuple[str, ...],
) -> None:
    async with served(NOISY, *loop) as peer:
        await peer.initialize()
        assert await peer.tool("noisy") == "quiet"
        peer.end_input()
        code, log, rest = await peer.end()

    assert (code, rest) == (0, b"")
    for printed in (
        "printed at import",
        "printed by the constructor",
        "printed at startup",
        "printed\n",
        "not a whole line",
        "written\n",
        "a child's\n",
        "logged\n",
        "on_shutdown\n",
    ):
        assert printed in log
    assert "Traceback" not in log


CONSOLE_SCRIPT = """
import sys
from weather_server.__main__ import run
sys.exit(run())
"""


@pytest.mark.parametrize(
    "start", [["-m", "weather_server"], ["weather-server"]], ids=["module", "script"]
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_is_printed_when_handlers_are_imported_is_no_message(
    start: list[str], unbuffered: str, tmp_path: Path
) -> None:
    example = ROOT / "generated_examples/weather/server/weather_server"
    shutil.copytree(example, tmp_path / "weather_server")
    (tmp_path / "weather-server").write_text(CONSOLE_SCRIPT, "utf-8")
    handlers = tmp_path / "weather_server/handlers.py"
    noise = 'print("printed")\n__import__("os").write(1, b"written\\n")\n'
    handlers.write_text(handlers.read_text("utf-8") + noise, "utf-8")

    ended = subprocess.run(
        [sys.executable, *start, "--stdio"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        input=PING,
        capture_output=True,
        timeout=START_SECONDS,
        check=True,
    )

    assert json.loads(ended.stdout)["id"] == 1
    assert b"printed\n" in ended.stderr
    assert b"written\n" in ended.stderr


CLAIMING = """
from mcpgen.runtime.server.transports.stdio import claim_stdio
claim_stdio(__name__, always={})
"""
WORK = """
import tiny_server.generated
def work() -> str:
    return "worked"
"""
POOL = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from tiny_server.work import work
if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        print(pool.submit(work).result(), flush=True)
"""


@pytest.mark.parametrize("always", [False, True], ids=["option", "only"])
@pytest.mark.parametrize("further", [[], ["--port", "0"] * 5], ids=len)
def test_child_processes_of_handlers_can_import_the_server(
    always: bool, further: list[str], tmp_path: Path
) -> None:
    """Those of the method "spawn", the default on Windows and macOS."""
    folder = tmp_path / "tiny_server"
    (folder / "generated").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "generated/__init__.py").write_text(CLAIMING.format(always), "utf-8")
    (folder / "work.py").write_text(WORK, "utf-8")
    (folder / "__main__.py").write_text(POOL, "utf-8")

    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "tiny_server",
            *([] if always else ["--stdio"]),
            *further,
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=START_SECONDS,
        check=True,
    )

    assert ended.stdout == b""
    assert ended.stderr == b"worked\n"


@pytest.mark.parametrize("option", ["-h", "--help", "--help-all"])
def test_help_goes_to_standard_output(option: str) -> None:
    example = ROOT / "generated_examples/weather/server"
    ended = subprocess.run(
        [sys.executable, "-m", "weather_server", "--stdio", option],
        cwd=example,
        capture_output=True,
        timeout=START_SECONDS,
        check=True,
    )
    assert b"--stdio" in ended.stdout
    assert ended.stderr == b""


@pytest.mark.parametrize("loop", LOOPS, ids=LOOP_NAMES)
async def test_handlers_and_their_children_find_no_input(loop: tuple[str, ...]) -> None:
    async with served(NOISY, *loop) as peer:
        await peer.initialize()
        number = await peer.begin("tools/call", {"name": "reading"})
        await peer.begin("ping")
        texts = {}
        for _ in range(2):
            message = await peer.next()
            texts[message["id"]] = message["result"]
    assert texts[number]["content"][0]["text"] == "b'' ''"


@pytest.mark.parametrize("loop", LOOPS, ids=LOOP_NAMES)
def test_files(loop: tuple[str, ...], tmp_path: Path) -> None:
    """For regular files, no event loop can wait."""
    (tmp_path / "in").write_bytes(PING * 20_000)
    with (tmp_path / "in").open("rb") as given, (tmp_path / "out").open("wb") as taken:
        ended = subprocess.run(
            [*COMMAND, *loop],
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT},
            stdin=given,
            stdout=taken,
            stderr=subprocess.PIPE,
            timeout=START_SECONDS,
            check=True,
        )
    with (tmp_path / "out").open("rb") as lines:
        assert sum(json.loads(line)["id"] == 1 for line in lines) == 20_000
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("loop", LOOPS, ids=LOOP_NAMES)
@pytest.mark.parametrize("family", ["unix", "tcp"])
def test_one_socket_for_both(loop: tuple[str, ...], family: str) -> None:
    """As inetd, systemd and socat start programs."""
    ours, theirs = _pair(family)
    with ours:
        process = subprocess.Popen(
            [*COMMAND, *loop],
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT},
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        try:
            ours.settimeout(START_SECONDS)
            ours.sendall(PING)
            answers = ours.makefile("rb")
            assert json.loads(answers.readline())["id"] == 1
            ours.sendall(PING)
            ours.shutdown(socket.SHUT_WR)
            assert json.loads(answers.readline())["id"] == 1
            assert answers.read() == b""
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
            process.wait()


def _pair(family: str) -> tuple[socket.socket, socket.socket]:
    if family == "unix":
        return socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        return ours, listener.accept()[0]


@pytest.mark.parametrize("loop", LOOPS, ids=LOOP_NAMES)
def test_a_slow_reader_gets_all_of_what_was_sent(loop: tuple[str, ...]) -> None:
    """Also what was still waiting when the input ended."""
    call = {"name": "big", "arguments": {"size": 300_000}}
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    line = json.dumps({**message, "params": {**call, "_meta": meta}}).encode()
    process = subprocess.Popen(
        [*COMMAND, *loop],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(line + b"\n")
        process.stdin.close()
        came = b""
        while data := os.read(process.stdout.fileno(), 4096):
            came += data
    assert len(json.loads(came)["result"]["content"][0]["text"]) == 300_000
    assert process.returncode == 0
