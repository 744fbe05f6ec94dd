"""What the library server does."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from .generated import (
    CompletionReturn,
    Context,
    Elicit,
    LibraryService,
    ListRoots,
    LiveCatalog,
    PromptReturn,
    ProtocolError,
    ResourceNotFound,
    ResourceReturn,
    ToolError,
    ToolReturn,
    content,
    models,
)
from .store import Book, Store

SHELF = "library://shelf"
MANY_LOANS = 2
INVALID_PARAMS = -32602

log = logging.getLogger("library")


class Confirm(BaseModel):
    """A form with one box to tick."""

    sure: bool = Field(title="Lend it anyway")


class Member(BaseModel):
    """The form for new members."""

    name: str = Field(min_length=1, title="Name")
    email: str | None = Field(None, title="Where reminders go")


class Library(LibraryService):
    """A lending library; its database is the file that LIBRARY_DB names."""

    announces = frozenset(["tools", "updates"])

    def __init__(self, database: Path | None = None) -> None:
        super().__init__()
        self._path = database or Path(os.environ.get("LIBRARY_DB", "library.db"))

    # --- from the start to the end ------------------------------------------------

    async def on_startup(self, catalog: LiveCatalog) -> None:
        """Open the database, and start what works in the background."""
        self._store = await asyncio.to_thread(Store, self._path)
        self._orders: asyncio.Queue[models.OrderBookInput] = asyncio.Queue(maxsize=100)
        self._worker = asyncio.create_task(self._deliver(catalog))
        for club in self._store.clubs():
            self._add_club(catalog, club)

    async def on_shutdown(self) -> None:
        """Finish the orders, stop the background work, and close the database."""
        await self._orders.join()
        self._worker.cancel()
        await asyncio.wait([self._worker])
        self._store.close()

    # --- tools ----------------------------------------------------------------------

    def search_books(
        self, args: models.SearchBooksInput, ctx: Context
    ) -> models.SearchBooksOutput:
        """Finds books by a part of their title or author."""
        found = self._store.search(args.text, args.limit)
        return models.SearchBooksOutput(
            books=[
                models.SearchBooksOutputBooksItem(
                    isbn=book.isbn,
                    title=book.title,
                    author=book.author,
                    available=book.available,
                )
                for book in found
            ]
        )

    async def lend_book(
        self, args: models.LendBookInput, ctx: Context
    ) -> models.LendBookOutput:
        """Lends a book for four weeks. Asks before a member gets a third one."""
        await asyncio.to_thread(self._book, args.isbn)
        if await asyncio.to_thread(self._store.loans, args.member) >= MANY_LOANS:
            question = f"{args.member} has {MANY_LOANS} books already. Lend another?"
            answer = await ctx.elicit(question, Confirm)
            if answer.content is None or not answer.content.sure:
                raise ToolError(f"{args.member} gets no further book for now.")
        # Everything above may run more than once; nothing below does.
        due = date.today() + timedelta(weeks=4)
        if not await asyncio.to_thread(self._store.lend, args.isbn, args.member, due):
            raise ToolError(f"{args.isbn} is lent to somebody else.")
        ctx.catalog.updated(SHELF)
        return models.LendBookOutput(isbn=args.isbn, member=args.member, due=str(due))

    async def return_book(
        self, args: models.ReturnBookInput, ctx: Context
    ) -> ToolReturn:
        """Takes a book back."""
        if not await asyncio.to_thread(self._store.take_back, args.isbn):
            return "It was on the shelf already."
        ctx.catalog.updated(SHELF)
        log.info("%s came back by %s", args.isbn, caller(ctx))
        return "Thank you."

    async def order_book(self, args: models.OrderBookInput, ctx: Context) -> ToolReturn:
        """Orders a book. It is on the shelf some time later; watch library://shelf."""
        try:
            self._orders.put_nowait(args)
        except asyncio.QueueFull:
            raise ToolError("Too many orders are open; try again later.") from None
        return [f"{args.title} is ordered.", content.resource_link(SHELF, "shelf")]

    def take_stock(self, args: models.TakeStockInput, ctx: Context) -> ToolReturn:
        """Looks at every book on the shelf, with progress."""
        books = self._store.shelf()
        for number, book in enumerate(books, start=1):
            if ctx.cancelled:
                break
            ctx.wait(ctx.progress(number, len(books), f"Looking at {book.title}"))
        ctx.wait(ctx.info({"books": len(books)}, logger="library"))
        return f"{len(books)} books are on the shelf."

    async def describe_book(
        self, args: models.DescribeBookInput, ctx: Context
    ) -> ToolReturn:
        """Lets the client's model describe a book in one sentence."""
        book = await asyncio.to_thread(self._book, args.isbn)
        sample = await ctx.sample(
            f"Describe {book.title} by {book.author} in one sentence.",
            max_tokens=100,
            systemPrompt="You are a librarian.",
        )
        return sample.text

    async def register_member(
        self, args: models.RegisterMemberInput, ctx: Context
    ) -> ToolReturn:
        """Asks for a new member's name and for the folders that may be searched."""
        answers = await ctx.ask(
            {"member": Elicit("Who are you?", Member), "folders": ListRoots()}
        )
        member = answers["member"].content
        if member is None:
            raise ToolError("Nobody was registered.")
        return f"Welcome, {member.name}! Folders: {len(answers['folders'])}."

    async def pay_fee(self, args: models.PayFeeInput, ctx: Context) -> ToolReturn:
        """Lets a member pay the yearly fee on a page of the bank."""
        # The page is made once, although the handler starts over after the question.
        if "payment" not in ctx.state:
            number = await asyncio.to_thread(self._store.new_payment, args.member)
            ctx.state["payment"] = number
        page = f"https://bank.example/pay/{ctx.state['payment']}"
        answer = await ctx.elicit_url("Please pay the yearly fee.", page)
        return "Thank you." if answer.accepted else "Another time, then."

    async def open_club(self, args: models.OpenClubInput, ctx: Context) -> ToolReturn:
        """Opens a reading club, which gets a tool of its own for joining it."""
        if not await asyncio.to_thread(self._store.open_club, args.name):
            raise ProtocolError(INVALID_PARAMS, f"There is a club {args.name} already.")
        self._add_club(ctx.catalog, args.name)
        return f"Join it with join_{args.name}."

    # --- prompts, resources, completions ---------------------------------------------

    async def recommend_prompt(
        self, args: models.RecommendArguments, ctx: Context
    ) -> PromptReturn:
        """Asks for a book like one that the reader liked."""
        return [
            content.message("You are a librarian who knows every book.", "assistant"),
            f"I liked {args.title}. What should I read next?",
        ]

    def complete_recommend_title(self, value: str, ctx: Context) -> CompletionReturn:
        """Titles that begin with what is typed so far."""
        return [
            b.title for b in self._store.search(value, 100) if b.title.startswith(value)
        ]

    def read_shelf(self, ctx: Context) -> ResourceReturn:
        """The books that are not lent."""
        return "\n".join(book.title for book in self._store.shelf())

    def read_book(self, args: models.BookVariables, ctx: Context) -> ResourceReturn:
        """One book."""
        book = self._store.book(args.isbn)
        if book is None:
            raise ResourceNotFound
        return json.dumps({"title": book.title, "author": book.author})

    def complete_book_isbn(self, value: str, ctx: Context) -> CompletionReturn:
        """Numbers that begin with what is typed so far."""
        return [b.isbn for b in self._store.search("", 100) if b.isbn.startswith(value)]

    # --- what handlers share ------------------------------------------------------------

    def _book(self, isbn: str) -> Book:
        book = self._store.book(isbn)
        if book is None:
            raise ToolError(f"There is no book {isbn}; search_books finds the numbers.")
        return book

    async def _deliver(self, catalog: LiveCatalog) -> None:
        """Put what was ordered on the shelf; in the background, one after the other."""
        while True:
            order = await self._orders.get()
            try:
                await asyncio.to_thread(
                    self._store.add, order.isbn, order.title, order.author
                )
                catalog.updated(SHELF)
            except Exception:
                log.exception("the order of %s failed", order.isbn)
            finally:
                self._orders.task_done()

    def _add_club(self, catalog: LiveCatalog, name: str) -> None:
        async def join(args: Mapping[str, Any], ctx: Context) -> ToolReturn:
            await asyncio.to_thread(self._store.join, name, args["member"])
            return f"{args['member']} is a member of {name}."

        catalog.tools.add(
            {
                "name": f"join_{name}",
                "description": f"Makes somebody a member of the reading club {name}.",
                "inputSchema": {
                    "type": "object",
                    "properties": {"member": {"type": "string", "minLength": 1}},
                    "required": ["member"],
                },
            },
            join,
        )


def caller(ctx: Context) -> str:
    """Who calls, for logs: a client's own name of itself is no proof of anything."""
    if ctx.principal is not None:
        return ctx.principal.subject
    return f"anyone ({ctx.client_info.get('name')!r}, {ctx.era} era)"
