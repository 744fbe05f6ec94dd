"""Where tokens and registrations stay: a protocol, in memory, in a file; and under which
keys.

A storage is a table of JSON objects. Its keys name the issuer, so what one authorization
server gave never reaches another.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
import threading
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final, Protocol

from ...errors import ClientError
from ...incoming import is_object
from .discovery import normal_issuer
from .identity import ClientRegistration
from .shared_work import completed
from .tokens import Token

LOCK_SECONDS: Final = 120.0
"""How long a client waits for another that is renewing the same token."""
_PAUSE: Final = 0.02
"""Seconds between two looks at a lock, which any thread or process may hold."""
_LARGEST: Final = 16 * 1024 * 1024


class TokenStorage(Protocol):
    """A table of JSON objects that may be shared by processes and survive them."""

    async def get(self, key: str) -> Mapping[str, Any] | None:
        """What was put under a key, or None."""
        ...

    async def put(self, key: str, value: Mapping[str, Any] | None) -> None:
        """Keep an object in place of what was there; None removes it."""
        ...

    def lock(self) -> AbstractAsyncContextManager[None]:
        """Keeps others from renewing the same tokens meanwhile."""
        ...


class MemoryStorage:
    """Keeps tokens as long as the process lives; threads may share it."""

    def __init__(self) -> None:
        self._values: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    async def get(self, key: str) -> Mapping[str, Any] | None:
        """What was put under a key, or None."""
        return self._values.get(key)

    async def put(self, key: str, value: Mapping[str, Any] | None) -> None:
        """Keep an object in place of what was there; None removes it."""
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = value

    @asynccontextmanager
    async def lock(self) -> AsyncGenerator[None]:
        """Keeps other tasks and threads out."""
        while not self._lock.acquire(blocking=False):
            await asyncio.sleep(_PAUSE)
        try:
            yield
        finally:
            self._lock.release()

    def __repr__(self) -> str:
        return "MemoryStorage()"


class FileStorage:
    """Keeps tokens in a file that only its owner can read.

    Processes and threads may share it: a lock file beside it keeps two of them from
    renewing one token at once. The file is replaced as a whole, so a crash leaves the old
    one. The system frees the lock of a process that ends, however it ends.

    Args:
        path: The file; it and its folder are made when something is first kept.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._writing = threading.Lock()
        self._hold: object = None

    async def get(self, key: str) -> Mapping[str, Any] | None:
        """What was put under a key, or None.

        Raises:
            ClientError: The file can't be read, or is not a storage.
        """
        value: object = (await asyncio.to_thread(self._read)).get(key)
        return value if is_object(value) else None

    async def put(self, key: str, value: Mapping[str, Any] | None) -> None:
        """Keep an object in place of what was there; None removes it.

        Raises:
            ClientError: The file can't be written, or is not a storage.
        """
        async with nullcontext() if self._hold in _HOLDS.get() else self.lock():
            # A thread cannot be interrupted, and the lock must not be released before.
            await completed(asyncio.to_thread(self._change, key, value))

    @asynccontextmanager
    async def lock(self) -> AsyncGenerator[None]:
        """Keeps other tasks, threads and processes out.

        Raises:
            ClientError: Another one holds the lock for too long.
        """
        opened = await self._locked()
        hold = self._hold = object()
        _HOLDS.set((*_HOLDS.get(), hold))
        try:
            yield
        finally:
            self._hold = None
            _HOLDS.set(tuple(each for each in _HOLDS.get() if each is not hold))
            os.close(opened)

    def __repr__(self) -> str:
        return f"FileStorage({str(self.path)!r})"

    async def _locked(self) -> int:
        """The open lock file; closing it lets the next one in."""
        try:
            self._make_folder()
            name = self.path.with_name(f"{self.path.name}.lock")
            opened = os.open(name, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        except OSError as error:
            raise self._unusable(error) from None
        end = time.monotonic() + LOCK_SECONDS
        try:
            while not _is_locked(opened):
                if time.monotonic() > end:
                    raise ClientError(f"{self.path}: another process keeps it locked")
                await asyncio.sleep(_PAUSE)
        except BaseException:
            os.close(opened)
            raise
        return opened

    def _read(self) -> dict[str, Any]:
        try:
            with self.path.open("rb") as file:
                others = _others_may_write(os.fstat(file.fileno()))
                data = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable(error) from None
        if others:
            raise ClientError(
                f"{self.path}: other users can change this file, so its tokens are not "
                "used. Remove it, and sign in again"
            )
        try:
            value: object = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        if not is_object(value):
            raise ClientError(
                f"{self.path}: this is no token storage; nothing was changed. "
                "Move it away, or name another file"
            )
        return dict(value)

    def _change(self, key: str, value: Mapping[str, Any] | None) -> None:
        # Tasks that share one hold of the lock may write at the same time.
        with self._writing:
            everything = self._read()
            everything.pop(key, None)
            if value is not None:
                everything[key] = value
            beside = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
            text = json.dumps(everything, indent=1).encode()
            try:
                self._make_folder()
                # Owner-only from its first byte on, and never a file that someone else
                # has put there: such a one would stay theirs.
                beside.unlink(missing_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK
                with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                beside.replace(self.path)
            except OSError as error:
                raise self._unusable(error) from None

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _unusable(self, error: OSError) -> ClientError:
        return ClientError(f"{self.path}: {error.strerror or error}")


def _others_may_write(status: os.stat_result) -> bool:
    """Whether a user that is neither this one nor root can change a file."""
    if sys.platform == "win32":
        return False
    is_ours = status.st_uid in (0, os.geteuid())
    return not is_ours or bool(status.st_mode & stat.S_IWOTH)


_HOLDS: ContextVar[tuple[object, ...]] = ContextVar("holds", default=())
"""The locks that are held by the current task, or the one that started it."""

_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)

if sys.platform == "win32":
    import msvcrt

    def _lock(opened: int) -> None:
        msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(opened: int) -> None:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_locked(opened: int) -> bool:
    """Lock a file, unless another one has."""
    try:
        _lock(opened)
    except OSError:
        return False
    return True


class Records:
    """Tokens and registrations in a storage. Callers lock the storage to change them."""

    def __init__(self, storage: TokenStorage) -> None:
        self._get = storage.get
        self._put = storage.put

    async def token(self, url: str) -> Token | None:
        """The token for a server."""
        issuer = await self._get(f"issuer of {url}")
        data = issuer and await self._get(_token_key(issuer, url))
        return Token.from_json(data) if data else None

    async def keep(self, url: str, token: Token) -> None:
        """Store the token for a server in place of any other one."""
        issuer = {"issuer": token.issuer}
        await self.drop(url, except_of=token.issuer)
        await self._put(_token_key(issuer, url), token.to_json())
        await self._put(f"issuer of {url}", issuer)

    async def drop(self, url: str, *, except_of: str | None = None) -> None:
        """Remove the token for a server, unless it is of the issuer `except_of`."""
        before = await self._get(f"issuer of {url}")
        if before is not None and before.get("issuer") != except_of:
            await self._put(_token_key(before, url), None)
            await self._put(f"issuer of {url}", None)

    async def client(self, issuer: str) -> ClientRegistration | None:
        """This client's registration at an authorization server, while it is valid."""
        data = await self._get(_client_key(issuer))
        found = ClientRegistration.from_json(data) if data else None
        return found if found and not found.has_expired else None

    async def keep_client(self, issuer: str, client: ClientRegistration) -> None:
        """Store a registration."""
        await self._put(_client_key(issuer), client.to_json())

    async def drop_client(self, issuer: str, client_id: object) -> None:
        """Remove a registration, unless another one has taken its place."""
        data = await self._get(_client_key(issuer))
        if data is not None and data.get("client_id") == client_id:
            await self._put(_client_key(issuer), None)


def _token_key(issuer: Mapping[str, Any], url: str) -> str:
    return f"token of {issuer.get('issuer')} for {url}"


def _client_key(issuer: str) -> str:
    return f"client of {normal_issuer(issuer)}"
