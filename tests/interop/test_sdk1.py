"""The official SDK's 1.x client works in every feature it has.

It can't be installed beside 2.x, so it runs in an environment of its own and reports
what it got; each test is about one feature of that report.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.peers import SDK1, environment

from .everything import OUTCOMES, SECONDS, everything

CLIENT = Path(__file__).with_name("sdk1_client.py")
WHOLE_RUN = 120

Report = dict[str, Any]


@pytest.fixture(scope="module")
def report() -> Report:
    """What the client found, feature by feature."""
    return asyncio.run(_report(environment("sdk1", SDK1)))


async def _report(python: Path) -> Report:
    async with everything(page_size=5) as example:
        process = await asyncio.create_subprocess_exec(
            python,
            CLIENT,
            example.url,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            printed, complaints = await asyncio.wait_for(
                process.communicate(), WHOLE_RUN
            )
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, complaints.decode()
        found: Report = json.loads(printed)
        await asyncio.wait_for(example.cancelled.wait(), SECONDS)
        found["deleted"] = ("DELETE", 204) in example.seen
        return found


def test_it_negotiates_the_newest_legacy_revision(report: Report) -> None:
    assert report["initialize"]["version"] == "2025-11-25"
    assert report["initialize"]["name"] == "everything"
    assert report["initialize"]["session"] is True
    assert report["initialize"]["capabilities"] == {
        "logging": {},
        "prompts": {"listChanged": True},
        "resources": {"subscribe": True},
        "tools": {"listChanged": True},
        "completions": {},
    }


def test_it_lists_page_by_page(report: Report) -> None:
    names = report["pages"]["names"]
    assert len(names) == len(set(names)) > 25
    assert report["pages"]["largest"] == 5
    assert report["pages"]["prompts"] == 5
    assert report["pages"]["resources"] == [
        "static_text",
        "static_binary",
        "watched_resource",
    ]
    assert report["pages"]["templates"] == ["test://template/{id}/data"]


def test_it_calls_every_tool(report: Report) -> None:
    assert report["every_tool"] == OUTCOMES


def test_it_validates_structured_content(report: Report) -> None:
    assert report["structured"] == {"city": "Oslo", "letters": 4}


def test_it_tells_a_tools_failure_from_a_requests(report: Report) -> None:
    failures = report["failures"]
    assert failures["failed"][0] is True
    assert "intentionally" in failures["failed"][1]
    assert failures["invalid"][0] is True
    assert "city" in failures["invalid"][1]
    assert failures["tool"] == -32602
    assert failures["prompt"] == -32602
    assert failures["resource"] == -32002
    assert failures["cursor"] == -32602


def test_it_hears_of_progress(report: Report) -> None:
    assert report["progress"] == [
        [n, 100, f"Completed step {n} of 100"] for n in (0, 50, 100)
    ]


def test_it_hears_log_messages_from_its_level_on(report: Report) -> None:
    done = ["error", "Tool execution completed"]
    assert report["logging"] == [done, ["debug", "Tool execution started"], done]


def test_it_gets_prompts(report: Report) -> None:
    filled, image, asking = report["prompts"]
    assert "arg1='one', arg2='two'" in filled
    assert image == "image/png"
    assert "spring" in asking


def test_it_reads_resources(report: Report) -> None:
    text, blob, entry = report["resources"]
    assert text == "This is the content of the static text resource."
    assert blob == "iVBOR"
    assert '"id": "7"' in entry


def test_it_completes(report: Report) -> None:
    assert report["completion"] == ["paris", "park", "party"]


def test_it_answers_every_kind_of_question(report: Report) -> None:
    answers = report["questions"]
    assert answers["sampling"] == "LLM response: Paris"
    assert "bo@example.com" in answers["form"]
    assert answers["url"] == "The page was answered with accept."
    assert answers["pages"] == ["https://example.com/sign-in"]
    assert answers["roots"] == "home: file:///home/bo"
    assert answers["at once"] == "Paris Hello, Bo! (1 roots)"
    assert "red" in answers["in turn"]


def test_it_hears_of_changes_and_of_what_it_subscribed_to(report: Report) -> None:
    assert report["notifications"] == [
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/updated",
        "notifications/tools/list_changed",
    ]


def test_it_pings_and_sends_notifications(report: Report) -> None:
    assert report["ping"] == {}


def test_it_polls_for_a_result(report: Report) -> None:
    assert "closed and resumed" in report["polling"]


def test_it_resumes_a_stream(report: Report) -> None:
    assert report["resumption"] == {"tokens": 5, "same": True}


def test_it_cancels_and_goes_on(report: Report) -> None:
    assert report["cancellation"] == "This is a simple text response for testing."


def test_it_gives_up_when_it_waited_long_enough(report: Report) -> None:
    assert report["timeout"] == 408


def test_it_calls_side_by_side(report: Report) -> None:
    assert report["many"] == list(range(20))


def test_it_ends_its_session_when_it_leaves(report: Report) -> None:
    assert report["deleted"] is True
    assert report["ended"] == 404
