"""API keys and fixed tokens: who has one, what is kept of it, how it is changed."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from multidict import CIMultiDict
from pydantic import SecretStr

from mcpgen.runtime.server.features.auth import (
    AllOf,
    APIKeyAuthenticator,
    Authenticator,
    AuthRequest,
    FirstOf,
    Principal,
    Refusal,
    StaticTokenAuthenticator,
    Unavailable,
    api_key,
    make_api_key,
    parse_entry,
)

from ..wire import ModernWire
from .conftest import Serving


async def who(rule: Authenticator, **headers: str) -> Principal | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await rule.authenticate(AuthRequest(CIMultiDict(named)))


class TestAPIKeys:
    async def test_a_key_opens_the_server_in_either_header(
        self, vault: Serving, http: ClientSession
    ) -> None:
        key, entry = make_api_key("robot", ["read"])
        url = await vault(auth="api-key", auth_api_keys=(str(entry),))

        for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
            wire = ModernWire(http, url, headers)
            assert (await wire.tool("whoami")).content == "robot ['read'] []"
            assert (await wire.tool("read")).status == 200
            assert (await wire.tool("move")).status == 403

    async def test_a_refusal_names_the_header_of_keys(
        self, vault: Serving, http: ClientSession
    ) -> None:
        _, entry = make_api_key("robot")
        url = await vault(auth="api-key", auth_api_keys=(str(entry),))

        reply = await ModernWire(http, url).tool("whoami")
        assert reply.status == 401
        said = "Authorization is required, in the header x-api-key"
        assert reply.error["message"] == said
        named = reply.headers["WWW-Authenticate"]
        assert named == 'Bearer, ApiKey header="x-api-key"'
        wrong = await ModernWire(http, url, {"X-API-Key": "mcp_x"}).tool("whoami")
        named = wrong.headers["WWW-Authenticate"]
        assert named.startswith('Bearer error="invalid_token"')
        assert named.endswith(', ApiKey header="x-api-key"')

    async def test_a_wrong_key_or_none_opens_nothing(
        self, vault: Serving, http: ClientSession
    ) -> None:
        key, entry = make_api_key("robot")
        url = await vault(auth="api-key", auth_api_keys=(str(entry),))

        wrong: list[dict[str, str]] = [
            {},
            {"X-API-Key": ""},
            {"X-API-Key": key[:-1]},
            {"X-API-Key": key + "x"},
            {"X-API-Key": entry.hash},
            {"Authorization": "Bearer mcp_x"},
            {"Authorization": f"Basic {key}"},
        ]
        for headers in wrong:
            assert (await ModernWire(http, url, headers).tool("whoami")).status == 401

    async def test_two_keys_in_one_request_are_refused(self) -> None:
        key, entry = make_api_key("robot")
        headers = CIMultiDict([("X-API-Key", key), ("X-API-Key", "other")])

        with pytest.raises(Refusal) as refused:
            await APIKeyAuthenticator([entry]).authenticate(AuthRequest(headers))

        assert refused.value.malformed

    async def test_a_star_means_every_scope_of_the_server(self, vault: Serving) -> None:
        key, entry = make_api_key("admin")
        await vault(auth="api-key", auth_api_keys=(str(entry),))

        assert (await vault.modern(key).tool("move")).status == 200

    def test_entries_hold_no_key(self) -> None:
        key, entry = make_api_key("robot", ["read"])

        assert entry.hash == hashlib.sha256(key.encode()).hexdigest()
        assert key not in repr(entry) + str(entry)
        assert parse_entry(str(entry)) == entry

    def test_keys_can_not_be_guessed(self) -> None:
        keys = {make_api_key("robot")[0] for _ in range(100)}

        assert len(keys) == 100
        assert all(len(key) >= len("mcp_") + 43 for key in keys)

    async def test_every_key_is_compared_in_constant_time(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = [make_api_key(f"robot{n}") for n in range(5)]
        rule = APIKeyAuthenticator([entry for _, entry in made])
        compared: list[tuple[Any, Any]] = []

        class Watched:
            @staticmethod
            def compare_digest(one: Any, other: Any) -> bool:
                compared.append((one, other))
                return hmac.compare_digest(one, other)

        monkeypatch.setattr(api_key, "hmac", Watched)
        await who(rule, X_API_Key=made[0][0])

        assert len(compared) == 5

    async def test_several_keys_of_one_user_work_while_they_are_changed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(api_key, "_LOOK_SECONDS", 0.0)
        (old, first), (new, second) = make_api_key("robot"), make_api_key("robot")
        file = tmp_path / "keys"
        file.write_text(f"# robots\n\n{first}\n")
        rule = APIKeyAuthenticator(file=file)
        before = await who(rule, X_API_Key=old)

        rewrite(file, f"{first}\n{second}\n")
        assert await who(rule, X_API_Key=old) == before
        assert await who(rule, X_API_Key=new) == before
        rewrite(file, f"{second}\n")
        with pytest.raises(Refusal, match="not known"):
            await who(rule, X_API_Key=old)
        assert await who(rule, X_API_Key=new) == before

    async def test_a_file_that_breaks_changes_nothing_and_is_logged_without_its_text(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(api_key, "_LOOK_SECONDS", 0.0)
        key, entry = make_api_key("robot")
        file = tmp_path / "keys"
        file.write_text(f"{entry}\n")
        rule = APIKeyAuthenticator(file=file)

        rewrite(file, "someone:plain-text-key\n")

        assert await who(rule, X_API_Key=key)
        assert f"{file}:1" in caplog.text
        assert "plain-text-key" not in caplog.text

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "robot",
            "robot:abc",
            f":{'a' * 64}",
            f"robot:{'A' * 64}",
            f"robot:{'a' * 65}",
            f"ro\x1bbot:{'a' * 64}",
            f'robot:{"a" * 64}:re"ad',
            f"robot:{'a' * 64}:ré",
        ],
    )
    def test_what_is_no_entry_is_refused_without_being_shown(self, text: str) -> None:
        with pytest.raises(ValueError) as refused:
            parse_entry(text)
        assert not text or text not in str(refused.value)


def rewrite(file: Path, text: str) -> None:
    """Change a file so that its state differs, whatever the clock's resolution is."""
    before = file.stat()
    file.write_text(text)
    later = before.st_mtime_ns + 1_000_000
    os.utime(file, ns=(later, later))


class TestFixedTokens:
    async def test_whoever_has_one_is_the_developer_with_all_scopes(
        self, vault: Serving
    ) -> None:
        tokens = (SecretStr("first-token"), SecretStr("second-token"))
        await vault(auth="token", auth_tokens=tokens)

        for token in ("first-token", "second-token"):
            reply = await vault.modern(token).tool("move")
            assert reply.content == "developer ['boxes', 'read', 'write'] []"

    async def test_others_are_refused(self, vault: Serving) -> None:
        await vault(auth="token", auth_tokens=(SecretStr("first-token"),))

        for token in (None, "first-toke", "first-token1", "FIRST-TOKEN"):
            assert (await vault.modern(token).tool("whoami")).status == 401

    @pytest.mark.parametrize("tokens", [[], [" "], ["ü"]])
    def test_tokens_that_no_header_can_carry(self, tokens: list[str]) -> None:
        with pytest.raises(ValueError, match="auth_tokens"):
            StaticTokenAuthenticator(tokens)

    def test_settings_do_not_show_them(self) -> None:
        from mcpgen.runtime.server import Settings

        settings = Settings(
            auth_tokens=(SecretStr("s3cret"),), auth_client_secret=SecretStr("s3cret")
        )

        assert "s3cret" not in repr(settings) + str(settings)


class Says:
    """An authenticator that says what it is told to."""

    def __init__(self, answer: Principal | Exception | None) -> None:
        self.answer = answer
        self.asked = 0
        self.closed = False

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self) -> None:
        self.closed = True


ALICE, BOB = Principal("alice"), Principal("bob")
NO = Refusal("no")
AWAY = Unavailable("away")


class TestCombining:
    async def test_the_first_who_knows_decides(self) -> None:
        last = Says(BOB)

        assert await who(FirstOf(Says(None), Says(ALICE), last)) == ALICE
        assert last.asked == 0

    async def test_one_refusal_does_not_keep_others_from_accepting(self) -> None:
        assert await who(FirstOf(Says(NO), Says(ALICE))) == ALICE
        assert await who(FirstOf(Says(AWAY), Says(ALICE))) == ALICE

    @pytest.mark.parametrize(
        ("answers", "raised"),
        [([None, NO], Refusal), ([NO, AWAY], Unavailable), ([AWAY, NO], Unavailable)],
        ids=str,
    )
    async def test_without_anyone_who_accepts_the_problem_is_told(
        self, answers: list[Any], raised: type[Exception]
    ) -> None:
        with pytest.raises(raised):
            await who(FirstOf(*map(Says, answers)))

    async def test_nobody_knows(self) -> None:
        assert await who(FirstOf(Says(None), Says(None))) is None

    async def test_all_must_accept(self) -> None:
        assert await who(AllOf(Says(ALICE), Says(BOB))) == ALICE
        assert await who(AllOf(Says(ALICE), Says(None))) is None
        with pytest.raises(Refusal):
            await who(AllOf(Says(ALICE), Says(NO)))

    async def test_all_are_closed_and_their_headers_are_kept_from_handlers(
        self,
    ) -> None:
        said = Says(None)
        _, entry = make_api_key("robot")
        both = FirstOf(said, APIKeyAuthenticator([entry]), None)

        await both.close()

        assert said.closed
        assert both.credential_headers == {
            "authorization",
            "proxy-authorization",
            "x-api-key",
        }

    def test_nothing_can_not_be_combined(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            FirstOf(None)

    async def test_the_configured_one_and_one_s_own_go_together(
        self, vault: Serving, http: ClientSession, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        key, entry = make_api_key("robot")
        own = FirstOf(Says(None), APIKeyAuthenticator([entry]))
        url = await vault(own)

        reply = await ModernWire(http, url, {"X-API-Key": key}).tool("whoami")

        assert reply.content == "robot [] []"
        assert key not in caplog.text
