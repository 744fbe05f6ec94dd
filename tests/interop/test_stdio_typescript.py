"""The official TypeScript SDK's clients work with a generated server over stdio."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.peers import node, node_modules

from .everything import OUTCOMES, PROGRAM, SECONDS

HERE = Path(__file__).parent
CASES = [("1", "legacy"), ("2", "legacy"), ("2", "auto"), ("2", "2026-07-28")]
FILLED_IN = (
    '{"name": "Bo", "username": "bo", "email": "bo@example.com", "color": "red", '
    '"ok": true, "context": "spring"}'
)
FEATURES: dict[str, Any] = {
    "every_tool": OUTCOMES,
    "structured": {"city": "Oslo", "letters": 4},
    "progress": [[n, 100, f"Completed step {n} of 100"] for n in (0, 50, 100)],
    "elicitation": [
        f"User response: action=accept, content={FILLED_IN}",
        "The page was answered with accept.",
        "Who?",
        "https://example.com/sign-in",
    ],
    "sampling": "LLM response: Paris",
    "roots": "home: file:///home/bo",
    "several_questions": [
        "Paris Hello, Bo! (1 roots)",
        f"Hello, Bo! Your color: {json.loads(FILLED_IN)}",
    ],
    "cancellation": [True, "This is a simple text response for testing."],
    "side_by_side": list(range(20)),
    "prompts": [True, "Prompt with arguments: arg1='one', arg2='two'"],
    "resources": [
        ["static_text", "static_binary", "watched_resource"],
        "This is the content of the static text resource.",
    ],
    "completion": ["paris", "park", "party"],
}
"""What each feature gives, with either era."""


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def report(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a client found, feature by feature."""
    major, mode = request.param
    ended = subprocess.run(
        [node(), HERE / "ts_client.cjs", major, mode, *PROGRAM, "--page-size", "5"],
        cwd=node_modules(HERE / "package.json").parent,
        capture_output=True,
        timeout=SECONDS * 6,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    found: dict[str, Any] = json.loads(ended.stdout)
    newest = "2025-11-25" if mode == "legacy" else "2026-07-28"
    assert found["connected"] == ["everything", None if major == "1" else newest]
    assert set(found["listed"]) == {*OUTCOMES, "test_cancellation"}
    return found


@pytest.mark.parametrize("feature", FEATURES)
def test_the_client_has_every_feature(feature: str, report: dict[str, Any]) -> None:
    assert report[feature] == FEATURES[feature]
