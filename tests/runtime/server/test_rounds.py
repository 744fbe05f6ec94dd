"""Multi-round-trip requests: questions of modern handlers, and their signed state."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from mcpgen.runtime.server import Settings
from tests.requirements import requirement

from .conftest import Serve
from .wire import ModernWire, Reply
from .workshop import NAME_FORM, Workshop

ALL: dict[str, Any] = {
    "elicitation": {"form": {}, "url": {}},
    "sampling": {},
    "roots": {},
}
BO = {"action": "accept", "content": {"name": "Bo"}}
KEY = "elicitation/create#1"


async def ask(
    wire: ModernWire,
    name: str,
    answers: Any = None,
    state: str | None = None,
    capabilities: Any = ALL,
    arguments: Any = None,
) -> Reply:
    """Call a tool, as a first round or as a retry, which brings the state back."""
    params: dict[str, Any] = {}
    if answers is not None and state is None:
        first = await ask(wire, name, capabilities=capabilities, arguments=arguments)
        state = first.result["requestState"]
    if answers is not None:
        params["inputResponses"] = answers
    if state is not None:
        params["requestState"] = state
    return await wire.tool(
        name, arguments or {}, params=params, capabilities=capabilities
    )


@requirement(
    "2026-07-28/server/elicitation-form",
    "2026-07-28/server/questions-in-results",
    "2026-07-28/server/questions-or-state",
)
async def test_a_question_ends_the_call_with_what_is_asked(modern: ModernWire) -> None:
    result = (await ask(modern, "asking")).result

    assert result["resultType"] == "input_required"
    assert result["inputRequests"] == {
        KEY: {
            "method": "elicitation/create",
            "params": {
                "mode": "form",
                "message": "Name?",
                "requestedSchema": NAME_FORM,
            },
        }
    }
    assert isinstance(result["requestState"], str)
    assert "ttlMs" not in result


async def test_the_retry_completes(modern: ModernWire) -> None:
    state = (await ask(modern, "asking")).result["requestState"]

    result = (await ask(modern, "asking", {KEY: BO}, state)).result

    assert result["resultType"] == "complete"
    assert result["content"][0]["text"] == "accept: {'name': 'Bo'}"


async def test_answers_need_the_state_that_came_with_the_questions(
    modern: ModernWire,
) -> None:
    answers = {"inputResponses": {KEY: BO}}
    for method, params in (
        ("tools/call", {"name": "asking", "arguments": {"amount": 5}}),
        ("resources/read", {"uri": "shop://asking"}),
    ):
        reply = await modern.call(method, {**params, **answers}, capabilities=ALL)

        assert reply.error["code"] == -32602
        assert "requestState" in reply.error["message"]


async def test_answers_to_a_call_without_arguments_may_come_with_the_call(
    modern: ModernWire,
) -> None:
    answers = {"inputResponses": {KEY: BO, "unknown": BO}}

    reply = await modern.tool("asking", params=answers, capabilities=ALL)

    assert reply.content == "accept: {'name': 'Bo'}"


@pytest.mark.parametrize(
    "changed",
    [
        lambda state: state + "=",
        lambda state: state + "====",
        lambda state: state + "\n",
        lambda state: state[:10] + "!" + state[10:],
        lambda state: " " + state,
    ],
)
async def test_a_state_has_one_text(modern: ModernWire, changed: Any) -> None:
    state = (await ask(modern, "asking")).result["requestState"]

    reply = await ask(modern, "asking", {KEY: BO}, changed(state))

    assert reply.error["code"] == -32602


async def test_a_replica_without_shared_keys_logs_what_is_missing(
    http: ClientSession, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = [ModernWire(http, await serve()) for _ in range(2)]
    state = (await ask(first, "asking")).result["requestState"]

    for _ in range(3):
        assert (await ask(second, "asking", {KEY: BO}, state)).error["code"] == -32602

    assert caplog.text.count("MCP_STATE_KEYS") == 1


async def test_replicas_with_shared_keys_log_nothing_of_the_kind(
    http: ClientSession, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(state_keys=(SecretStr("k" * 32),))
    wire = ModernWire(http, await serve(settings))

    await ask(wire, "asking", {KEY: BO}, "forged")

    assert "MCP_STATE_KEYS" not in caplog.text


@requirement("2026-07-28/server/elicitation-refused")
@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_person_may_refuse(modern: ModernWire, action: str) -> None:
    reply = await ask(modern, "asking", {KEY: {"action": action}})

    assert reply.content == f"{action}: None"


@requirement(
    "2026-07-28/server/elicitation-refused", "2026-07-28/server/questions-unanswered"
)
@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"other": BO},
        {KEY: {"action": "accept"}},
        {KEY: {"action": "accept", "content": {"name": 3}}},
        {KEY: {"action": "accept", "content": {}}},
        {KEY: {"action": "perhaps"}},
        {KEY: "Bo"},
        {KEY: None},
    ],
)
async def test_an_answer_that_does_not_fit_is_asked_for_again(
    modern: ModernWire, answers: Any
) -> None:
    state = (await ask(modern, "asking")).result["requestState"]

    result = (await ask(modern, "asking", answers, state)).result

    assert result["resultType"] == "input_required"
    assert list(result["inputRequests"]) == [KEY]


async def test_answers_that_nobody_asked_for_are_ignored(modern: ModernWire) -> None:
    reply = await ask(modern, "asking", {KEY: BO, "extra": 3, "more": {"x": 1}})

    assert reply.content == "accept: {'name': 'Bo'}"


@pytest.mark.parametrize(("answers", "state"), [([], None), ({}, 3), (None, "x" * 9)])
async def test_malformed_parameters_of_a_retry_are_refused(
    modern: ModernWire, answers: Any, state: Any
) -> None:
    assert (await ask(modern, "asking", answers, state)).error["code"] == -32602


@requirement("2026-07-28/server/state-by-identifier")
async def test_earlier_answers_travel_in_the_state(modern: ModernWire) -> None:
    first = (await ask(modern, "asking_twice")).result
    assert list(first["inputRequests"]) == [KEY]
    second = (
        await ask(modern, "asking_twice", {KEY: BO}, first["requestState"])
    ).result
    key = "elicitation/create#2"
    assert list(second["inputRequests"]) == [key]
    assert second["requestState"] != first["requestState"]
    al = {"action": "accept", "content": {"name": "Al"}}

    reply = await ask(modern, "asking_twice", {key: al}, second["requestState"])

    assert reply.content == "{'name': 'Bo'} {'name': 'Al'}"


@requirement(
    "2026-07-28/server/questions-keys", "2026-07-28/server/questions-unanswered"
)
async def test_several_questions_at_once(modern: ModernWire) -> None:
    first = (await ask(modern, "asking_all")).result
    methods = {k: request["method"] for k, request in first["inputRequests"].items()}
    assert methods == {
        "who": "elicitation/create",
        "poem": "sampling/createMessage",
        "where": "roots/list",
    }
    poem = {
        "role": "assistant",
        "model": "m",
        "content": {"type": "text", "text": "Roses"},
    }
    half = (
        await ask(
            modern, "asking_all", {"who": BO, "poem": poem}, first["requestState"]
        )
    ).result
    assert list(half["inputRequests"]) == ["where"]

    reply = await ask(
        modern,
        "asking_all",
        {"where": {"roots": [{"uri": "file:///home"}]}},
        half["requestState"],
    )

    assert reply.content == "{'name': 'Bo'} Roses file:///home"


async def test_a_model_is_a_form_and_reads_the_answer(modern: ModernWire) -> None:
    form = (await ask(modern, "asking_model")).result["inputRequests"]["profile"]
    assert form["params"]["requestedSchema"]["required"] == ["name", "age"]
    content = {"name": "Bo", "age": 5, "mood": "bad"}

    reply = await ask(
        modern, "asking_model", {"profile": {"action": "accept", "content": content}}
    )

    assert reply.content == "Bo is 5 and bad"


@requirement("2026-07-28/server/elicitation-url")
async def test_a_page_to_open(modern: ModernWire) -> None:
    asked = (await ask(modern, "asking_url")).result["inputRequests"]

    assert asked[KEY]["params"] == {
        "mode": "url",
        "message": "Pay here",
        "url": "https://example.com/pay",
    }
    assert (await ask(modern, "asking_url", {KEY: {"action": "accept"}})).content == (
        "accept"
    )


async def test_what_a_handler_keeps_is_there_in_the_next_round(
    modern: ModernWire, service: Workshop
) -> None:
    state = (await ask(modern, "remembering")).result["requestState"]

    reply = await ask(modern, "remembering", {KEY: BO}, state)

    assert reply.content == "ticket 1"
    assert service.runs == 1


async def test_a_broad_except_does_not_swallow_a_question(modern: ModernWire) -> None:
    assert (await ask(modern, "swallowing")).result["resultType"] == "input_required"


async def test_prompts_may_ask_too(modern: ModernWire) -> None:
    async def get(**more: Any) -> Any:
        params = {"name": "asking", **more}
        return (await modern.call("prompts/get", params, capabilities=ALL)).result

    asked = await get()
    assert list(asked["inputRequests"]) == [KEY]

    done = await get(inputResponses={KEY: BO}, requestState=asked["requestState"])
    assert done["messages"][0]["content"]["text"] == "For {'name': 'Bo'}"


@requirement("2026-07-28/server/caching-hints")
async def test_resources_may_ask_too_and_only_the_end_may_be_kept(
    modern: ModernWire,
) -> None:
    async def read(**more: Any) -> Any:
        params = {"uri": "shop://asking", **more}
        return (await modern.call("resources/read", params, capabilities=ALL)).result

    asked = await read()
    assert list(asked["inputRequests"]) == [KEY]
    assert "ttlMs" not in asked

    done = await read(inputResponses={KEY: BO}, requestState=asked["requestState"])
    assert done["contents"][0]["text"] == "For {'name': 'Bo'}"
    assert done["ttlMs"] == 0


class TestCapabilities:
    """Nothing is asked of clients that can't answer it."""

    @requirement(
        "2026-07-28/server/capability-missing", "2026-07-28/server/questions-supported"
    )
    @pytest.mark.parametrize(
        ("tool", "capabilities", "required"),
        [
            ("asking", {}, {"elicitation": {}}),
            ("asking", {"elicitation": {"url": {}}}, {"elicitation": {"form": {}}}),
            ("asking_url", {"elicitation": {}}, {"elicitation": {"url": {}}}),
            ("sampling", {"roots": {}}, {"sampling": {}}),
            ("roots", {}, {"roots": {}}),
            (
                "asking_all",
                {},
                {"elicitation": {}, "sampling": {}, "roots": {}},
            ),
        ],
    )
    async def test_what_is_missing_is_named(
        self, modern: ModernWire, tool: str, capabilities: Any, required: Any
    ) -> None:
        reply = await ask(modern, tool, capabilities=capabilities)

        assert (reply.status, reply.error["code"]) == (400, -32021)
        assert reply.error["data"] == {"requiredCapabilities": required}

    @requirement("2026-07-28/server/questions-supported")
    async def test_an_empty_elicitation_capability_means_forms(
        self, modern: ModernWire
    ) -> None:
        reply = await ask(modern, "asking", capabilities={"elicitation": {}})

        assert reply.result["resultType"] == "input_required"


class TestState:
    """`requestState` comes from a stranger."""

    async def state(self, wire: ModernWire) -> str:
        return str((await ask(wire, "asking")).result["requestState"])

    @requirement("2026-07-28/server/state-protected")
    @pytest.mark.parametrize("place", [0, 10, 43, -1])
    async def test_a_changed_state_is_refused(
        self, modern: ModernWire, place: int
    ) -> None:
        state = list(await self.state(modern))
        state[place] = "A" if state[place] != "A" else "Q"

        reply = await ask(modern, "asking", {KEY: BO}, "".join(state))

        assert reply.error["code"] == -32602
        assert "requestState" in reply.error["message"]

    @requirement("2026-07-28/server/state-protected")
    @pytest.mark.parametrize("state", ["", "!", "AAAA", "é", "A" * 10_000])
    async def test_nonsense_is_refused(self, modern: ModernWire, state: str) -> None:
        assert (await ask(modern, "asking", {KEY: BO}, state)).error["code"] == -32602

    @requirement("2026-07-28/server/state-protected")
    async def test_a_state_is_good_for_its_own_request_alone(
        self, modern: ModernWire
    ) -> None:
        state = await self.state(modern)

        other_tool = await ask(modern, "asking_twice", {KEY: BO}, state)
        other_arguments = await ask(
            modern, "asking", {KEY: BO}, state, arguments={"x": 1}
        )

        assert other_tool.error["code"] == other_arguments.error["code"] == -32602

    @requirement("2026-07-28/server/state-protected")
    async def test_a_state_expires(
        self, http: ClientSession, serve: Serve, service: Workshop
    ) -> None:
        wire = ModernWire(http, await serve(Settings(state_lifetime=0)))
        state = await self.state(wire)

        reply = await ask(wire, "asking", {KEY: BO}, state)

        assert "expired" in reply.error["message"]

    @requirement("2026-07-28/server/state-by-identifier")
    async def test_any_server_with_the_key_goes_on(
        self, http: ClientSession, serve: Serve
    ) -> None:
        old = ModernWire(
            http,
            await serve(Settings(state_keys=(SecretStr("the first of the keys"),))),
        )
        rotated = ModernWire(
            http,
            await serve(
                Settings(
                    state_keys=(
                        SecretStr("the second of the keys"),
                        SecretStr("the first of the keys"),
                    )
                )
            ),
        )
        stranger = ModernWire(
            http,
            await serve(Settings(state_keys=(SecretStr("the third of the keys"),))),
        )
        state = await self.state(old)

        assert (await ask(rotated, "asking", {KEY: BO}, state)).content
        assert (await ask(stranger, "asking", {KEY: BO}, state)).error

    async def test_a_state_holds_no_more_than_answers_and_values(
        self, modern: ModernWire
    ) -> None:
        state = await self.state(modern)

        body = base64.urlsafe_b64decode(state + "=" * (-len(state) % 4))[32:]

        assert set(json.loads(body)) == {"until", "answers", "values"}
