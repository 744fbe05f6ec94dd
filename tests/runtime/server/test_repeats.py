"""`warn_repeats`: what a handler repeats in each round before a question."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Context, Elicitation, Service, Settings

from .conftest import Serve
from .services import service
from .wire import ModernWire, Reply
from .workshop import NAME_FORM, Workshop

CAPABILITIES: dict[str, Any] = {"elicitation": {"form": {}}}
YES = {"action": "accept", "content": {"name": "Bo"}}
WATCHED = Settings(warn_repeats=True)
Rounds = Callable[..., Any]


async def confirmed(ctx: Context) -> Elicitation[dict[str, Any]]:
    return await ctx.elicit("Sure?", NAME_FORM)


async def call(wire: ModernWire, tool: str) -> Reply:
    """Call a tool and accept everything it asks."""
    params: dict[str, Any] = {}
    for _ in range(5):
        reply = await wire.tool(tool, {}, params=params, capabilities=CAPABILITIES)
        if reply.result["resultType"] == "complete":
            return reply
        params = {
            "inputResponses": dict.fromkeys(reply.result["inputRequests"], YES),
            "requestState": reply.result["requestState"],
        }
    raise AssertionError("it asks without an end")


@pytest.fixture
def rounds(
    http: ClientSession, serve: Serve, caplog: pytest.LogCaptureFixture
) -> Rounds:
    """Calls a tool of a service to its end; the warnings that were logged."""

    async def run(
        served: Service, tool: str = "tool", settings: Settings = WATCHED
    ) -> list[str]:
        caplog.clear()
        await call(ModernWire(http, await serve(settings, served)), tool)
        return [
            record.getMessage()
            for record in caplog.records
            if record.levelno == logging.WARNING
        ]

    return run


@pytest.fixture
def loans() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE TABLE loans (book TEXT)")
    return database


def count(loans: sqlite3.Connection) -> int:
    return int(loans.execute("SELECT count(*) FROM loans").fetchone()[0])


async def test_a_statement_before_a_question_is_named(
    rounds: Rounds, loans: sqlite3.Connection
) -> None:
    async def reserve(args: Any, ctx: Context) -> str:
        loans.execute("INSERT INTO loans VALUES ('Emma')")
        return (await confirmed(ctx)).action

    (warning,) = await rounds(service({"tool": reserve}))

    assert count(loans) == 2
    assert "tools/call 'tool'" in warning
    assert "sqlite3.Connection.execute (test_repeats.py:" in warning
    assert "ctx.state" in warning


async def test_what_comes_after_the_last_question_is_not_repeated(
    rounds: Rounds, loans: sqlite3.Connection
) -> None:
    async def reserve(args: Any, ctx: Context) -> str:
        answer = await confirmed(ctx)
        loans.execute("INSERT INTO loans VALUES ('Emma')")
        return answer.action

    assert await rounds(service({"tool": reserve})) == []
    assert count(loans) == 1


async def test_what_stands_between_two_questions_is_repeated(
    rounds: Rounds, loans: sqlite3.Connection
) -> None:
    async def reserve(args: Any, ctx: Context) -> str:
        await confirmed(ctx)
        loans.execute("INSERT INTO loans VALUES ('Emma')")
        return (await confirmed(ctx)).action

    (warning,) = await rounds(service({"tool": reserve}))

    assert "Connection.execute" in warning
    assert count(loans) == 2


async def test_what_is_kept_in_the_state_is_not_repeated(
    rounds: Rounds, loans: sqlite3.Connection
) -> None:
    async def reserve(args: Any, ctx: Context) -> str:
        if "row" not in ctx.state:
            row = loans.execute("INSERT INTO loans VALUES ('Emma')").lastrowid
            ctx.state["row"] = row
        return (await confirmed(ctx)).action

    assert await rounds(service({"tool": reserve})) == []
    assert await rounds(Workshop(), "remembering") == []
    assert count(loans) == 1


async def test_changed_attributes_are_named(rounds: Rounds) -> None:
    async def collect(args: Any, ctx: Context) -> str:
        served.titles.append("Emma")
        served.borrowers["Emma"] = "Bo"
        return (await confirmed(ctx)).action

    served: Any = service({"tool": collect})
    vars(served).update(titles=[], borrowers={}, untouched=[1])

    (warning,) = await rounds(served)

    assert "self.titles changed" in warning
    # It gets the same value again, so that repeating it changes nothing.
    assert "self.borrowers" not in warning
    assert "self.untouched" not in warning
    (warning,) = await rounds(Workshop(), "asking")
    assert "self.runs changed" in warning


async def test_plain_handlers_are_observed_in_their_thread(
    rounds: Rounds, tmp_path: Path
) -> None:
    def note(args: Any, ctx: Context) -> str:
        (tmp_path / "note").write_text("Emma")
        return ctx.wait(confirmed(ctx)).action

    (warning,) = await rounds(service({"tool": note}))

    assert "pathlib" in warning
    assert "write_text" in warning


async def test_announcements_are_named(rounds: Rounds) -> None:
    async def announce(args: Any, ctx: Context) -> str:
        ctx.catalog.updated("shop://text")
        return (await confirmed(ctx)).action

    (warning,) = await rounds(service({"tool": announce}, announces=["updates"]))

    assert "LiveCatalog.updated" in warning


async def test_work_in_memory_logs_and_progress_are_no_reason_to_warn(
    rounds: Rounds,
) -> None:
    async def prepare(args: Any, ctx: Context) -> str:
        logging.getLogger("library").info("asking %s", json.dumps([1]))
        found = sorted(str(number) for number in range(3))
        found.append("3")
        await ctx.progress(1, 2)
        await ctx.info(", ".join(found))
        return (await confirmed(ctx)).action

    assert await rounds(service({"tool": prepare})) == []


async def test_it_is_off_unless_it_is_asked_for(
    rounds: Rounds, loans: sqlite3.Connection
) -> None:
    async def reserve(args: Any, ctx: Context) -> str:
        loans.execute("INSERT INTO loans VALUES ('Emma')")
        return (await confirmed(ctx)).action

    assert await rounds(service({"tool": reserve}), settings=Settings()) == []
