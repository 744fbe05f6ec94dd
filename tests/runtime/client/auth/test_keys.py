"""Clients that sign in place of showing a secret, and tokens that are bound to a key."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from joserfc import jwk, jwt

from mcpgen.runtime.client import (
    Client,
    ClientCredentials,
    ClientError,
    ClientRegistration,
    PrivateKey,
)
from mcpgen.runtime.client.features.oauth.identity import ProofKey

from .authority import Authority, Form, guarded


class Signing(Authority):
    """An authorization server that knows a client's public key."""

    key: Any = None

    def _client(self, request: object, form: Form) -> str | None:
        token = jwt.decode(form["client_assertion"], self.key, algorithms=["ES256"])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": "robot"},
            sub={"essential": True, "value": "robot"},
            aud={"essential": True, "value": self.issuer},
            exp={"essential": True},
            jti={"essential": True},
        ).validate(token.claims)
        return str(token.claims["sub"])


def pem(key: jwk.ECKey) -> str:
    return key.as_pem(private=True).decode()


async def test_a_program_signs_who_it_is() -> None:
    key = jwk.ECKey.generate_key("P-256")
    authority = Signing()
    authority.key = key
    async with guarded(authority) as guard:
        client = ClientRegistration("robot", private_key=PrivateKey(pem(key)))
        auth = ClientCredentials(client)
        async with Client(guard.url, auth=auth) as opened:
            await opened.call_tool("echo", {})
    assert "client_secret" not in authority.forms[0]


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA"])
async def test_what_is_no_key_is_not_shown(text: str) -> None:
    async with guarded() as guard:
        client = ClientRegistration("robot", private_key=PrivateKey(text))
        with pytest.raises(ClientError, match="is not a PEM") as caught:
            async with Client(guard.url, auth=ClientCredentials(client)):
                pass
    assert not text or text not in str(caught.value)


def test_keys_are_not_in_reprs() -> None:
    secret = pem(jwk.ECKey.generate_key("P-256"))
    key = PrivateKey(secret)
    client = ClientRegistration("robot", "s3cret", private_key=key)
    for shown in (repr(key), repr(client), repr(ProofKey())):
        assert "BEGIN" not in shown
        assert "s3cret" not in shown


async def test_without_joserfc_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "joserfc", None)
    with pytest.raises(ClientError, match="with its extra `oauth`"):
        ProofKey()


def test_a_proof_is_for_one_request_and_one_token() -> None:
    key = ProofKey()
    header = {"DPoP-Nonce": "n1"}
    assert key.learn("https://a.example/token", header)
    assert not key.learn("https://a.example/other", header), "known already"
    proof = key.proof("POST", "https://a.example/mcp?x=1#y", "token")
    other = key.proof("POST", "https://b.example/mcp")
    public = jwk.ECKey.import_key(dict(key.jwk))
    read = jwt.decode(proof, public, algorithms=["ES256"])
    assert read.header["typ"] == "dpop+jwt"
    assert "d" not in read.header["jwk"], "the private part stays here"
    assert read.claims["htm"] == "POST"
    assert read.claims["htu"] == "https://a.example/mcp"
    assert read.claims["nonce"] == "n1"
    second = jwt.decode(other, public, algorithms=["ES256"]).claims
    assert second["jti"] != read.claims["jti"]
    assert "nonce" not in second
    assert "ath" not in second
