"""The file of tokens: its owner's alone, whole at any time, shared by processes."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from mcpgen.runtime.client import ClientError, FileStorage, MemoryStorage, TokenStorage
from mcpgen.runtime.client.features.oauth.identity import ClientRegistration, PrivateKey
from mcpgen.runtime.client.features.oauth.tokens import Token
from tests.pace import patient
from tests.requirements import requirement


@pytest.fixture(params=["memory", "file"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> TokenStorage:
    if request.param == "memory":
        return MemoryStorage()
    return FileStorage(tmp_path / "folder" / "tokens.json")


async def test_what_is_put_is_found_until_it_is_removed(storage: TokenStorage) -> None:
    assert await storage.get("a") is None
    await storage.put("a", {"x": 1})
    await storage.put("b", {"y": 2})
    assert await storage.get("a") == {"x": 1}
    await storage.put("a", None)
    await storage.put("a", None)
    assert await storage.get("a") is None
    assert await storage.get("b") == {"y": 2}


async def test_the_lock_lets_one_in_at_a_time(storage: TokenStorage) -> None:
    inside = 0

    async def enter() -> None:
        nonlocal inside
        async with storage.lock():
            inside += 1
            await asyncio.sleep(0)
            assert inside == 1
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(5)))


async def test_two_storages_of_one_file_exclude_each_other(tmp_path: Path) -> None:
    first, second = FileStorage(tmp_path / "t"), FileStorage(tmp_path / "t")
    async with first.lock():
        waiting = asyncio.create_task(second.lock().__aenter__())
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
    await asyncio.wait_for(waiting, patient(60))


async def test_who_gives_up_waiting_leaves_the_lock_to_others(tmp_path: Path) -> None:
    first, second = FileStorage(tmp_path / "t"), FileStorage(tmp_path / "t")
    async with first.lock():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), second.lock():
                raise AssertionError("both are inside")
    async with asyncio.timeout(patient(60)), second.lock():
        pass


@requirement(
    "2025-03-26/client/tokens-stored",
    "2025-11-25/client/tokens-stored",
    "2026-07-28/client/refresh-tokens",
    "2026-07-28/client/tokens-stored",
)
async def test_the_file_and_its_folder_are_the_owners_alone(tmp_path: Path) -> None:
    storage = FileStorage(tmp_path / "folder" / "tokens.json")
    async with storage.lock():
        await storage.put("a", {"secret": 1})
    files = sorted((tmp_path / "folder").iterdir())
    assert [file.name for file in files] == ["tokens.json", "tokens.json.lock"]
    modes = {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700


async def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text("{}")
    path.chmod(0o644)
    await FileStorage(path).put("a", {"secret": 1})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00", "[" * 100_000, "7"])
async def test_a_file_that_is_something_else_is_left_alone(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "notes"
    path.write_text(text)
    storage = FileStorage(path)
    for attempt in (storage.get("a"), storage.put("a", {})):
        with pytest.raises(ClientError, match="this is no token storage"):
            await attempt
    assert path.read_text() == text


@pytest.mark.parametrize("value", [1, "x", None, []])
async def test_an_entry_that_is_no_object_counts_as_absent(
    tmp_path: Path, value: object
) -> None:
    path = tmp_path / "tokens"
    path.write_text(json.dumps({"a": value}))
    assert await FileStorage(path).get("a") is None


async def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    storage = FileStorage(tmp_path / "file" / "tokens")
    with pytest.raises(ClientError, match=str(tmp_path)):
        await storage.put("a", {})
    with pytest.raises(ClientError, match=str(tmp_path)):
        async with storage.lock():
            pass


async def test_a_file_that_someone_put_in_the_way_gets_no_token(tmp_path: Path) -> None:
    beside = tmp_path / f"tokens.{os.getpid()}.new"
    beside.write_text("")
    beside.chmod(0o666)
    with beside.open("rb") as theirs:
        await FileStorage(tmp_path / "tokens").put("a", {"secret": 1})

        assert theirs.read() == b""
    assert stat.S_IMODE((tmp_path / "tokens").stat().st_mode) == 0o600


async def test_a_link_in_the_place_of_a_new_file_is_not_followed(
    tmp_path: Path,
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "tokens.lock").symlink_to(victim)
    with pytest.raises(ClientError):
        async with FileStorage(tmp_path / "tokens").lock():
            pass
    assert victim.read_text() == "precious"


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX systems")
async def test_tokens_that_others_can_change_are_not_used(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    storage = FileStorage(file)
    await storage.put("a", {"secret": 1})
    file.chmod(0o602)

    with pytest.raises(ClientError, match="other users can change this file"):
        await storage.get("a")
    with pytest.raises(ClientError, match="other users can change this file"):
        await storage.put("b", {"secret": 2})


REGISTERED: dict[str, Any] = {
    "client_id": "me",
    "client_secret": "s3cret",
    "auth_method": None,
    "issuer": "https://issuer.example",
    "redirect_uris": ["http://127.0.0.1/"],
    "scope": "read write",
    "secret_expires_at": 12,
}
KEPT: dict[str, Any] = {
    "access_token": "abc",
    "issuer": "https://issuer.example",
    "resource": "https://server.example/mcp",
    "token_type": "Bearer",
    "scope": "read",
    "renew_at": None,
    "refresh_token": "def",
    "key": {"kty": "EC"},
    "client": REGISTERED,
}


def test_registrations_and_tokens_are_stored_as_they_were_before() -> None:
    client = ClientRegistration.from_json(
        {**REGISTERED, "private_key": {"pem": "somebody else's"}}
    )
    assert client == ClientRegistration(
        "me",
        "s3cret",
        issuer="https://issuer.example",
        redirect_uris=("http://127.0.0.1/",),
        scopes=("read", "write"),
        secret_expires_at=12,
    )
    assert client is not None
    assert not client.covers(("delete",))
    assert client.to_json() == REGISTERED
    token = Token.from_json(KEPT)
    assert token is not None
    assert token.to_json() == KEPT


def test_what_is_not_whole_is_no_registration_and_no_token() -> None:
    for name in ("client_id", "auth_method", "issuer", "redirect_uris"):
        less = {key: REGISTERED[key] for key in REGISTERED if key != name}
        assert ClientRegistration.from_json(less) is None
    for name, value in (("issuer", None), ("client_id", 5), ("scope", 5)):
        assert ClientRegistration.from_json({**REGISTERED, name: value}) is None
    for name in KEPT:
        less = {key: KEPT[key] for key in KEPT if key != name}
        assert Token.from_json(less) is None
    for field, bad in (("renew_at", "12"), ("renew_at", True), ("key", "x")):
        assert Token.from_json({**KEPT, field: bad}) is None


def test_a_key_may_be_any_mapping() -> None:
    key = MappingProxyType({"kty": "EC"})
    token = Token("abc", "https://issuer.example", "https://server.example", key=key)
    stored = token.to_json()
    assert stored["key"] == {"kty": "EC"}
    assert Token.from_json(stored) == token


def test_a_key_of_the_program_is_not_stored() -> None:
    client = ClientRegistration("me", private_key=PrivateKey("secret"))
    assert "private_key" not in client.to_json()
