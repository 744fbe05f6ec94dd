"""`mcpgen keys new`."""

from __future__ import annotations

import hashlib
import json

import pytest

from mcpgen.cli import run
from mcpgen.runtime.server.features.auth import parse_entry


def test_a_key_is_made_with_its_entry(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "new", "robot", "weather:read", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    entry = parse_entry(made["entry"])
    assert (entry.name, sorted(entry.scopes)) == ("robot", ["weather:read"])
    assert entry.hash == hashlib.sha256(made["key"].encode()).hexdigest()


def test_without_scopes_it_allows_everything(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["keys", "new", "robot"]) == 0
    said = dict(
        line.split(":", 1) for line in capsys.readouterr().out.splitlines() if line
    )
    assert parse_entry(said["entry"]).scopes == {"*"}


def test_a_name_that_no_entry_can_have_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["keys", "new", "a:b"]) == 2
    assert "an API key's entry" in capsys.readouterr().err
