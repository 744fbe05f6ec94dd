"""Prompts, resources, templates and completion, the same in both eras."""

from __future__ import annotations

from typing import Any

import pytest

from tests.requirements import requirement

from .wire import LegacyWire, ModernWire

Client = ModernWire | LegacyWire


@pytest.fixture(params=["modern", "legacy"])
async def client(
    request: pytest.FixtureRequest, modern: ModernWire, legacy: LegacyWire
) -> Client:
    """Both eras."""
    return modern if request.param == "modern" else legacy


async def prompt(client: Client, name: str, arguments: Any = None) -> Any:
    params = {"name": name} | ({} if arguments is None else {"arguments": arguments})
    return await client.call("prompts/get", params)


async def read(client: Client, uri: str) -> Any:
    return await client.call("resources/read", {"uri": uri})


async def test_a_string_is_a_users_message(client: Client) -> None:
    result = (await prompt(client, "trip", {"city": "Oslo"})).result

    assert result["description"] == "Plan a trip."
    assert result["messages"] == [
        {
            "role": "user",
            "content": {"type": "text", "text": "Trip to Oslo in any month"},
        }
    ]


async def test_messages_come_as_they_are(client: Client) -> None:
    result = (await prompt(client, "hello")).result

    assert "description" not in result
    assert [message["role"] for message in result["messages"]] == ["assistant", "user"]


@requirement(
    "2025-11-25/server/prompts-validated", "2026-07-28/server/prompts-validated"
)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "'city' is required"),
        ({"city": 3}, "'city' must be a string"),
        ({"city": "Oslo", "year": "1"}, "'year' is unknown"),
        (None, "'city' is required"),
    ],
)
async def test_wrong_arguments_of_a_prompt_are_named(
    client: Client, arguments: Any, said: str
) -> None:
    error = (await prompt(client, "trip", arguments)).error

    assert error["code"] == -32602
    assert said in error["message"]


@requirement(
    "2025-11-25/server/prompts-validated", "2026-07-28/server/prompts-validated"
)
async def test_an_unknown_prompt(client: Client) -> None:
    assert (await prompt(client, "nope")).error["code"] == -32602


async def test_a_prompt_that_fails_does_not_say_why(client: Client) -> None:
    reply = await prompt(client, "bad")

    assert reply.error == {"code": -32603, "message": "Internal error"}


async def test_a_text_resource_has_the_definitions_type(client: Client) -> None:
    assert (await read(client, "shop://text")).result["contents"] == [
        {"uri": "shop://text", "mimeType": "text/plain", "text": "some text"}
    ]


@requirement("2025-11-25/server/resources-binary", "2026-07-28/server/resources-binary")
async def test_bytes_are_a_blob(client: Client) -> None:
    assert (await read(client, "shop://bytes")).result["contents"] == [
        {"uri": "shop://bytes", "mimeType": "image/png", "blob": "AAE="}
    ]


async def test_contents_may_say_everything_themselves(client: Client) -> None:
    assert (await read(client, "shop://full")).result["contents"] == [
        {
            "uri": "shop://full",
            "mimeType": "text/x-one",
            "text": "one",
            "_meta": {"page": 1},
        },
        {"uri": "shop://full/2", "blob": "dHdv"},
    ]


async def test_a_template_reads_what_its_variables_say(client: Client) -> None:
    assert (await read(client, "shop://cities/S%C3%A3o%20Paulo")).result[
        "contents"
    ] == [
        {
            "uri": "shop://cities/S%C3%A3o%20Paulo",
            "mimeType": "application/json",
            "text": '"São Paulo"',
        }
    ]


@requirement(
    "2025-11-25/server/resources-validated",
    "2026-07-28/server/resources-not-found",
    "2026-07-28/server/resources-validated",
)
@pytest.mark.parametrize("uri", ["shop://nope", "shop://cities/Atlantis"])
async def test_a_resource_that_is_not_there(
    modern: ModernWire, legacy: LegacyWire, uri: str
) -> None:
    new, old = await read(modern, uri), await read(legacy, uri)

    assert (new.error["code"], new.error["data"]) == (-32602, {"uri": uri})
    assert (old.error["code"], old.error["data"]) == (-32002, {"uri": uri})


async def test_a_resource_that_fails_does_not_say_why(client: Client) -> None:
    assert (await read(client, "shop://bad")).error == {
        "code": -32603,
        "message": "Internal error",
    }


async def complete(client: Client, ref: Any, name: str, value: str, **more: Any) -> Any:
    argument = {"name": name, "value": value}
    return await client.call(
        "completion/complete", {"ref": ref, "argument": argument, **more}
    )


TRIP = {"type": "ref/prompt", "name": "trip"}
CITY = {"type": "ref/resource", "uri": "shop://cities/{city}"}


@pytest.mark.parametrize("ref", [TRIP, CITY])
async def test_a_handler_completes(client: Client, ref: Any) -> None:
    reply = await complete(client, ref, "city", "O")

    assert reply.result["completion"] == {"values": ["Oslo", "Ottawa"]}


async def test_fixed_values_complete_in_any_case(client: Client) -> None:
    reply = await complete(client, TRIP, "month", "ma")

    assert reply.result["completion"] == {"values": ["March", "May"]}


async def test_no_more_than_a_hundred_values_are_sent(client: Client) -> None:
    completion = (await complete(client, TRIP, "city", "many")).result["completion"]

    assert len(completion["values"]) == 100
    assert (completion["total"], completion["hasMore"]) == (150, True)


async def test_a_completion_sees_what_is_filled_in_already(client: Client) -> None:
    reply = await complete(
        client, TRIP, "city", "context", context={"arguments": {"month": "May"}}
    )

    assert reply.result["completion"] == {"values": ["May"], "total": 9}


async def test_an_argument_without_completion_has_no_values(client: Client) -> None:
    assert (await complete(client, TRIP, "x", "")).result["completion"] == {
        "values": []
    }


@requirement(
    "2025-11-25/server/completions-security", "2026-07-28/server/completions-security"
)
@pytest.mark.parametrize(
    "ref",
    [
        {"type": "ref/prompt", "name": "nope"},
        {"type": "ref/resource", "uri": "shop://nope/{x}"},
        {"type": "ref/tool", "name": "add"},
        "trip",
        {},
    ],
)
async def test_an_unknown_reference_is_invalid(client: Client, ref: Any) -> None:
    assert (await complete(client, ref, "city", "")).error["code"] == -32602
