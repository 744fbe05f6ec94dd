"""Calls the awkward server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from awkward_client import AwkwardClient, models, types

from awkward_server.app import make_app


@pytest.fixture
async def client() -> AsyncIterator[AwkwardClient]:
    """A client of the server, in memory: nothing listens, nothing is sent."""
    async with AwkwardClient.in_memory(make_app()) as client:
        yield client


def text(result: types.CallToolResult) -> str:
    """The text of the only block."""
    (block,) = result.content
    assert isinstance(block, types.TextContent)
    return block.text


async def test_arguments_travel_under_their_wire_names(client: AwkwardClient) -> None:
    result = await client.class_(
        from_="a", schema_="b", camel_case="c", camel_case_2="d", if_match="e", eq=None
    )
    assert json.loads(text(result)) == {
        "from": "a",
        "schema": "b",
        "camel_case": "c",
        "camelCase": "d",
        "If-Match": "e",
        "$eq": None,
    }


async def test_two_tools_whose_names_look_alike_are_told_apart(
    client: AwkwardClient,
) -> None:
    assert text(await client.get_item()) == "get-item"
    first, second = await client.get_item_2()
    assert (first.id, second.id) == ("0b2e", "0B2E")
    assert second.parent == first


async def test_a_tool_may_be_named_like_a_method_of_the_client(
    client: AwkwardClient,
) -> None:
    square = models.ListToolsInputShapeSquare(kind="square", side=2)
    assert text(await client.list_tools_(shape=square)) == "ListToolsInputShapeSquare"
    circle: models.ListToolsInputShapeCircleDict = {"kind": "circle", "radius": 1}
    assert text(await client.list_tools_(shape=circle)) == "ListToolsInputShapeCircle"
    assert len(await client.list_tools()) == 6


async def test_a_recursive_argument_arrives_whole(client: AwkwardClient) -> None:
    leaf = models.TreeWalkInputNode(name="leaf")
    root = models.TreeWalkInputNode(name="root", children=[leaf, leaf])
    assert text(await client.tree_walk(root=root)) == "root leaf leaf"
    mixed: models.TreeWalkInputNodeDict = {"name": "root", "children": [leaf, root]}
    assert text(await client.tree_walk(root=mixed)) == "root leaf root leaf leaf"


async def test_names_outside_ascii_work(client: AwkwardClient) -> None:
    assert text(await client.天気(都市="東京")) == "東京: 晴れ"


async def test_a_prompt_may_be_named_like_a_keyword(client: AwkwardClient) -> None:
    prompt = await client.class_prompt(from_="me")
    assert "me to everyone" in str(prompt.messages)


async def test_resources_whose_names_look_alike_are_told_apart(
    client: AwkwardClient,
) -> None:
    assert "first" in str((await client.read_a_name_with_spaces()).contents)
    assert "second" in str((await client.read_a_name_with_spaces_2()).contents)


async def test_the_variables_of_a_template_arrive(client: AwkwardClient) -> None:
    page = await client.read_page(kind="a b", id="ä/ö", class_="1")
    (contents,) = page.contents
    assert isinstance(contents, types.TextResourceContents)
    assert json.loads(contents.text) == {"kind": "a b", "id": "ä/ö", "class": "1"}
