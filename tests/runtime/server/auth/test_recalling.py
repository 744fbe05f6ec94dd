"""Credentials that were verified before: the short cut, and what must not take it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from multidict import CIMultiDict

from mcpgen.runtime.server.features.auth import (
    AuthRequest,
    JWTAuthenticator,
    Principal,
    Refusal,
)
from mcpgen.runtime.server.features.auth.fetch import Remembered

from .conftest import Serving
from .issuer import AUDIENCE, Issuer
from .vault import Names


class Recalling(Names):
    """Recalls whom it has seen, and counts how often it had to look."""

    def __init__(self) -> None:
        self.seen: dict[str, Principal] = {}
        self.looked = 0

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        self.looked += 1
        principal = await super().authenticate(request)
        if principal is not None:
            self.seen[request.headers["Authorization"]] = principal
        return principal

    def recall(self, headers: Mapping[str, str]) -> Principal | None:
        return self.seen.get(headers.get("Authorization", ""))


class Overriding(Recalling):
    """Has a rule of its own, and knows nothing of short cuts."""

    banned: tuple[str, ...] = ()

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        principal = await super().authenticate(request)
        if principal is not None and principal.subject in self.banned:
            raise Refusal(f"{principal.subject} is banned")
        return principal


async def test_who_was_verified_is_recalled(vault: Serving) -> None:
    rule = Recalling()
    await vault(rule)
    for _ in range(3):
        assert "alice" in (await vault.modern("alice").tool("whoami")).text
    assert "bob" in (await vault.modern("bob").tool("whoami")).text

    assert rule.looked == 2


async def test_who_is_recalled_still_needs_the_scopes(vault: Serving) -> None:
    await vault(Recalling())
    assert (await vault.modern("alice").tool("whoami")).status == 200

    assert (await vault.modern("alice").tool("move")).status == 403


async def test_a_rule_on_top_sees_every_request(vault: Serving) -> None:
    rule = Overriding()
    await vault(rule)
    assert (await vault.modern("alice").tool("whoami")).status == 200

    rule.banned = ("alice",)

    assert (await vault.modern("alice").tool("whoami")).status == 401


async def test_a_rule_put_in_place_of_one_sees_every_request(vault: Serving) -> None:
    rule = Recalling()
    looked: list[str] = []

    async def authenticate(request: AuthRequest) -> Principal | None:
        looked.append(request.headers["Authorization"])
        return Principal("somebody")

    vars(rule)["authenticate"] = authenticate
    await vault(rule)
    for _ in range(2):
        await vault.modern("alice").tool("whoami")

    assert looked == ["Bearer alice"] * 2


class TestOfTokens:
    async def test_only_what_was_verified(self, issuer: Issuer) -> None:
        rule = JWTAuthenticator(issuer.url, [AUDIENCE])
        token = issuer.token()
        headers = {"Authorization": f"Bearer {token}"}
        assert rule.recall(headers) is None
        await rule.authenticate(AuthRequest(headers))
        await rule.close()

        recalled = rule.recall(headers)
        assert recalled is not None
        assert recalled.subject == "alice"
        assert rule.recall({}) is None
        assert rule.recall({"Authorization": f"Bearer {token[:-1]}"}) is None
        assert rule.recall({"Authorization": f"Bearer {token}="}) is None

    async def test_only_while_it_counts(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.time()
        rule = JWTAuthenticator(issuer.url, [AUDIENCE], leeway=0.0, remember=1000.0)
        headers = {"Authorization": f"Bearer {issuer.token(exp=now + 100)}"}
        await rule.authenticate(AuthRequest(headers))
        await rule.close()
        assert rule.recall(headers)

        monkeypatch.setattr(time, "time", lambda: now + 101)

        assert rule.recall(headers) is None

    async def test_two_headers_are_refused(self, issuer: Issuer) -> None:
        rule = JWTAuthenticator(issuer.url, [AUDIENCE])
        headers = CIMultiDict({"Authorization": f"Bearer {issuer.token()}"})
        await rule.authenticate(AuthRequest(headers))
        await rule.close()
        headers.add("Authorization", headers["Authorization"])

        with pytest.raises(Refusal, match="more than once"):
            rule.recall(headers)

    async def test_what_one_server_verified_does_not_count_for_another(
        self, vault: Serving, issuer: Issuer
    ) -> None:
        rule = JWTAuthenticator(issuer.url)
        token = issuer.token(aud="https://a.example/mcp")
        for public, status in (("a", 200), ("b", 401), ("a", 200)):
            await vault(rule, public_url=f"https://{public}.example/mcp")
            for _ in range(2):
                assert (await vault.modern(token).tool("whoami")).status == status

    @pytest.mark.parametrize(
        "settings", [{"public_url": AUDIENCE}, {"auth_audience": (AUDIENCE,)}], ids=str
    )
    async def test_a_server_that_settings_name_recalls(
        self,
        vault: Serving,
        issuer: Issuer,
        settings: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await vault(auth="jwt", auth_issuer=issuer.url, **settings)
        token = issuer.token()
        assert (await vault.modern(token).tool("whoami")).status == 200

        # What is recalled needs no further look.
        monkeypatch.delattr(JWTAuthenticator, "_verify")
        monkeypatch.delattr(JWTAuthenticator, "authenticate")

        assert (await vault.modern(token).tool("whoami")).status == 200

    async def test_a_token_is_one_however_its_header_is_written(
        self, issuer: Issuer
    ) -> None:
        rule = JWTAuthenticator(issuer.url, [AUDIENCE])
        token = issuer.token()
        for scheme in (
            "Bearer ",
            "bearer ",
            "BEARER ",
            *("Bearer " + " " * n for n in range(1, 50)),
        ):
            headers = {"Authorization": f"{scheme}{token}"}
            principal = await rule.authenticate(AuthRequest(headers))
            assert principal is not None
            assert rule.recall({"Authorization": f"Bearer {token}"}) is principal
        await rule.close()

        assert len(rule._known) == 1


def test_only_so_much_is_remembered_and_the_oldest_goes() -> None:
    remembered: Remembered[int] = Remembered(3)
    until = time.time() + 100
    for number in (0, 1, 2, 0, 3, 4):
        remembered.put(bytes([number]), number, until)

    assert len(remembered) == 3
    assert [remembered.get(bytes([n])) for n in range(5)] == [0, None, None, 3, 4]
