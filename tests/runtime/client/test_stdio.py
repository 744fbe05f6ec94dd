"""Programs as servers: how they are started, how they end, and what they may do wrong."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from mcpgen.runtime.client import (
    CallTimeoutError,
    Client,
    SyncClient,
    TransportError,
)
from mcpgen.runtime.client.transports import messages, stdio

from .wire import LIMIT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")

PROGRAM = r"""
import json, os, signal, subprocess, sys, time
habit = sys.argv[1] if len(sys.argv) > 1 else ""
if habit == "banner":
    print("Welcome to my server", flush=True)
if habit == "exits":
    print("\x1b[31mno license found", file=sys.stderr)
    sys.exit(3)
if habit == "stays":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) if habit in ("stays", "child") else None
def result(message, **members):
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": members}), flush=True)
for line in sys.stdin:
    message = json.loads(line)
    method = message.get("method")
    if method == "server/discover":
        result(message, supportedVersions=["2026-07-28"], capabilities={"tools": {}})
    elif method == "tools/call":
        name = message["params"]["name"]
        if name == "die":
            print("out of cheese", file=sys.stderr, flush=True)
            os._exit(7)
        if name == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "truncate":
            sys.stdout.write('{"jsonrpc": "2.0", "id": ')
            sys.stdout.flush()
            os._exit(0)
        if name == "unended":
            text = {"content": [{"type": "text", "text": "last"}]}
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": text}))
            break
        if name == "close":
            os.close(1)
            time.sleep(600)
        if name == "long":
            print("x" * 300_000, flush=True)
        facts = {"env": dict(os.environ), "cwd": os.getcwd(), "pids": [os.getpid()] + ([child.pid] if child else [])}
        result(message, content=[{"type": "text", "text": json.dumps(facts)}])
if habit == "stays":
    time.sleep(600)
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM, *arguments]


def client(*arguments: str, **options: Any) -> Client:
    options.setdefault("timeout", LIMIT)
    return Client.stdio(command(*arguments), **options)


async def facts(made: Client) -> dict[str, Any]:
    result = await made.call_tool("facts")
    found: dict[str, Any] = json.loads(result.content[0].text)  # type: ignore[union-attr]
    return found


async def test_the_program_gets_the_safe_variables_and_the_named_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("LANG", "() { code; }")
    monkeypatch.setenv("USER", "ada")

    folder = tmp_path.resolve()  # noqa: ASYNC240

    async with client(env={"CITY": "Oslo"}, cwd=folder) as made:
        found = await facts(made)

    assert found["cwd"] == str(folder)
    assert found["env"]["CITY"] == "Oslo"
    assert found["env"]["USER"] == "ada"
    assert found["env"]["PATH"] == os.environ["PATH"]
    assert not {"AWS_SECRET_ACCESS_KEY", "LANG"} & set(found["env"])


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("die", "the program ended (exit code 7); the end of its standard error:\n"),
        ("killed", "the program was ended by SIGKILL"),
        ("truncate", "the program ended (exit code 0)"),
        ("close", "the program closed its output"),
    ],
)
async def test_a_program_that_dies_is_one_error_and_is_started_again(
    tool: str, words: str
) -> None:
    async with client() as made:
        first = await facts(made)
        with pytest.raises(TransportError) as caught:
            await made.call_tool(tool)
        second = await facts(made)

    assert words in str(caught.value)
    assert ("out of cheese" in str(caught.value)) == (tool == "die")
    assert first["pids"] != second["pids"]
    await gone(first["pids"] + second["pids"])


async def test_a_program_that_exits_at_once_is_quoted() -> None:
    with pytest.raises(TransportError) as caught:
        await client("exits").open()

    assert "exit code 3" in str(caught.value)
    assert "[31mno license found" in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["no-such-program-anywhere"], "No such file"),
        ([str(Path(__file__).parent)], "Permission denied"),
    ],
)
async def test_a_program_that_can_not_be_started(
    words: list[str], problem: str
) -> None:
    with pytest.raises(TransportError, match=f"can't be started: {problem}") as caught:
        await Client.stdio(words, timeout=LIMIT).open()

    assert not caught.value.sent


@pytest.mark.parametrize("wrong", [[], "uvx mcp-server-time"])
def test_a_command_that_is_none(wrong: Any) -> None:
    with pytest.raises(ValueError, match="it looks like"):
        Client.stdio(wrong)


@pytest.mark.parametrize(
    ("era", "awaited"),
    [
        ("auto", "the first requests (server/discover, initialize)"),
        ("modern", "server/discover"),
        ("legacy", "the first requests (initialize)"),
    ],
)
async def test_a_program_that_never_answers_is_a_timeout_that_says_what_was_awaited(
    era: Any, awaited: str
) -> None:
    words = [sys.executable, "-c", "import sys; sys.stdin.read()"]

    with pytest.raises(CallTimeoutError) as caught:
        await Client.stdio(words, timeout=0.5, era=era).open()

    assert f"no answer to {awaited} in time. `timeout` is" in str(caught.value)


async def test_a_program_that_sends_no_messages_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(messages, "MAX_NOISE", 10)
    words = [sys.executable, "-c", "print('log line\\n' * 100)"]

    with pytest.raises(TransportError, match="10 things in a row were not messages"):
        await Client.stdio(words, timeout=LIMIT).open()


async def test_an_answer_without_a_newline_at_the_end_counts() -> None:
    async with client() as made:
        result = await made.call_tool("unended")

    assert result.content[0].text == "last"  # type: ignore[union-attr]


async def test_a_banner_is_skipped_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with client("banner") as made:
        await facts(made)

    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "what is not a JSON-RPC message is skipped: 'Welcome to my server\\n'"
    ]


async def test_a_line_that_is_too_long_ends_the_connection() -> None:
    async with client(max_bytes=100_000) as made:
        with pytest.raises(TransportError, match="max_bytes"):
            await made.call_tool("long")
        await facts(made)


async def test_standard_error_can_be_copied() -> None:
    errors = io.StringIO()

    async with client(stderr=errors) as made:
        with pytest.raises(TransportError):
            await made.call_tool("die")

    assert errors.getvalue() == "out of cheese\n"


@pytest.mark.parametrize("habit", ["child", "stays"])
async def test_nothing_that_was_started_is_left(
    habit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdio, "EXIT_LIMIT", 0.2)

    async with client(habit) as made:
        pids = (await facts(made))["pids"]

    assert len(pids) == 2
    await gone(pids)


async def gone(pids: list[int]) -> None:
    await asyncio.to_thread(_wait_for, pids)


def _wait_for(pids: list[int]) -> None:
    end = time.monotonic() + LIMIT
    while any(map(is_running, pids)):
        assert time.monotonic() < end
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process runs; an orphan that nobody has collected yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2][0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
async def test_a_hundred_starts_leave_no_zombie_and_no_descriptor() -> None:
    async def once() -> None:
        words = ["/bin/sh", "-c", "read line; exit 5"]
        with pytest.raises(TransportError):
            await Client.stdio(words, timeout=LIMIT, era="legacy").open()

    await once()
    gc.collect()
    before = descriptors()
    for _ in range(10):
        await asyncio.gather(*(once() for _ in range(10)))
    gc.collect()

    assert descriptors() <= before
    assert not zombies()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
@pytest.mark.parametrize("starts", [20, pytest.param(100, marks=pytest.mark.slow)])
async def test_programs_that_were_used_and_closed_leave_nothing(starts: int) -> None:
    pids: list[int] = []

    async def once() -> None:
        async with client() as made:
            pids.extend((await facts(made))["pids"])

    await once()
    gc.collect()
    before = descriptors()
    for _ in range(starts // 5):
        await asyncio.gather(*(once() for _ in range(5)))
    gc.collect()

    assert len(set(pids)) == starts + 1
    assert descriptors() <= before
    assert not zombies()
    await gone(pids)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
async def test_a_start_that_is_cancelled_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After the program was started, and before anything is read from it."""
    pids: list[int] = []
    read_from = stdio.StdioConnection.read_from

    async def cancelled(
        self: stdio.StdioConnection, output: BinaryIO, max_bytes: int
    ) -> None:
        pids.append(self._process.pid)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await read_from(self, output, max_bytes)

    monkeypatch.setattr(stdio.StdioConnection, "read_from", cancelled)

    async def once() -> None:
        words = [sys.executable, "-c", "import time; time.sleep(600)"]
        opening = asyncio.create_task(Client.stdio(words, timeout=LIMIT).open())
        await asyncio.wait([opening], timeout=LIMIT)
        assert opening.cancelled()

    await once()
    await gone(pids)
    gc.collect()
    before = descriptors()
    for _ in range(3):
        await once()
    assert len(pids) == 4
    await gone(pids)
    gc.collect()

    assert descriptors() <= before


async def test_a_pipe_that_can_not_be_read_from_ends_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pids: list[int] = []
    outputs: list[BinaryIO] = []
    read_from = stdio.StdioConnection.read_from

    async def failing(
        self: stdio.StdioConnection, output: BinaryIO, max_bytes: int
    ) -> None:
        pids.append(self._process.pid)
        outputs.append(output)

        async def refuse(*_: object) -> None:
            raise OSError("no more pipes")

        with monkeypatch.context() as patched:
            loop = asyncio.get_running_loop()
            patched.setattr(loop, "connect_read_pipe", refuse)
            await read_from(self, output, max_bytes)

    monkeypatch.setattr(stdio.StdioConnection, "read_from", failing)

    with pytest.raises(TransportError, match="no more pipes"):
        await client().open()

    assert all(output.closed for output in outputs)
    assert pids
    await gone(pids)


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def zombies() -> list[str]:
    """Programs of this process that ended and that nobody waited for."""
    found: list[str] = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = file.read_text("utf-8").rpartition(") ")[2].split()[:2]
        except (ProcessLookupError, FileNotFoundError):
            continue
        if state == "Z" and int(parent) == os.getpid():
            found.append(file.parent.name)
    return found


def test_errors_name_the_program_without_secrets() -> None:
    words = ["/usr/bin/npx", "-y", "@scope/server", "--token", "sk-secret"]

    assert stdio.name_of(words) == "npx -y @scope/server ..."
    assert stdio.name_of(["server", "postgres://u:p@host"]) == "server ..."


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with the batch file npx.cmd, which is found as Windows finds it."""
    file = tmp_path / "npx.cmd"
    file.touch()

    def which(name: str, path: str | None = None) -> str | None:
        return str(file) if (name, path) == ("npx", str(tmp_path)) else None

    monkeypatch.setattr(shutil, "which", which)
    return str(file)


def test_on_windows_batch_files_are_found(batch: str) -> None:
    words = ("npx", "-y", "@scope/server", "C:\\Users\\Ada Lovelace")
    folder = str(Path(batch).parent)

    assert stdio.startable(words, folder, "win32") == (batch, *words[1:])
    # The error of the start itself says that there is no such file.
    assert stdio.startable(("nothing",), folder, "win32") == ("nothing",)
    assert stdio.startable(words, folder, "linux") == words


@pytest.mark.parametrize("character", [*'"&|<>^%!', "\r", "\n"])
def test_on_windows_batch_files_get_nothing_that_cmd_exe_interprets(
    character: str, batch: str
) -> None:
    argument = f"secret{character}calc.exe"
    folder = str(Path(batch).parent)

    for name in ("npx", batch, batch.upper(), f"{batch} ."):
        with pytest.raises(OSError, match=r"argument 2 has .*cmd") as refused:
            stdio.startable((name, "-y", argument), folder, "win32")
        assert "secret" not in str(refused.value)
    words = ("node.exe", argument)
    assert stdio.startable(words, folder, "win32") == words


def test_code_without_asyncio_starts_programs_too() -> None:
    with SyncClient.stdio(command(), timeout=LIMIT) as made:
        result = made.call_tool("facts")
        with pytest.raises(TransportError, match="exit code 7"):
            made.call_tool("die")
        made.call_tool("facts")

    assert result.content
