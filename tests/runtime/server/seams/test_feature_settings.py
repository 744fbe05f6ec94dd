"""Settings that a feature from outside the package brings."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, cast

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Section, Settings, SettingsError, create_app
from mcpgen.runtime.server.service import with_features
from tests.pace import patient

from ..conftest import serving
from ..programs import ROOT, program
from ..wire import ModernWire
from ..workshop import Workshop
from .audit import Audit
from .audit_server import AuditSettings, AuditWithSettings

MODULE = "seams.audit_server"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"tests.runtime.server.{MODULE}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=patient(60),
        check=False,
    )


async def most(http: ClientSession, url: str) -> int:
    found = (await ModernWire(http, url).call("server/discover")).result
    most: int = found["capabilities"]["experimental"]["com.example/audit"]["most"]
    return most


async def test_an_option_and_a_variable_set_it(http: ClientSession) -> None:
    async with program("--audit-most", "1", module=MODULE) as running:
        assert await most(http, running.url) == 1
        wire = ModernWire(http, running.url)
        await wire.tool("add", {"a": 1})
        refused = await wire.tool("add", {"a": 1})
        assert refused.error["message"] == "Called too often"
    async with program(module=MODULE, MCP_AUDIT_MOST="7") as running:
        assert await most(http, running.url) == 7


def test_help_shows_them_and_a_wrong_value_is_one_line() -> None:
    shown = run("--help").stdout
    assert "\nAudit:\n  --audit-most" in shown
    assert "calls of one tool (default: 1000)" in shown

    wrong = run("--audit-most", "many")
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines()[-1].endswith(
        "error: argument --audit-most: 'many' is not a whole number"
    )


async def test_an_application_takes_them_from_its_settings(http: ClientSession) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Both(Settings, AuditSettings):
        """The server's settings and those of the feature."""

    for settings, expected in (
        (Both(audit_most=3), 3),
        (Settings(), 1_000),
        (None, 1_000),
    ):
        app = create_app(Workshop(), settings, features=[AuditWithSettings()])
        async with serving(app) as url:
            assert await most(http, url) == expected


def test_a_feature_cannot_take_a_setting_that_exists() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Taken(Section):
        title: ClassVar[str] = "Taken"

        port: Annotated[int, "a port of my own"] = 1

    class Greedy(Audit):
        settings = Taken

    with pytest.raises(SettingsError, match="port: Taken sets it as well"):
        with_features(Settings(), [Greedy()])


def test_settings_keep_their_values_and_their_checks() -> None:
    joined = with_features(Settings(port=1), [AuditWithSettings()])
    assert joined.port == 1
    assert with_features(joined, [AuditWithSettings()]) is joined
    with pytest.raises(SettingsError, match="audit_most"):
        replace(cast("Any", joined), audit_most="many")
