"""Calls the library server in memory, with a database for each test."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from library_client import (
    Elicitation,
    LibraryClient,
    LogMessage,
    Progress,
    ProtocolError,
    Reply,
    ToolError,
)

from library_server.generated import create_app
from library_server.handlers import Library

EMMA, PRIDE, HEIGHTS = "9780141439587", "9780141439518", "9780141439556"
SECONDS = 30

Open = Callable[..., AbstractAsyncContextManager[LibraryClient]]


@pytest.fixture(params=["modern", "legacy"])
def open_library(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Makes clients of both eras; each has a server of its own, on the same database."""

    def make(**options: Any) -> AbstractAsyncContextManager[LibraryClient]:
        app = create_app(Library(tmp_path / "library.db"))
        return LibraryClient.in_memory(app, era=request.param, **options)

    return make


def accept(question: Elicitation) -> Reply:
    """A person who agrees to everything."""
    return Reply.ACCEPT


def ann(question: Elicitation) -> dict[str, Any]:
    """A person who says her name."""
    return {"name": "Ann"}


def model(params: object) -> str:
    """A language model."""
    return "A comedy of errors."


async def test_books_are_found(open_library: Open) -> None:
    async with open_library() as library:
        found = await library.search_books(text="austen")
    assert [book.title for book in found.books] == ["Emma", "Pride and Prejudice"]


async def test_a_book_is_lent_once_and_stays_lent(open_library: Open) -> None:
    async with open_library() as library:
        loan = await library.lend_book(isbn=EMMA, member="Ann")
        assert loan.member == "Ann"
    async with open_library() as library:
        with pytest.raises(ToolError, match="somebody else"):
            await library.lend_book(isbn=EMMA, member="Bo")
        assert "Emma" not in str(await library.read_shelf())
        await library.return_book(isbn=EMMA)
        assert "Emma" in str(await library.read_shelf())


@pytest.mark.parametrize("sure", [True, False])
async def test_a_third_book_is_a_question(open_library: Open, sure: bool) -> None:
    asked: list[str] = []

    def answer(question: Elicitation) -> dict[str, Any]:
        asked.append(question.message)
        return {"sure": sure}

    async with open_library(elicitation=answer) as library:
        await library.lend_book(isbn=EMMA, member="Ann")
        await library.lend_book(isbn=PRIDE, member="Ann")
        if sure:
            await library.lend_book(isbn=HEIGHTS, member="Ann")
        else:
            with pytest.raises(ToolError, match="no further book"):
                await library.lend_book(isbn=HEIGHTS, member="Ann")
    assert asked == ["Ann has 2 books already. Lend another?"]


async def test_a_payment_is_made_once(open_library: Open, tmp_path: Path) -> None:
    async with open_library(elicitation=accept) as library:
        assert "Thank you" in str(await library.pay_fee(member="Ann"))
    with sqlite3.connect(tmp_path / "library.db") as database:
        assert database.execute("SELECT member FROM payments").fetchall() == [("Ann",)]
    database.close()


async def test_several_questions_at_once(open_library: Open) -> None:
    async with open_library(elicitation=ann, roots=["file:///books"]) as library:
        assert "Welcome, Ann! Folders: 1." in str(await library.register_member())


async def test_the_clients_model_describes_a_book(open_library: Open) -> None:
    async with open_library(sampling=model) as library:
        assert "comedy" in str(await library.describe_book(isbn=EMMA))


async def test_an_order_arrives_in_the_background(open_library: Open) -> None:
    async with (
        asyncio.timeout(SECONDS),
        open_library() as library,
        library.subscribe(resources=["library://shelf"]) as changes,
    ):
        await library.order_book(isbn="1", title="Ulysses", author="James Joyce")
        await anext(changes)
        assert "Ulysses" in str(await library.read_shelf())


async def test_orders_are_finished_before_the_server_stops(open_library: Open) -> None:
    async with open_library() as library:
        await library.order_book(isbn="1", title="Ulysses", author="James Joyce")
    async with open_library() as library:
        assert "Ulysses" in str(await library.read_shelf())


async def test_progress_and_logs(open_library: Open) -> None:
    reports: list[Progress] = []
    logs: list[LogMessage] = []
    async with open_library(on_log=logs.append) as library:
        await library.with_options(progress=reports.append).take_stock()
    assert [report.progress for report in reports] == [1, 2, 3, 4]
    assert reports[0].message == "Looking at Emma"
    assert [message.data for message in logs] == [{"books": 4}]


async def test_a_club_has_a_tool_and_keeps_it(open_library: Open) -> None:
    async with open_library() as library:
        await library.open_club(name="poetry")
        with pytest.raises(ProtocolError, match="already"):
            await library.open_club(name="poetry")
    async with open_library() as library:
        result = await library.call_tool("join_poetry", {"member": "Ann"})
        assert "Ann is a member of poetry." in str(result)


async def test_prompts_resources_and_completions(open_library: Open) -> None:
    async with open_library() as library:
        assert "I liked Emma." in str(await library.recommend_prompt(title="Emma"))
        assert "Jane Austen" in str(await library.read_book(isbn=EMMA))
        with pytest.raises(ProtocolError, match="not found"):
            await library.read_book(isbn="0")
        titles = await library.complete_prompt("recommend", "title", "Ja")
        assert titles.completion.values == ["Jane Eyre"]
