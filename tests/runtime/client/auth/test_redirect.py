"""The way back from the browser."""

from __future__ import annotations

import socket
import webbrowser
from contextlib import closing

import pytest

from mcpgen.runtime.client import ClientError, LoopbackRedirect

from .authority import browse


def answering(url: str) -> None:
    """A browser that is sent back at once."""
    browse(f"{url}?state=s&code=c")


async def test_the_answer_is_the_address_that_the_browser_came_to() -> None:
    async with LoopbackRedirect().open(()) as back:
        assert back.uri.startswith("http://127.0.0.1:")
    later = LoopbackRedirect(open_browser=lambda _: answering(again.uri), timeout=60)
    async with later.open((back.uri,)) as again:
        assert again.uri == back.uri, "the port of last time is free, so it is taken"
        answer = await again.answer("https://auth.example/?state=s")
    assert answer == f"{again.uri}?state=s&code=c"


async def test_a_port_of_last_time_that_is_taken_is_left_alone() -> None:
    async with (
        LoopbackRedirect().open(()) as first,
        LoopbackRedirect().open((first.uri,)) as second,
    ):
        assert first.uri != second.uri


async def test_a_named_port_that_is_taken_is_said() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ClientError, match=f"port {port} of 127.0.0.1 is taken"):
            async with LoopbackRedirect(port).open(()):
                pass


async def test_nobody_waits_for_ever() -> None:
    redirect = LoopbackRedirect(timeout=0.1, open_browser=lambda _: None)
    async with redirect.open(()) as back:
        with pytest.raises(ClientError, match=r"nobody consented .* within 0.1 s"):
            await back.answer("https://auth.example/?state=s")


async def test_without_a_browser_the_address_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    async with LoopbackRedirect(timeout=0.1).open(()) as back:
        with pytest.raises(ClientError):
            await back.answer("https://auth.example/?state=s")
    assert "https://auth.example/?state=s" in capsys.readouterr().err
