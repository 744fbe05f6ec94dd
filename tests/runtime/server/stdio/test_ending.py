"""The end of a server over standard input and output: in order, and in time."""

from __future__ import annotations

import signal

import pytest

from .process import LOOP_NAMES, LOOPS, STUBBORN, Served, served

QUICK = ("--shutdown-timeout", "0.5")
WAYS = ["input", "terminate", "interrupt", "output"]


def end(peer: Served, way: str) -> None:
    """End a server in one of the ways in which clients do."""
    if way == "input":
        peer.end_input()
    elif way == "output":
        assert peer.process.stdout is not None
        transport = peer.process.stdout._transport  # type: ignore[attr-defined]
        transport.close()
    else:
        number = signal.SIGTERM if way == "terminate" else signal.SIGINT
        peer.process.send_signal(number)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("tool", "loop"),
    [
        ("short", LOOPS[0]),
        ("short", LOOPS[1]),
        ("swallow", LOOPS[0]),
        ("sleep", LOOPS[1]),
        ("thread", LOOPS[0]),
        ("block", LOOPS[0]),
        ("block", LOOPS[1]),
    ],
)
async def test_it_ends(loop: tuple[str, ...], way: str, tool: str) -> None:
    async with served(STUBBORN, *loop, *QUICK) as peer:
        await peer.initialize()
        await peer.begin("tools/call", {"name": tool})
        await peer.log("begun")
        end(peer, way)
        code, log, rest = await peer.end()

    assert rest == b""
    assert "Traceback" not in log
    # Nothing can be done in order once a handler keeps the event loop.
    assert code == (1 if tool == "block" else 0)
    assert ("on_shutdown" in log) is (tool != "block")
    if tool == "short":
        assert log.index("cleaned up") < log.index("on_shutdown")


@pytest.mark.parametrize("loop", LOOPS, ids=LOOP_NAMES)
@pytest.mark.parametrize("way", WAYS)
async def test_an_idle_server_ends(loop: tuple[str, ...], way: str) -> None:
    async with served(STUBBORN, *loop) as peer:
        await peer.initialize()
        end(peer, way)
        code, log, _ = await peer.end()

    assert code == 0
    assert "on_shutdown" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("loop", LOOPS, ids=LOOP_NAMES)
async def test_requests_that_arrive_after_the_output_was_closed_are_no_error(
    loop: tuple[str, ...],
) -> None:
    async with served(STUBBORN, *loop, *QUICK) as peer:
        await peer.initialize()
        assert peer.process.stdout is not None
        assert peer.process.stdin is not None
        transport = peer.process.stdout._transport  # type: ignore[attr-defined]
        transport.close()
        line = b'{"jsonrpc":"2.0","id":%d,"method":"ping"}\n'
        peer.process.stdin.write(b"".join(line % n for n in range(9, 200)))
        code, log, _ = await peer.end()

    assert code == 0
    assert "Error" not in log


@pytest.mark.parametrize("loop", LOOPS, ids=LOOP_NAMES)
async def test_exits_of_handlers_do_not_end_it(loop: tuple[str, ...]) -> None:
    async with served(STUBBORN, *loop) as peer:
        await peer.initialize()
        for tool in ("task", "gather", "group", "callback", "interrupt"):
            await peer.call("tools/call", {"name": tool})
        assert await peer.tool("hello") == "hello"
        peer.end_input()
        code, _, _ = await peer.end()

    assert code == 0
