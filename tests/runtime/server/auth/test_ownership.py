"""What belongs to a principal is unknown to everyone else."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server.features.auth import Principal
from tests.pace import patient

from ..wire import until
from .conftest import Serving
from .vault import Names

FORMS: dict[str, Any] = {"elicitation": {"form": {}}}
KEY = "elicitation/create#1"
BO: dict[str, Any] = {"action": "accept", "content": {"name": "Bo"}}

OTHERS = ["mallory2", "bob", "alice2.read"]


class TestSessions:
    @pytest.mark.parametrize("token", OTHERS)
    async def test_nobody_else_can_use_one(self, vault: Serving, token: str) -> None:
        alice = await vault.legacy("alice")
        thief = vault.intruder(alice, token)
        stranger = vault.intruder(alice, token)
        stranger.headers["Mcp-Session-Id"] = "there-is-none"

        stolen = await thief.tool("whoami")
        unknown = await stranger.tool("whoami")

        assert stolen.status == unknown.status == 404
        assert stolen.error == unknown.error
        assert (await alice.tool("whoami")).content == "alice [] []"

    async def test_nobody_else_can_end_one(self, vault: Serving) -> None:
        alice = await vault.legacy("alice")

        refused = await vault.intruder(alice, "bob").other("DELETE")

        assert refused.status == 404
        assert (await alice.call("ping")).status == 200
        assert (await alice.other("DELETE")).status == 204

    async def test_nobody_else_can_listen(self, vault: Serving) -> None:
        alice = await vault.legacy("alice")

        async with vault.intruder(alice, "bob").get() as stream:
            assert stream.response.status == 404

    async def test_nobody_else_can_resume_a_stream(self, vault: Serving) -> None:
        alice = await vault.legacy("alice", capabilities={"elicitation": {}})
        body = alice.request("tools/call", {"name": "ask", "arguments": {}})
        async with alice.stream(body) as stream:
            last = (await stream.next()).id
        assert last is not None

        async with vault.intruder(alice, "bob").get(
            headers={"Last-Event-ID": last}
        ) as stolen:
            assert stolen.response.status == 404
        async with alice.get(headers={"Last-Event-ID": last}) as resumed:
            question = await resumed.message()
            await alice.answer(question, BO)
            result = await resumed.message()

        assert question["method"] == "elicitation/create"
        assert "Bo" in result["result"]["content"][0]["text"]

    async def test_nobody_else_can_cancel_a_request(self, vault: Serving) -> None:
        alice = await vault.legacy("alice")
        calling = asyncio.ensure_future(alice.tool("wait"))
        async with asyncio.timeout(patient(60)):
            await vault.vault.waiting.wait()
        cancel = ("notifications/cancelled", {"requestId": alice.last_id})

        refused = await vault.intruder(alice, "bob").notify(*cancel)

        assert refused.status == 404
        assert not calling.done()
        assert vault.vault.cancelled == 0
        assert (await alice.notify(*cancel)).status == 202
        await until(lambda: vault.vault.cancelled == 1)
        await calling

    async def test_nobody_else_can_answer_a_question(self, vault: Serving) -> None:
        alice = await vault.legacy("alice", capabilities={"elicitation": {}})
        body = alice.request("tools/call", {"name": "ask", "arguments": {}})
        async with alice.stream(body) as stream:
            question = await stream.message()

            evil = {"action": "accept", "content": {"name": "Eve"}}
            refused = await vault.intruder(alice, "bob").answer(question, evil)
            assert refused.status == 404
            await alice.answer(question, BO)
            result = await stream.message()

        assert "Bo" in result["result"]["content"][0]["text"]

    async def test_a_session_goes_on_with_the_next_token_of_the_same_principal(
        self, vault: Serving
    ) -> None:
        alice = await vault.legacy("alice")
        alice.headers["Authorization"] = "Bearer alice.read"

        assert (await alice.tool("read")).content == "alice ['read'] []"

    async def test_a_session_without_a_token_is_refused(self, vault: Serving) -> None:
        alice = await vault.legacy("alice")

        assert (await vault.intruder(alice, None).call("ping")).status == 401


class TestRequestState:
    async def state(self, vault: Serving, token: str) -> str:
        reply = await vault.modern(token).tool("ask", capabilities=FORMS)
        return str(reply.result["requestState"])

    async def retry(self, vault: Serving, token: str, state: str) -> Any:
        return await vault.modern(token).tool(
            "ask",
            params={"inputResponses": {KEY: BO}, "requestState": state},
            capabilities=FORMS,
        )

    async def test_it_is_good_for_its_owner(self, vault: Serving) -> None:
        state = await self.state(vault, "alice")

        assert "Bo" in (await self.retry(vault, "alice", state)).content

    @pytest.mark.parametrize("token", OTHERS)
    async def test_nobody_else_can_replay_it(self, vault: Serving, token: str) -> None:
        state = await self.state(vault, "alice")

        reply = await self.retry(vault, token, state)

        assert reply.error["code"] == -32602
        assert "not valid" in reply.error["message"]

    async def test_it_can_not_be_altered(self, vault: Serving) -> None:
        state = await self.state(vault, "alice")
        raw = base64.urlsafe_b64decode(state + "=" * (-len(state) % 4))
        for position in (0, 31, 32, len(raw) - 1):
            changed = bytearray(raw)
            changed[position] ^= 1
            text = base64.urlsafe_b64encode(changed).decode().rstrip("=")

            reply = await self.retry(vault, "alice", text)

            assert reply.error["code"] == -32602

    async def test_it_can_not_be_replayed_later(self, vault: Serving) -> None:
        await vault(Names(), state_lifetime=0.0)
        state = await self.state(vault, "alice")

        assert "expired" in (await self.retry(vault, "alice", state)).error["message"]


def test_identities_can_not_be_confused() -> None:
    """No choice of texts makes two principals one."""
    parts = ['a","b', "a", "b", "", '"', "a\x00b", "a|b", "[", ","]
    keys = {
        Principal(subject, issuer, client).key
        for subject in parts
        for issuer in parts
        for client in parts
    }

    assert len(keys) == len(parts) ** 3


async def test_a_stranger_can_not_tell_whether_a_session_is_there(
    vault: Serving, http: ClientSession
) -> None:
    alice = await vault.legacy("alice")
    thief = vault.intruder(alice, "bob")
    there = await thief.other("DELETE")
    thief.headers["Mcp-Session-Id"] = "x" * 32
    not_there = await thief.other("DELETE")

    assert (there.status, there.text) == (not_there.status, not_there.text)
