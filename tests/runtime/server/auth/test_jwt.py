"""JWTs: which ones count, and each attack on them that must not."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from joserfc import jwk
from joserfc.jws import JWSRegistry

from mcpgen.runtime.server.features.auth import (
    AuthRequest,
    JWTAuthenticator,
    Principal,
)
from mcpgen.runtime.server.features.auth.authenticator import Refusal, Unavailable
from mcpgen.runtime.server.features.auth.jwt import MAX_KEYS
from tests.pace import patient
from tests.requirements import requirement

from ..wire import until
from .conftest import Serving
from .issuer import AUDIENCE, Issuer


class Door:
    """Shows tokens to an authenticator."""

    def __init__(self, issuer: Issuer, **options: Any) -> None:
        self.authenticator = JWTAuthenticator(issuer.url, [AUDIENCE], **options)

    async def show(self, token: str) -> Principal:
        """As the server does it: it recalls before it authenticates."""
        request = AuthRequest({"Authorization": f"Bearer {token}"})
        recalled = self.authenticator.recall(request.headers)
        async with asyncio.timeout(patient(60)):
            principal = await self.authenticator.authenticate(request)
        assert principal is not None
        assert recalled in (None, principal)
        return principal

    async def refuses(self, token: str, reason: str) -> None:
        with pytest.raises(Refusal, match=reason):
            await self.show(token)


@pytest.fixture
async def door(issuer: Issuer) -> AsyncIterator[Door]:
    door = Door(issuer)
    yield door
    await door.authenticator.close()


class TestGoodTokens:
    @requirement("2025-11-25/server/identify-users", "2026-07-28/server/identify-users")
    async def test_a_good_token_tells_who_sends_it(
        self, door: Door, issuer: Issuer
    ) -> None:
        principal = await door.show(issuer.token(scope="read write", team="blue"))

        assert principal == Principal(
            "alice", issuer.url, "app", frozenset({"read", "write"})
        )
        assert principal.claims["team"] == "blue"

    @requirement("2025-11-25/server/identify-users", "2026-07-28/server/identify-users")
    async def test_a_request_without_a_token_is_nobodys(self, door: Door) -> None:
        for headers in ({}, {"Authorization": "Basic YTpi"}):
            request = AuthRequest(headers)
            assert await door.authenticator.authenticate(request) is None

    @pytest.mark.parametrize(
        ("kind", "algorithm"),
        [
            ("RSA", "RS256"),
            ("RSA", "PS256"),
            ("EC", "ES256"),
            ("OKP", "Ed25519"),
            ("OKP", "EdDSA"),
        ],
    )
    async def test_keys_of_all_kinds_are_known(
        self, door: Door, issuer: Issuer, kind: str, algorithm: str
    ) -> None:
        made: dict[str, jwk.Key] = {
            "RSA": jwk.RSAKey.generate_key(2048, {"kid": "k"}),
            "EC": jwk.ECKey.generate_key("P-256", {"kid": "k"}),
            "OKP": jwk.OKPKey.generate_key("Ed25519", {"kid": "k"}),
        }
        issuer.keys = [made[kind]]

        principal = await door.show(issuer.token({"alg": algorithm}))

        assert principal.subject == "alice"

    @requirement(
        "2025-11-25/server/tokens-audience", "2026-07-28/server/tokens-audience"
    )
    async def test_the_audience_may_be_one_of_several(
        self, door: Door, issuer: Issuer
    ) -> None:
        token = issuer.token(aud=["https://other.example.com", AUDIENCE])

        assert (await door.show(token)).subject == "alice"

    async def test_the_audience_is_compared_in_canonical_form(
        self, door: Door, issuer: Issuer
    ) -> None:
        token = issuer.token(aud="HTTPS://MCP.example.com/mcp/")

        assert (await door.show(token)).subject == "alice"

    @pytest.mark.parametrize(
        "changes", [{"scope": None, "scp": ["a", "b"]}, {"scope": "a b"}], ids=str
    )
    async def test_scopes_come_in_both_forms(
        self, door: Door, issuer: Issuer, changes: dict[str, Any]
    ) -> None:
        assert (await door.show(issuer.token(**changes))).scopes == {"a", "b"}

    async def test_clocks_may_differ_a_little(self, door: Door, issuer: Issuer) -> None:
        now = int(time.time())

        await door.show(issuer.token(exp=now - 10))
        await door.show(issuer.token(nbf=now + 10, iat=now + 10))

    async def test_a_token_without_kid_is_fine_when_there_is_one_key(
        self, door: Door, issuer: Issuer
    ) -> None:
        assert await door.show(issuer.token({"kid": None}))
        issuer.keys.append(jwk.ECKey.generate_key("P-256", {"kid": "second"}))
        other = Door(issuer)

        await other.refuses(issuer.token({"kid": None}), "unknown key")
        await other.authenticator.close()


def public_pem(key: jwk.Key) -> bytes:
    assert isinstance(key, jwk.ECKey)
    return key.as_pem(private=False)


def unsigned(issuer: Issuer, **header: Any) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"kid": "first", **header}, issuer.claims())
    ]
    return f"{parts[0]}.{parts[1]}."


class TestAttacks:
    """Each of these must stay outside."""

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None])
    async def test_alg_none(
        self, door: Door, issuer: Issuer, algorithm: str | None
    ) -> None:
        await door.refuses(unsigned(issuer, alg=algorithm), "JWT|algorithm")

    async def test_hmac_with_the_public_key(self, door: Door, issuer: Issuer) -> None:
        for secret in (
            public_pem(issuer.keys[0]),
            json.dumps(issuer.keys[0].as_dict(private=False)).encode(),
        ):
            signing_input = unsigned(issuer, alg="HS256", typ="at+jwt")[:-1]
            mac = hmac.digest(secret, signing_input.encode(), "sha256")
            signature = base64.urlsafe_b64encode(mac).decode().rstrip("=")
            token = f"{signing_input}.{signature}"
            await door.refuses(token, "algorithm is not accepted")

    def test_symmetric_algorithms_can_not_be_configured(self, issuer: Issuer) -> None:
        for wrong in (["HS256"], ["none"], [], ["RS256", "HS512"]):
            with pytest.raises(ValueError, match="auth_algorithms"):
                JWTAuthenticator(issuer.url, [AUDIENCE], algorithms=wrong)

    async def test_a_key_of_the_token_s_own(self, door: Door, issuer: Issuer) -> None:
        own = jwk.ECKey.generate_key("P-256", {"kid": "first"})
        for header in (
            {},
            {"jwk": own.as_dict(private=False)},
            {"jku": f"{issuer.url}/evil"},
            {"x5u": f"{issuer.url}/evil"},
        ):
            await door.refuses(issuer.token(header, own), "signature|JWT")

    @requirement(
        "2025-03-26/server/tokens-refused",
        "2025-11-25/server/tokens-validated",
        "2026-07-28/server/tokens-validated",
    )
    async def test_a_token_that_was_altered(self, door: Door, issuer: Issuer) -> None:
        head, _, signature = issuer.token().split(".")
        _, body, _ = unsigned(issuer, alg="ES256").split(".")
        changed = base64.urlsafe_b64decode(body + "==").replace(b"alice", b"admin")
        altered = base64.urlsafe_b64encode(changed).decode().rstrip("=")

        await door.refuses(f"{head}.{altered}.{signature}", "signature")

    @requirement(
        "2025-03-26/server/tokens-refused",
        "2025-11-25/server/tokens-audience",
        "2025-11-25/server/tokens-validated",
        "2026-07-28/server/tokens-audience",
        "2026-07-28/server/tokens-validated",
    )
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"iss": "https://evil.example.com"}, "another issuer"),
            ({"iss": None}, "another issuer"),
            ({"aud": "https://other.example.com/mcp"}, "another server"),
            ({"aud": ["https://other.example.com"]}, "another server"),
            ({"aud": AUDIENCE + ".evil.example"}, "another server"),
            ({"aud": {"https://mcp.example.com/mcp": 1}}, "another server"),
            ({"aud": None}, "another server"),
            ({"exp": 1}, "expired"),
            ({"exp": None}, "no valid `exp`"),
            ({"exp": "tomorrow"}, "no valid `exp`"),
            ({"exp": True}, "no valid `exp`"),
            ({"exp": 10**400}, "no valid `exp`"),
            ({"exp": float("inf")}, "no valid `exp`"),
            ({"exp": float("nan")}, "no valid `exp`"),
            ({"nbf": float("nan")}, "no valid `nbf`"),
            ({"nbf": 2**40}, "not valid yet"),
            ({"iat": 2**40}, "in the future"),
            ({"sub": None, "client_id": None}, "no subject"),
            ({"sub": {"a": 1}}, "no subject"),
            ({"cnf": {"jkt": "x"}}, "bound"),
            ({"cnf": {"x5t#S256": "x"}}, "bound"),
            ({"cnf": "x"}, "bound"),
        ],
        ids=str,
    )
    async def test_wrong_claims(
        self, door: Door, issuer: Issuer, changes: dict[str, Any], reason: str
    ) -> None:
        await door.refuses(issuer.token(**changes), reason)

    async def test_an_extension_that_must_be_understood(
        self, door: Door, issuer: Issuer
    ) -> None:
        def signed(**more: Any) -> str:
            head = json.dumps({"alg": "ES256", "kid": "first", **more}).encode()
            body = issuer.token().split(".")[1]
            text = base64.urlsafe_b64encode(head).decode().rstrip("=") + "." + body
            key = issuer.keys[0]
            signature = JWSRegistry.algorithms["ES256"].sign(text.encode(), key)
            return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

        await door.show(signed(x=1))
        extensions: list[dict[str, Any]] = [
            {"crit": ["x"], "x": 1},
            {"crit": ["x"]},
            {"crit": []},
            {"crit": "x", "x": 1},
            {"crit": ["b64"], "b64": False},
        ]
        for critical in extensions:
            await door.refuses(signed(**critical), "must be understood|JWT")

    @pytest.mark.parametrize("kind", ["logout+jwt", "id_token", "dpop+jwt", 1])
    async def test_tokens_of_another_kind(
        self, door: Door, issuer: Issuer, kind: Any
    ) -> None:
        parts = issuer.token().split(".")
        head = {"alg": "ES256", "kid": "first", "typ": kind}
        parts[0] = base64.urlsafe_b64encode(json.dumps(head).encode()).decode()
        await door.refuses(".".join(p.rstrip("=") for p in parts), "access token|JWT")

    @pytest.mark.parametrize("header", ['"alg"', '["alg"]', "5", "null", '{"alg": {}}'])
    async def test_a_header_that_is_json_and_no_header(
        self, vault: Serving, issuer: Issuer, header: str
    ) -> None:
        await vault(auth="jwt", auth_issuer=issuer.url, auth_audience=(AUDIENCE,))
        _, body, signature = issuer.token().split(".")
        head = base64.urlsafe_b64encode(header.encode()).decode().rstrip("=")

        reply = await vault.modern(f"{head}.{body}.{signature}").call("tools/list")

        assert reply.status == 401
        assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]

    @pytest.mark.parametrize(
        "token", ["x", "a.b", "a.b.c", "a.b.c.d.e", "." * 5, "e30.e30.e30", "A" * 9000]
    )
    async def test_nonsense(self, door: Door, token: str) -> None:
        await door.refuses(token, "JWT|algorithm")

    @pytest.mark.parametrize("token", ["", "a b", "ü", "a" * 20_000, "a\x00"])
    async def test_what_can_not_be_a_token(self, door: Door, token: str) -> None:
        with pytest.raises(Refusal) as refused:
            await door.show(token)
        assert refused.value.malformed

    async def test_a_token_ends_while_it_is_remembered(self, issuer: Issuer) -> None:
        door = Door(issuer, leeway=0.0)
        token = issuer.token(exp=time.time() + 0.3)
        await door.show(token)

        await asyncio.sleep(0.4)

        await door.refuses(token, "expired")
        await door.authenticator.close()


class TestKeys:
    """Keys are fetched when they are needed, and never more often than that."""

    async def test_one_fetch_serves_many_tokens(
        self, door: Door, issuer: Issuer
    ) -> None:
        for number in range(20):
            await door.show(issuer.token(sub=f"user{number}"))

        assert (issuer.discovered, issuer.fetched) == (1, 1)

    async def test_many_at_the_same_time_share_one_fetch(
        self, door: Door, issuer: Issuer
    ) -> None:
        issuer.delay = asyncio.Event()
        shown = [
            asyncio.ensure_future(door.show(issuer.token(sub=f"u{n}")))
            for n in range(50)
        ]
        await until(lambda: issuer.fetched > 0)
        shown[0].cancel()
        issuer.delay.set()

        results = await asyncio.gather(*shown, return_exceptions=True)

        assert issuer.fetched == 1
        assert isinstance(results[0], asyncio.CancelledError)
        assert [r.subject for r in results[1:] if isinstance(r, Principal)] == [
            f"u{n}" for n in range(1, 50)
        ]

    async def test_a_new_key_is_found(self, issuer: Issuer) -> None:
        door = Door(issuer, key_cooldown=0.0)
        await door.show(issuer.token())
        issuer.rotate("second")

        assert await door.show(issuer.token())
        assert issuer.fetched == 2
        await door.authenticator.close()

    async def test_a_key_that_was_taken_back_counts_no_more(
        self, issuer: Issuer
    ) -> None:
        door = Door(issuer, key_cooldown=0.0, remember=0.0)
        old = issuer.token()
        await door.show(old)
        issuer.rotate("second")
        await door.show(issuer.token())

        await door.refuses(old, "unknown key")
        await door.authenticator.close()

    async def test_a_flood_of_unknown_keys_leads_to_one_fetch(
        self, door: Door, issuer: Issuer
    ) -> None:
        await door.show(issuer.token())
        stranger = jwk.ECKey.generate_key("P-256", {"kid": "x"})

        for number in range(200):
            token = issuer.token({"kid": f"kid{number}"}, stranger)
            await door.refuses(token, "unknown key")

        assert issuer.fetched == 1

    async def test_an_outage_leaves_known_keys_in_use(self, issuer: Issuer) -> None:
        door = Door(issuer, key_cooldown=0.0, key_max_age=0.0, remember=0.0)
        token = issuer.token()
        await door.show(token)
        issuer.down = True

        assert await door.show(token)
        assert issuer.fetched == 2
        await door.authenticator.close()

    async def test_an_issuer_that_hangs_holds_nobody_up_whose_key_is_known(
        self, issuer: Issuer
    ) -> None:
        door = Door(issuer, key_cooldown=0.0, key_max_age=0.0, remember=0.0)
        await door.show(issuer.token())
        issuer.delay = asyncio.Event()
        began = time.monotonic()

        shown = [door.show(issuer.token(sub=f"user{number}")) for number in range(20)]
        await asyncio.gather(*shown)
        first = time.monotonic()
        for number in range(10):
            await door.show(issuer.token(sub=f"late{number}"))

        # Each for itself would wait for half a second.
        assert first - began < patient(5)
        assert time.monotonic() - first < patient(3)
        assert issuer.fetched == 2
        issuer.rotate("second")
        issuer.delay.set()
        assert await door.show(issuer.token())
        await door.authenticator.close()

    async def test_a_look_at_the_keys_ends_with_the_server(
        self, issuer: Issuer
    ) -> None:
        door = Door(issuer, key_max_age=0.0, key_cooldown=0.0, remember=0.0)
        await door.show(issuer.token())
        issuer.delay = asyncio.Event()
        await door.show(issuer.token())
        before = asyncio.all_tasks()

        async with asyncio.timeout(patient(3)):
            await door.authenticator.close()

        assert len(asyncio.all_tasks()) < len(before)
        issuer.delay.set()

    async def test_of_old_keys_one_that_was_taken_back_counts_no_more(
        self, issuer: Issuer
    ) -> None:
        door = Door(issuer, key_cooldown=0.0, key_max_age=0.0, remember=0.0)
        old = issuer.token()
        await door.show(old)
        issuer.rotate("second")

        await door.refuses(old, "unknown key")
        await door.authenticator.close()

    async def test_an_outage_from_the_start_is_not_the_token_s_fault(
        self, door: Door, issuer: Issuer
    ) -> None:
        issuer.down = True

        for _ in range(10):
            with pytest.raises(Unavailable):
                await door.show(issuer.token())

        assert issuer.fetched == 1

    @pytest.mark.parametrize(
        "metadata",
        [
            {"issuer": "https://honest.example"},
            {"jwks_uri": "http://evil.example/keys"},
            {"jwks_uri": "file:///etc/passwd"},
            {"jwks_uri": 5},
            {"padding": "x" * 300_000},
        ],
        ids=lambda m: next(iter(m)),
    )
    async def test_metadata_that_can_not_be_believed(
        self, door: Door, issuer: Issuer, metadata: dict[str, Any]
    ) -> None:
        issuer.metadata = metadata

        with pytest.raises(Unavailable):
            await door.show(issuer.token())
        assert issuer.fetched == 0

    async def test_an_outage_ends(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        door = Door(issuer)
        issuer.down = True
        with pytest.raises(Unavailable):
            await door.show(issuer.token())
        issuer.down = False
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 6)

        assert await door.show(issuer.token())
        await door.authenticator.close()

    async def test_a_redirect_is_not_followed(self, door: Door, issuer: Issuer) -> None:
        issuer.redirect = f"{issuer.url}/.well-known/openid-configuration"

        with pytest.raises(Unavailable):
            await door.show(issuer.token())
        assert issuer.discovered == 1

    @pytest.mark.parametrize("path", ["/tenant", "/other"])
    async def test_an_issuer_with_a_path_is_found_at_all_places(
        self, issuer: Issuer, path: str
    ) -> None:
        issuer.metadata = {"issuer": issuer.url + path}
        authenticator = JWTAuthenticator(issuer.url + path, [AUDIENCE])
        token = issuer.token(iss=issuer.url + path)

        request = AuthRequest({"Authorization": f"Bearer {token}"})
        assert await authenticator.authenticate(request)
        await authenticator.close()

    async def test_keys_may_be_named_without_metadata(self, issuer: Issuer) -> None:
        door = Door(issuer, jwks_url=f"{issuer.url}/keys")

        assert await door.show(issuer.token())
        assert issuer.discovered == 0
        await door.authenticator.close()

    @requirement("2025-11-25/server/tls", "2026-07-28/server/tls")
    @pytest.mark.parametrize(
        "url", ["http://issuer.example.com", "ftp://x", "", "https://"]
    )
    def test_issuers_are_asked_over_tls_alone(self, url: str) -> None:
        with pytest.raises(ValueError, match="auth_issuer"):
            JWTAuthenticator(url, [AUDIENCE])

    async def test_symmetric_and_encryption_keys_of_a_set_are_left_out(
        self, door: Door, issuer: Issuer
    ) -> None:
        good = issuer.keys[0]
        secret = jwk.OctKey.generate_key(256, {"kid": "first"})
        other = jwk.ECKey.generate_key("P-256", {"kid": "other"})
        issuer.keys = [secret, other, good]
        issuer.uses = {"other": "enc"}

        assert await door.show(issuer.token(key=good))
        assert await door.show(issuer.token({"kid": None}, key=good))
        await door.refuses(issuer.token(key=other), "unknown key")

    async def test_a_key_verifies_what_it_is_for_alone(
        self, door: Door, issuer: Issuer
    ) -> None:
        # Names need to differ only among keys of one kind.
        # https://www.rfc-editor.org/rfc/rfc7517#section-4.5
        elliptic = jwk.ECKey.generate_key("P-256", {"kid": "same"})
        rsa = jwk.RSAKey.generate_key(2048, {"kid": "same"})
        bound = jwk.RSAKey.generate_key(2048, {"kid": "bound", "alg": "PS256"})
        issuer.keys = [rsa, elliptic, bound]

        assert await door.show(issuer.token({"alg": "ES256"}, key=elliptic))
        assert await door.show(issuer.token({"alg": "RS256"}, key=rsa))
        assert await door.show(issuer.token({"alg": "PS256"}, key=bound))
        free = jwk.RSAKey.import_key({**bound.as_dict(private=True), "alg": "RS256"})
        await door.refuses(issuer.token({"alg": "RS256"}, key=free), "unknown key")

    async def test_only_so_many_keys_of_a_set_are_read(
        self, door: Door, issuer: Issuer
    ) -> None:
        issuer.keys = [
            jwk.ECKey.generate_key("P-256", {"kid": str(number)})
            for number in range(MAX_KEYS + 1)
        ]
        *_, last, one_too_many = issuer.keys

        assert await door.show(issuer.token(key=last))
        await door.refuses(issuer.token(key=one_too_many), "unknown key")
