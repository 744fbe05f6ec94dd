"""What authorization servers do that has only one possible meaning is accepted."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    AuthError,
    Client,
    ClientCredentials,
    ClientRegistration,
    FileStorage,
    IssuerSettings,
    OAuth,
)
from mcpgen.runtime.client.features.oauth.discovery import (
    AuthorizationServer,
    find_resource,
    same_issuer,
)
from mcpgen.runtime.client.features.oauth.tokens import Token, TokenRequest, read
from tests.requirements import requirement

from ..wire import serving
from .authority import Authority, Elsewhere, Guarded, consenting, guarded


async def call(guard: Guarded, auth: OAuth | ClientCredentials) -> None:
    async with Client(guard.url, auth=auth) as client:
        assert (await client.call_tool("echo", {"a": 1})).content


ISSUER = AuthorizationServer("https://auth.example", "https://auth.example/token")


def token(**members: Any) -> Token:
    session: Any = None
    scopes = ("read", "write")
    request = TokenRequest(session, ISSUER, "https://mcp.example/mcp", scopes)
    return read({"access_token": "t", "token_type": "Bearer", **members}, request)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example", "https://a.example/", True),
        ("https://a.example:8443/", "https://a.example:8443", True),
        ("https://a.example/", "https://a.example/", True),
        ("https://a.example/t", "https://a.example/t/", False),
        ("https://a.example", "https://a.example//", False),
        ("https://a.example", "https://A.example", False),
        ("https://a.example", "https://a.example:443", False),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example/?", False),
        ("https://a.example/?x", "https://a.example?x", False),
    ],
)
def test_only_a_slash_after_a_bare_host_makes_no_other_issuer(
    one: str, other: str, same: bool
) -> None:
    assert same_issuer(one, other) is same
    assert same_issuer(other, one) is same


@pytest.mark.parametrize("named", ["{}/", "{}"])
@pytest.mark.parametrize("listed", ["{}/", "{}"])
async def test_a_slash_after_the_host_is_no_other_issuer(
    named: str, listed: str
) -> None:
    async with guarded() as guard:
        authority = guard.authority
        bare = authority.issuer
        guard.metadata["authorization_servers"] = [listed.format(bare)]
        authority.metadata = {
            "issuer": named.format(bare),
            "authorization_response_iss_parameter_supported": False,
        }
        authority.back = lambda back: {**back, "iss": named.format(bare)}
        await call(guard, OAuth(redirect=consenting()))


@requirement("2026-07-28/client/issuer-identical")
async def test_a_slash_after_a_path_is_another_issuer() -> None:
    async with guarded() as guard:
        guard.authority.metadata["issuer"] = f"{guard.authority.issuer}/x/"
        guard.metadata["authorization_servers"] = [f"{guard.authority.issuer}/x"]
        with pytest.raises(AuthError, match=r"publishes no metadata|another issuer's"):
            await call(guard, OAuth(redirect=Elsewhere()))


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER", "user", "", None])
def test_types_of_tokens_that_are_sent_as_bearer(kind: str | None) -> None:
    assert token(token_type=kind).token_type == "Bearer"


def test_a_token_without_a_type_is_bearer(caplog: pytest.LogCaptureFixture) -> None:
    found = token(token_type=None)
    assert found.token_type == "Bearer"
    assert "token without `token_type`" in caplog.text


@pytest.mark.parametrize("kind", ["mac", "N_A", "urn:x", 7])
def test_types_that_are_not_understood_are_refused(kind: object) -> None:
    with pytest.raises(ValueError, match="neither Bearer nor DPoP"):
        token(token_type=kind)


@pytest.mark.parametrize(
    ("said", "scopes"),
    [
        ("read write", ("read", "write")),
        ("read,write", ("read", "write")),
        ("read", ("read",)),
        ("a,b", ("a,b",)),
        ("", ()),
        (None, ("read", "write")),
        (["read"], ("read", "write")),
    ],
)
def test_scopes_of_a_token_response(said: object, scopes: tuple[str, ...]) -> None:
    assert token(scope=said).scopes == scopes


@pytest.mark.parametrize(
    "hint", ["/.well-known/oauth-protected-resource/mcp", "x", "//", "mailto:x", ""]
)
async def test_metadata_without_an_absolute_address_are_looked_for_in_the_usual_place(
    hint: str,
) -> None:
    async with guarded() as guard, aiohttp.ClientSession() as session:
        found = await find_resource(session, guard.url, hint)
        assert found.described
        assert found.issuers[0] == guard.authority.issuer


async def test_metadata_at_an_address_without_tls_are_not_asked_for() -> None:
    async with guarded() as guard, aiohttp.ClientSession() as session:
        found = await find_resource(session, guard.url, "http://mcp.example/metadata")
        assert found.described


class TestSeveralAuthorizationServers:
    async def test_they_are_tried_in_order(self) -> None:
        broken = Authority(metadata={"code_challenge_methods_supported": []})
        closed = Authority(metadata={"registration_endpoint": None})
        async with (
            guarded() as guard,
            serving(web.Application()) as silent,
            serving(broken.app()) as first,
            serving(closed.app()) as second,
        ):
            broken.issuer, closed.issuer = first, second
            good = guard.authority.issuer
            guard.metadata["authorization_servers"] = [silent, first, second, good]
            await call(guard, OAuth(redirect=consenting()))
            guard.authority.tokens.clear()
            await call(guard, OAuth(redirect=consenting()))
        assert broken.asked == closed.asked == []

    async def test_a_token_is_renewed_where_it_is_from(self) -> None:
        other = Authority(metadata={"registration_endpoint": None})
        async with guarded() as guard, serving(other.app()) as issuer:
            other.issuer = issuer
            listed = [issuer, guard.authority.issuer]
            guard.metadata["authorization_servers"] = listed
            auth = OAuth(redirect=consenting())
            async with Client(guard.url, auth=auth) as client:
                await client.call_tool("echo", {})
                guard.authority.tokens.clear()
                await client.call_tool("echo", {})
            assert len(guard.authority.grants("refresh_token")) == 1
            assert len(guard.authority.asked) == 1

    async def test_a_client_goes_to_the_one_that_knows_it(self) -> None:
        async with (
            guarded(Authority(clients={"robot": "s3cret"})) as guard,
            guarded() as other,
        ):
            good = guard.authority.issuer
            listed = [other.authority.issuer, good]
            guard.metadata["authorization_servers"] = listed
            client = ClientRegistration("robot", "s3cret", issuer=good)
            await call(guard, ClientCredentials(client))
            assert other.authority.forms == []

    async def test_a_refusal_of_the_first_ends_it(self) -> None:
        async with guarded() as guard, guarded() as other:
            guard.authority.back = lambda back: {
                "state": back["state"],
                "iss": back["iss"],
                "error": "access_denied",
            }
            listed = [guard.authority.issuer, other.authority.issuer]
            guard.metadata["authorization_servers"] = listed
            with pytest.raises(AuthError, match="is a refusal: access_denied"):
                await call(guard, OAuth(redirect=consenting()))
            assert other.authority.asked == []

    async def test_the_error_names_all(self) -> None:
        async with (
            guarded() as guard,
            serving(web.Application()) as one,
            serving(web.Application()) as two,
        ):
            guard.metadata["authorization_servers"] = [one, two]
            with pytest.raises(AuthError, match="none of the server's") as caught:
                await call(guard, OAuth(redirect=consenting()))
        assert one in str(caught.value)
        assert two in str(caught.value)


class TestRegistration:
    async def test_it_names_the_scopes_that_will_be_asked_for(self) -> None:
        async with guarded() as guard:
            auth = OAuth(redirect=consenting(), scopes=["extra"])
            await call(guard, auth)
            [document] = guard.authority.registered
            [asked] = guard.authority.asked
        assert document["scope"] == asked["scope"] == "extra read offline_access"
        assert asked["prompt"] == "consent"

    async def test_without_a_refresh_token_the_user_need_not_be_asked(self) -> None:
        async with guarded() as guard:
            await call(guard, OAuth(redirect=consenting(), offline=False))
            assert "prompt" not in guard.authority.asked[0]

    async def test_a_call_that_needs_more_than_was_registered_registers_again(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "tokens"
        async with guarded() as guard:
            authority = guard.authority
            await call(guard, OAuth(redirect=consenting(), storage=FileStorage(path)))
            guard.scopes["tools/call"] = "write"
            await call(guard, OAuth(redirect=consenting(), storage=FileStorage(path)))
            await call(guard, OAuth(redirect=consenting(), storage=FileStorage(path)))
            first, second = (one["scope"].split() for one in authority.registered)
            assert "write" not in first
            assert set(second) == {*first, "write"}
            assert len(authority.asked) == 2

    async def test_scopes_that_no_token_has_make_nobody_register_again(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "tokens"
        async with guarded() as guard:
            await call(guard, OAuth(redirect=consenting(), storage=FileStorage(path)))
            stored = json.loads(path.read_text())
            [key] = [key for key in stored if key.startswith("client of")]
            path.write_text(json.dumps({key: stored[key]}))
            guard.authority.answers["/token"] = lambda _: web.json_response(
                {"error": "invalid_scope"}, status=400
            )
            hook = OAuth(redirect=consenting(), storage=FileStorage(path))
            with pytest.raises(AuthError, match="invalid_scope"):
                await call(guard, hook)
            assert len(guard.authority.registered) == 1

    @pytest.mark.parametrize(
        "wrong", [{"issuer": 5}, {"resource": []}, {"token_type": "mac"}]
    )
    async def test_a_stored_token_that_is_none_is_not_used(
        self, wrong: dict[str, object], tmp_path: Path
    ) -> None:
        path = tmp_path / "tokens"
        async with guarded() as guard:
            await call(guard, OAuth(redirect=consenting(), storage=FileStorage(path)))
            stored = json.loads(path.read_text())
            [key] = [key for key in stored if "access_token" in stored[key]]
            stored[key] |= wrong
            path.write_text(json.dumps(stored))
            await call(guard, OAuth(redirect=consenting(), storage=FileStorage(path)))
            assert len(guard.authority.asked) == 2

    async def test_a_secret_that_has_expired_is_not_used(self, tmp_path: Path) -> None:
        path = tmp_path / "tokens"
        async with guarded() as guard:
            await call(guard, OAuth(redirect=consenting(), storage=FileStorage(path)))
            stored = json.loads(path.read_text())
            [key] = [key for key in stored if key.startswith("client of")]
            stored[key]["secret_expires_at"] = 1
            path.write_text(json.dumps({key: stored[key]}))
            await call(guard, OAuth(redirect=consenting(), storage=FileStorage(path)))
            assert len(guard.authority.registered) == 2

    @pytest.mark.parametrize(
        "method", ["private_key_jwt", "tls_client_auth", "client_secret_basic"]
    )
    async def test_a_client_that_could_not_authenticate_is_not_kept(
        self, method: str, tmp_path: Path
    ) -> None:
        async with guarded() as guard:
            guard.authority.answers["/register"] = lambda _: web.json_response(
                {"client_id": "x", "token_endpoint_auth_method": method}, status=201
            )
            storage = FileStorage(tmp_path / "tokens")
            with pytest.raises(AuthError, match=f"with {method}.* cannot use"):
                await call(guard, OAuth(redirect=consenting(), storage=storage))
            assert guard.authority.asked == []
        assert not (tmp_path / "tokens").exists()

    async def test_other_members_that_the_server_has_set_are_no_matter(self) -> None:
        async with guarded() as guard:
            guard.authority.clients["x"] = "s3cret"
            guard.authority.answers["/register"] = lambda _: web.json_response(
                {
                    "client_id": "x",
                    "client_secret": "s3cret",
                    "client_secret_expires_at": 0,
                    "token_endpoint_auth_method": "client_secret_basic",
                    "application_type": "other",
                    "redirect_uris": None,
                    "grant_types": ["authorization_code", "implicit"],
                },
                status=200,
            )
            await call(guard, OAuth(redirect=consenting()))


class TestSettingsOfAnIssuer:
    async def test_they_are_for_the_named_one_alone(self) -> None:
        authority = Authority(metadata={"code_challenge_methods_supported": None})
        settings = IssuerSettings(assume_pkce=True)
        async with guarded(authority) as guard:
            for named in ("https://other.example", f"{authority.issuer}/x"):
                auth = OAuth(redirect=consenting(), issuers={named: settings})
                with pytest.raises(AuthError, match="set IssuerSettings"):
                    await call(guard, auth)
            auth = OAuth(redirect=consenting(), issuers={authority.issuer: settings})
            await call(guard, auth)
            assert authority.asked[0]["code_challenge_method"] == "S256"

    async def test_another_resource_is_sent_everywhere(self) -> None:
        async with guarded() as guard:
            authority = guard.authority
            settings = IssuerSettings(resource="https://api.example")
            auth = OAuth(redirect=consenting(), issuers={authority.issuer: settings})
            with pytest.raises(AuthError):
                await call(guard, auth)
            sent = {form["resource"] for form in [*authority.asked, *authority.forms]}
        assert sent == {"https://api.example"}

    @pytest.mark.parametrize("name", ["state", "scope", "code_challenge", "resource"])
    def test_what_the_client_sets_is_not_set(self, name: str) -> None:
        with pytest.raises(ValueError, match=f"`parameters` cannot set {name}"):
            IssuerSettings(parameters={name: "x"})


async def test_a_process_uses_the_token_of_another_instead_of_asking_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tokens"
    async with guarded() as guard:
        first = OAuth(redirect=consenting(), storage=FileStorage(path))
        second = OAuth(redirect=consenting(), storage=FileStorage(path))
        async with Client(guard.url, auth=first) as one:
            await one.call_tool("echo", {})
            async with Client(guard.url, auth=second) as two:
                await two.call_tool("echo", {})
                guard.authority.tokens.clear()
                guard.authority.refreshes.clear()
                await one.call_tool("echo", {})
                await two.call_tool("echo", {})
        assert len(guard.authority.asked) == 2


class Full(FileStorage):
    """A storage whose disk becomes full."""

    is_full = False

    def _change(self, key: str, value: Any) -> None:
        if self.is_full:
            raise self._unusable(OSError(28, "No space left on device"))
        super()._change(key, value)


async def test_a_token_that_cannot_be_stored_is_used_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    storage = Full(tmp_path / "tokens")
    async with guarded() as guard:
        auth = OAuth(redirect=consenting(), storage=storage)
        async with Client(guard.url, auth=auth) as client:
            await client.call_tool("echo", {})
            guard.authority.tokens.clear()
            storage.is_full = True
            await client.call_tool("echo", {})
            await client.call_tool("echo", {})
        assert len(guard.authority.asked) == 1
    assert "the token cannot be stored" in caplog.text


@pytest.mark.parametrize("status", [429, 503, 408])
@pytest.mark.parametrize("code", ["temporarily_unavailable", "server_error"])
async def test_a_refusal_that_passes_costs_no_sign_in(status: int, code: str) -> None:
    async with guarded() as guard:
        authority = guard.authority
        async with Client(guard.url, auth=OAuth(redirect=consenting())) as client:
            await client.call_tool("echo", {})
            for answer in ((status, "x"), (400, code)):
                authority.tokens.clear()
                authority.answers["/token"] = lambda _, answer=answer: (  # type: ignore[misc]
                    web.json_response({"error": answer[1]}, status=answer[0])
                )
                with pytest.raises(AuthError, match=answer[1]):
                    await client.call_tool("echo", {})
            del authority.answers["/token"]
            await client.call_tool("echo", {})
        assert len(authority.asked) == 1
