"""Callers, threads and processes share tokens; no one loses them for the others."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mcpgen.runtime.client import (
    AuthError,
    Client,
    FileStorage,
    LoopbackRedirect,
    MemoryStorage,
    OAuth,
    TokenStorage,
)

from ..wire import LIMIT, Call, Reply
from .authority import Authority, Guarded, browse, consenting, guarded

HOLDER = """
import asyncio, sys
from mcpgen.runtime.client import FileStorage

async def main(path):
    storage = FileStorage(path)
    async with storage.lock():
        await storage.put("a", {"of": "the first"})
        print("locked", flush=True)
        await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


async def call(client: Client) -> None:
    assert (await client.call_tool("echo", {"a": 1})).content


def refreshes(authority: Authority) -> list[str]:
    return [form["refresh_token"] for form in authority.grants("refresh_token")]


async def held_refresh(guard: Guarded, client: Client) -> asyncio.Task[None]:
    """A call whose refresh the authorization server has handled, but not answered."""
    authority = guard.authority
    authority.tokens.clear()
    authority.held = asyncio.Event()
    authority.reached.clear()
    task = asyncio.create_task(call(client))
    await asyncio.wait_for(authority.reached.wait(), LIMIT)
    return task


async def test_a_caller_that_gives_up_loses_no_refresh_token() -> None:
    async with guarded() as guard:
        authority = guard.authority
        async with Client(guard.url, auth=OAuth(redirect=consenting())) as client:
            await call(client)
            task = await held_refresh(guard, client)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            next_one = asyncio.create_task(call(client))
            assert authority.held is not None
            authority.held.set()
            await next_one
    assert len(authority.asked) == 1
    assert len(refreshes(authority)) == 1


async def test_a_client_that_is_closed_meanwhile_stores_the_new_token(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tokens"
    async with guarded() as guard:
        authority = guard.authority
        auth = OAuth(redirect=consenting(), storage=FileStorage(path))
        client = await Client(guard.url, auth=auth).__aenter__()
        await call(client)
        task = await held_refresh(guard, client)
        task.cancel()
        closing = asyncio.create_task(client.close())
        assert authority.held is not None
        authority.held.set()
        await asyncio.wait_for(closing, LIMIT)
        await asyncio.wait([task], timeout=LIMIT)
        later = OAuth(redirect=consenting(), storage=FileStorage(path))
        async with Client(guard.url, auth=later) as client:
            await call(client)
    assert len(authority.asked) == 1
    assert len(refreshes(authority)) == 1


async def test_closing_a_client_does_not_wait_for_a_person() -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    redirect = LoopbackRedirect(
        timeout=60, open_browser=lambda _: loop.call_soon_threadsafe(asked.set)
    )
    async with guarded() as guard:
        client = Client(guard.url, auth=OAuth(redirect=redirect))
        opening = asyncio.create_task(client.open())
        await asyncio.wait_for(asked.wait(), LIMIT)
        opening.cancel()
        await asyncio.wait_for(asyncio.wait([opening]), LIMIT)
        await asyncio.wait_for(client.close(), LIMIT)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [task for task in others if "auth" in repr(task.get_coro())]


async def test_fifty_calls_with_a_refused_token_make_one_refresh() -> None:
    async with (
        guarded() as guard,
        Client(guard.url, auth=OAuth(redirect=consenting())) as client,
    ):
        await call(client)
        guard.authority.tokens.clear()
        await asyncio.gather(*(call(client) for _ in range(50)))
        assert len(refreshes(guard.authority)) == 1
        assert len(guard.authority.asked) == 1


@pytest.mark.parametrize("kind", ["memory", "file"])
async def test_threads_share_one_hook(kind: str, tmp_path: Path) -> None:
    storage: TokenStorage = MemoryStorage()
    if kind == "file":
        storage = FileStorage(tmp_path / "tokens")
    auth = OAuth(redirect=consenting(), storage=storage)
    together = threading.Barrier(4, timeout=LIMIT)

    def work(url: str, cleared: threading.Event) -> None:
        with _sync(url, auth) as client:
            client.call_tool("echo", {"a": 1})
            together.wait()
            assert cleared.wait(LIMIT)
            for _ in range(5):
                client.call_tool("echo", {"a": 2})

    async with guarded() as guard:
        cleared = threading.Event()
        threads = [asyncio.to_thread(work, guard.url, cleared) for _ in range(3)]
        tasks = [asyncio.create_task(thread) for thread in threads]
        await asyncio.to_thread(together.wait)
        guard.authority.tokens.clear()
        cleared.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 3 * LIMIT)
        assert len(guard.authority.asked) == 1
        assert len(refreshes(guard.authority)) == 1


def _sync(url: str, auth: OAuth) -> Any:
    return Client.sync(url, auth=auth)


async def test_threads_share_one_storage(tmp_path: Path) -> None:
    """Each thread has a hook of its own; the refresh token is used once."""
    path = tmp_path / "tokens"
    storage = FileStorage(path)

    def work(url: str) -> None:
        auth = OAuth(redirect=consenting(), storage=storage)
        with _sync(url, auth) as client:
            client.call_tool("echo", {"a": 1})

    async with guarded() as guard:
        await asyncio.to_thread(work, guard.url)
        guard.authority.tokens.clear()
        async with asyncio.timeout(3 * LIMIT), asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(asyncio.to_thread(work, guard.url))
        assert len(guard.authority.asked) == 1
        assert len(refreshes(guard.authority)) == 1


async def test_a_failed_sign_in_fails_all_calls_that_wait_for_it() -> None:
    async with guarded() as guard:
        guard.authority.metadata["code_challenge_methods_supported"] = []
        auth = OAuth(redirect=consenting())
        found = await asyncio.gather(
            *(Client(guard.url, auth=auth).open() for _ in range(3)),
            return_exceptions=True,
        )
    assert all(isinstance(error, AuthError) for error in found)


class Slow(FileStorage):
    """A storage on a slow disk."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writing = threading.Event()
        self.may_end = threading.Event()

    def _change(self, key: str, value: Mapping[str, Any] | None) -> None:
        self.writing.set()
        assert self.may_end.wait(LIMIT)
        super()._change(key, value)


async def test_a_canceled_write_keeps_the_lock_until_it_ends(tmp_path: Path) -> None:
    slow, other = Slow(tmp_path / "t"), FileStorage(tmp_path / "t")

    async def write() -> None:
        async with slow.lock():
            await slow.put("a", {"x": 1})

    writer = asyncio.create_task(write())
    await asyncio.to_thread(slow.writing.wait, LIMIT)
    writer.cancel()
    reader = asyncio.create_task(other.put("b", {"y": 1}))
    done, _ = await asyncio.wait([writer, reader], timeout=0.2)
    assert not done
    slow.may_end.set()
    await asyncio.wait_for(reader, LIMIT)
    with pytest.raises(asyncio.CancelledError):
        await writer
    assert await other.get("a") == {"x": 1}
    assert await other.get("b") == {"y": 1}


async def test_writes_inside_one_lock_are_all_kept(tmp_path: Path) -> None:
    storage = FileStorage(tmp_path / "tokens")
    async with storage.lock():
        await asyncio.gather(*(storage.put(f"key {n}", {"n": n}) for n in range(12)))
    found = [await storage.get(f"key {number}") for number in range(12)]
    assert found == [{"n": number} for number in range(12)]


async def test_writes_of_many_threads_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "tokens"

    def write(number: int) -> None:
        asyncio.run(FileStorage(path).put(f"key {number}", {"n": number}))

    async with asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(asyncio.to_thread(write, number))
    storage = FileStorage(path)
    found = [await storage.get(f"key {number}") for number in range(12)]
    assert found == [{"n": number} for number in range(12)]


async def test_a_process_that_is_killed_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(3 * LIMIT):
        assert await process.stdout.readline() == b"locked\n"
        waiting = asyncio.create_task(FileStorage(path).put("b", {"of": "the second"}))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await waiting
    assert await FileStorage(path).get("a") == {"of": "the first"}


async def test_a_lock_of_all_loops_passes_on_whoever_gives_up() -> None:
    storage = MemoryStorage()
    inside: list[int] = []
    seen: list[int] = []

    async def enter(limit: float) -> None:
        try:
            async with asyncio.timeout(limit), storage.lock():
                inside.append(1)
                try:
                    seen.append(len(inside))
                    await asyncio.sleep(0.002)
                finally:
                    inside.pop()
        except TimeoutError:
            pass

    async def several() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(enter(LIMIT if number % 3 else 0.001))

    async with asyncio.timeout(3 * LIMIT), asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(asyncio.to_thread(asyncio.run, several()))
    assert set(seen) == {1}
    async with asyncio.timeout(LIMIT), storage.lock():
        pass


async def test_a_sign_in_is_not_lost_when_another_call_ends() -> None:
    """The browser answers only after the other call has ended."""
    started, other_ended = asyncio.Event(), threading.Event()
    release = asyncio.Event()

    async def slow(call: Call) -> Reply:
        if call.params["name"] == "slow":
            started.set()
            await asyncio.wait_for(release.wait(), LIMIT)
        return call.result(
            resultType="complete", content=[{"type": "text", "text": "done"}]
        )

    loop = asyncio.get_running_loop()
    visits: list[str] = []

    def visit(url: str) -> None:
        visits.append(url)
        if len(visits) > 1:
            loop.call_soon_threadsafe(release.set)
            assert other_ended.wait(LIMIT)
        browse(url)

    async with guarded() as guard:
        guard.wire.methods["tools/call"] = slow
        guard.wire.methods["prompts/get"] = prompt
        guard.scopes["prompts/get"] = "write"
        redirect = LoopbackRedirect(timeout=LIMIT, open_browser=visit)
        auth = OAuth(redirect=redirect)
        async with Client(guard.url, auth=auth, timeout=LIMIT) as client:
            other = asyncio.create_task(client.call_tool("slow"))
            await asyncio.wait_for(started.wait(), LIMIT)
            asking = asyncio.create_task(client.get_prompt("p"))
            await other
            other_ended.set()
            assert (await asking).messages == []
    assert len(visits) == 2


async def prompt(call: Call) -> Reply:
    return call.result(resultType="complete", messages=[])
