"""The server as a resource server: challenges, metadata, tokens where they don't belong."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from aiohttp import ClientSession
from yarl import URL

from mcpgen.runtime.server import Service, Settings, SettingsError, create_app
from mcpgen.runtime.server.features.auth import AuthRequest, Principal
from mcpgen.runtime.server.features.auth.authenticator import Refusal, Unavailable

from ..attacks.conftest import http as request
from ..attacks.conftest import message, raw, status
from ..wire import ModernWire
from .conftest import ISSUER, Serving
from .vault import Names, Vault

ROOT = "/.well-known/oauth-protected-resource"


def challenge(headers: Any) -> dict[str, str]:
    """The parameters of a `Bearer` challenge."""
    scheme, _, rest = headers["WWW-Authenticate"].partition(" ")
    assert scheme == "Bearer"
    pairs = (part.partition("=") for part in rest.split(", ") if part)
    return {name: value.strip('"') for name, _, value in pairs}


def base(vault: Serving) -> str:
    return vault.url.removesuffix("/mcp")


class TestChallenges:
    async def test_without_a_token_the_client_learns_where_to_get_one(
        self, vault: Serving
    ) -> None:
        for method in ("POST", "GET", "DELETE"):
            reply = await vault.modern().other(method)

            assert reply.status == 401
            assert challenge(reply.headers) == {
                "resource_metadata": f"{base(vault)}{ROOT}/mcp"
            }

    async def test_the_challenge_names_the_scopes_that_every_request_needs(
        self, vault: Serving
    ) -> None:
        await vault(Names(), auth_issuer=ISSUER, auth_scopes=("read", "use"))

        reply = await vault.modern().call("tools/list")

        assert challenge(reply.headers)["scope"] == "read use"

    async def test_a_refused_token_is_called_invalid(self, vault: Serving) -> None:
        reply = await vault.modern("mallory").call("tools/list")

        assert reply.status == 401
        assert challenge(reply.headers)["error"] == "invalid_token"
        assert "mallory is not welcome" in reply.error["message"]

    async def test_a_call_that_lacks_scopes_is_told_all_of_them_at_once(
        self, vault: Serving
    ) -> None:
        reply = await vault.modern("alice").tool("move")

        assert reply.status == 403
        assert challenge(reply.headers)["error"] == "insufficient_scope"
        assert challenge(reply.headers)["scope"] == "read write"
        assert challenge(reply.headers)["resource_metadata"].endswith(f"{ROOT}/mcp")
        assert reply.json["id"] == 1

    async def test_scopes_of_every_request_are_named_with_those_of_the_call(
        self, vault: Serving
    ) -> None:
        await vault(Names(), auth_scopes=("use", "read"))

        lacking = await vault.modern("alice.use").tool("read")
        call = await vault.modern("alice.use.read").tool("move")

        assert lacking.status == call.status == 403
        assert challenge(lacking.headers)["scope"] == "use read"
        assert challenge(call.headers)["scope"] == "use read write"

    async def test_what_needs_no_scopes_itself_needs_those_of_every_request(
        self, vault: Serving
    ) -> None:
        await vault(Names(), auth_issuer=ISSUER, auth_scopes=("use", "enter"))
        modern, legacy = (
            vault.modern("alice.use"),
            await vault.legacy("alice.use.enter"),
        )
        assert (await legacy.tool("whoami")).content == "alice ['enter', 'use'] []"
        legacy.headers["Authorization"] = "Bearer alice.use"

        refused = [
            await modern.tool("whoami"),
            await modern.call("tools/list"),
            await legacy.tool("whoami"),
            await legacy.call("tools/list"),
            await legacy.other("DELETE"),
        ]

        for reply in refused:
            assert reply.status == 403
            told = challenge(reply.headers)
            assert told["error"] == "insufficient_scope"
            assert told["scope"] == "use enter"
            assert told["resource_metadata"].endswith(f"{ROOT}/mcp")
        held = await vault.modern("alice.enter.use").tool("whoami")
        assert held.content == "alice ['enter', 'use'] []"

    async def test_without_an_authorization_server_there_is_no_metadata(
        self, vault: Serving, http: ClientSession
    ) -> None:
        await vault(Names())

        reply = await vault.modern().call("tools/list")
        async with http.get(base(vault) + ROOT) as metadata:
            assert metadata.status == 404

        assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert reply.error["message"] == "Authorization is required"

    async def test_a_browser_s_preflight_needs_no_token_and_its_script_sees_challenges(
        self, vault: Serving
    ) -> None:
        origin = {"Origin": "http://localhost:3000"}
        preflight = await vault.modern().other("OPTIONS", **origin)
        refused = await vault.modern().other("POST", **origin)

        assert preflight.status == 204
        exposed = refused.headers["Access-Control-Expose-Headers"]
        assert "WWW-Authenticate" in exposed

    @pytest.mark.parametrize(
        "reason", ["a\r\nX-Injected: 1", 'a"b', "a\\", "a\x00b", "é", "a\tb", ""]
    )
    async def test_a_reason_that_no_header_can_carry_is_in_the_body_alone(
        self, vault: Serving, reason: str
    ) -> None:
        class Strict:
            async def authenticate(self, request: AuthRequest) -> Principal | None:
                raise Refusal(reason)

        await vault(Strict())

        reply = await vault.modern("alice").call("tools/list")

        assert reply.status == 401
        assert reply.error["message"] == reason
        challenge = reply.headers["WWW-Authenticate"]
        assert challenge.startswith('Bearer error="invalid_token"')
        assert "error_description" not in challenge

    async def test_when_nobody_can_tell_the_token_is_not_blamed(
        self, vault: Serving
    ) -> None:
        class Down:
            async def authenticate(self, request: AuthRequest) -> Principal | None:
                raise Unavailable("the authorization server is away")

        await vault(Down())

        reply = await vault.modern("alice").call("tools/list")

        assert reply.status == 503
        assert "WWW-Authenticate" not in reply.headers
        assert int(reply.headers["Retry-After"]) > 0

    async def test_health_checks_need_no_token(
        self, vault: Serving, http: ClientSession
    ) -> None:
        async with http.get(f"{base(vault)}/healthz") as answer:
            assert answer.status == 200


class TestMetadata:
    """https://www.rfc-editor.org/rfc/rfc9728"""

    async def get(
        self, http: ClientSession, vault: Serving, path: str = ROOT, **headers: str
    ) -> Any:
        async with http.get(base(vault) + path, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            return await answer.json()

    async def test_it_is_the_same_at_the_root_and_below_the_endpoint_s_path(
        self, vault: Serving, http: ClientSession
    ) -> None:
        at_root = await self.get(http, vault)

        assert at_root == await self.get(http, vault, f"{ROOT}/mcp")
        assert at_root == {
            "resource": vault.url,
            "authorization_servers": [ISSUER],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["boxes", "read", "write"],
        }

    @pytest.mark.parametrize(
        ("settings", "named"),
        [
            ({"path": "/mcp"}, "/mcp"),
            ({"path": "/mcp/"}, "/mcp"),
            ({"path": "/"}, ""),
            ({"public_url": "https://w.example/api/mcp"}, "/api/mcp"),
            ({"public_url": "https://w.example/api/mcp/"}, "/api/mcp"),
            ({"public_url": "https://w.example", "path": "/mcp"}, ""),
            ({"public_url": "https://w.example/", "path": "/"}, ""),
        ],
        ids=str,
    )
    async def test_it_is_where_the_challenge_says(
        self, vault: Serving, http: ClientSession, settings: Any, named: str
    ) -> None:
        url = await vault(Names(), auth_issuer=ISSUER, **settings)
        here = URL(url).origin()

        refused = await vault.modern().call("tools/list")
        told = URL(challenge(refused.headers)["resource_metadata"])
        public = settings.get("public_url")
        assert told.origin() == (URL(public).origin() if public else here)
        assert told.path == ROOT + named
        for path in (told.path, ROOT, ROOT + settings.get("path", "/mcp")):
            async with http.get(here.with_path(path)) as answer:
                assert answer.status == 200
                document = await answer.json()
            assert document["resource"] == (public.rstrip("/") if public else url)

    async def test_host_is_what_the_request_line_says(self, vault: Serving) -> None:
        port = URL(vault.url).port
        assert port is not None
        line = b"%b http://localhost:1%b HTTP/1.1"
        head = b"Host: evil.example\r\nContent-Length: 0\r\n\r\n"

        refused = await raw(port, line % (b"POST", b"/mcp") + b"\r\n" + head)
        document = await raw(port, line % (b"GET", ROOT.encode()) + b"\r\n" + head)

        assert f"http://localhost:1{ROOT}/mcp".encode() in refused
        assert b'"http://localhost:1/mcp"' in document
        assert b"evil" not in refused + document

    async def test_a_public_url_is_what_clients_see_whatever_a_request_says(
        self, vault: Serving, http: ClientSession
    ) -> None:
        public = "https://mcp.example.com/tools/mcp"
        await vault(Names(), auth_issuer=ISSUER, public_url=public)

        document = await self.get(http, vault, Host="localhost:1")
        reply = await vault.modern().call("tools/list")

        assert document["resource"] == public
        assert challenge(reply.headers)["resource_metadata"] == (
            f"https://mcp.example.com{ROOT}/tools/mcp"
        )

    async def test_a_trusted_proxy_says_what_clients_see(
        self, vault: Serving, http: ClientSession
    ) -> None:
        told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mcp.example.com"}
        await vault(Names(), auth_issuer=ISSUER, trusted_proxies=("127.0.0.0/8",))

        document = await self.get(http, vault, **told)
        reply = await vault.modern().other("POST", **told)

        assert document["resource"] == "https://mcp.example.com/mcp"
        assert challenge(reply.headers)["resource_metadata"] == (
            f"https://mcp.example.com{ROOT}/mcp"
        )

    async def test_anyone_else_s_word_does_not_count(
        self, vault: Serving, http: ClientSession
    ) -> None:
        told = {
            "X-Forwarded-Host": "evil.example",
            "Forwarded": "host=evil.example;proto=https",
        }

        assert (await self.get(http, vault, **told))["resource"] == vault.url

    async def test_nor_does_that_of_a_proxy_that_is_not_the_trusted_one(
        self, vault: Serving, http: ClientSession
    ) -> None:
        await vault(Names(), auth_issuer=ISSUER, trusted_proxies=("10.0.0.0/8",))
        told = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}

        assert (await self.get(http, vault, **told))["resource"] == vault.url

    async def test_what_a_request_says_is_never_an_audience(
        self, vault: Serving
    ) -> None:
        seen: list[tuple[str, ...]] = []

        class Looks:
            async def authenticate(self, request: AuthRequest) -> Principal | None:
                seen.append(request.audiences)
                return Principal("alice")

        for host in ("127.0.0.1", "0.0.0.0"):
            await vault(Looks(), host=host, allowed_hosts=("*",))
            headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
            await vault.modern().call("tools/list", headers=headers)
        await vault(Looks(), public_url="https://mcp.example.com/mcp")
        await vault.modern().call("tools/list")

        local, elsewhere, public = seen
        assert {uri.rpartition(":")[0] for uri in local} == {
            "http://localhost",
            "http://127.0.0.1",
            "http://[::1]",
        }
        assert elsewhere == ()
        assert public == ("https://mcp.example.com/mcp",)

    def test_audiences_are_asked_for_when_they_are_needed(self) -> None:
        asked: list[str] = []

        def audiences() -> tuple[str, ...]:
            asked.append("once")
            return ("https://mcp.example.com/mcp",)

        request = AuthRequest({}, audiences=audiences)

        assert asked == []
        assert request.audiences == ("https://mcp.example.com/mcp",)

    async def test_a_foreign_host_gets_nothing(
        self, vault: Serving, http: ClientSession
    ) -> None:
        for path in (ROOT, f"{ROOT}/mcp"):
            async with http.get(
                base(vault) + path, headers={"Host": "evil.example"}
            ) as answer:
                assert answer.status == 403

    async def test_other_methods(self, vault: Serving, http: ClientSession) -> None:
        async with http.post(base(vault) + ROOT) as answer:
            assert answer.status == 405
        async with http.options(base(vault) + ROOT) as answer:
            assert answer.status == 204


class TestTokensWhereTheyDoNotBelong:
    @pytest.mark.parametrize("name", ["access_token", "token", "api_key"])
    async def test_in_the_query_they_are_refused_even_with_a_good_header(
        self,
        vault: Serving,
        http: ClientSession,
        name: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO, "mcp.auth")
        wire = ModernWire(
            http, f"{vault.url}?{name}=alice", {"Authorization": "Bearer alice"}
        )

        reply = await wire.call("tools/list")

        assert reply.status == 400
        assert challenge(reply.headers)["error"] == "invalid_request"
        # No credentials were looked at: the access log has the request.
        assert [each for each in caplog.records if each.name == "mcp.auth"] == []

    async def test_two_headers_are_refused(self, vault: Serving) -> None:
        port = URL(vault.url).port
        assert port is not None
        alice, bob = b"Authorization: Bearer alice", b"Authorization: Bearer bob"
        body = message("tools/list")

        for good in ([alice], [bob]):
            assert status(await raw(port, request(body, *good))) == 200
        for two in ([alice, bob], [bob, alice], [alice, alice], [alice, alice.lower()]):
            answer = await raw(port, request(body, *two))
            assert status(answer) == 400
            assert b"more than once" in answer

    async def test_handlers_do_not_see_them(self, vault: Serving) -> None:
        reply = await vault.modern("alice").tool("whoami", headers={"X-Other": "1"})
        legacy = await vault.legacy("alice")

        assert reply.content == "alice [] ['X-Other']"
        assert (await legacy.tool("whoami")).content == "alice [] []"

    async def test_handlers_see_them_if_a_setting_says_so(self, vault: Serving) -> None:
        await vault(Names(), auth_pass_credentials=True)

        reply = await vault.modern("alice").tool("whoami")

        assert reply.content == "alice [] ['Authorization']"

    async def test_no_log_has_them(
        self, vault: Serving, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)

        await vault.modern("alice.secret-part").call("tools/list")
        await vault.modern("mallory.secret-part").call("tools/list")
        await vault.modern("secret-part x").call("tools/list")

        assert "mallory is not welcome" in caplog.text
        assert "secret-part" not in caplog.text

    async def test_claims_can_not_forge_lines_of_the_log(
        self, vault: Serving, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Forger:
            async def authenticate(self, request: AuthRequest) -> Principal | None:
                return Principal("alice\n2026 POST 200 admin", claims={"x": "\r\n"})

        caplog.set_level(logging.DEBUG)
        for kind in ("text", "json"):
            await vault(Forger(), access_log=kind)
            assert (await vault.modern().call("tools/list")).status == 200

        lines = [r.getMessage() for r in caplog.records if r.name == "mcp.access"]
        assert len(lines) == 2
        assert not any("\n" in line or "\r" in line for line in lines)
        assert r"alice\n2026" in lines[0]
        assert json.loads(lines[1])["principal"] == "alice\n2026 POST 200 admin"


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"auth": "jwt"}, "auth_issuer"),
            ({"auth": "jwt", "auth_issuer": "http://x.example"}, "https"),
            (
                {"auth": "jwt", "auth_issuer": ISSUER, "host": "0.0.0.0"},
                "public_url",
            ),
            (
                {"auth": "jwt", "auth_issuer": ISSUER, "auth_algorithms": ("none",)},
                "auth_algorithms",
            ),
            ({"auth": "introspection", "auth_issuer": ISSUER}, "auth_client_id"),
            ({"auth": "github"}, "auth_users"),
            ({"auth": "api-key"}, "auth_api_keys"),
            ({"auth": "api-key", "auth_api_keys": ("a:b",)}, "NAME:SHA256"),
            ({"auth": "token"}, "auth_tokens"),
            ({"auth": "mtls"}, "auth_users"),
            ({"auth_implies": ("admin",)}, "auth_implies"),
        ],
        ids=str,
    )
    def test_what_can_not_work_is_said_before_it_runs(
        self, settings: dict[str, Any], words: str
    ) -> None:
        service: Service = Vault(Names() if "auth_implies" in settings else None)
        with pytest.raises(SettingsError, match=words):
            create_app(service, Settings(**settings))

    async def test_broad_scopes_imply_narrow_ones(self, vault: Serving) -> None:
        await vault(Names(), auth_implies=("admin=write", "write=read"))

        assert (await vault.modern("alice.admin").tool("move")).status == 200
        assert (await vault.modern("alice.write").tool("move")).status == 200
        assert (await vault.modern("alice.read").tool("move")).status == 403

    async def test_without_authentication_scopes_guard_nothing(
        self, vault: Serving
    ) -> None:
        await vault(None)

        assert (await vault.modern().tool("move")).content == "nobody"
