"""What is fuzzed: a server whose every failure is its own fault."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from mcpgen.runtime.core.catalog import Catalog
from mcpgen.runtime.server import Context, Contract, Settings
from tests.runtime.server.workshop import CATALOG, AddInput, AddOutput, Workshop

_UNFIT = frozenset(["blocking", "stuck", "polling", "broken", "impatient"])
"""Tools that wait for the test, or fail on purpose."""

SETTINGS = Settings(
    access_log="off",
    # Short, so that a million requests include thousands that run into them.
    body_timeout=0.05,
    connection_idle=0.05,
    answer_timeout=0.02,
    keep_alive=0.05,
    session_idle=1.0,
    max_body=64 * 1024,
    max_sessions=500,
    event_history=4,
    event_lifetime=1.0,
)


class Fuzzed(Workshop):
    """A workshop without what waits or fails on purpose."""

    contract: ClassVar[Contract] = replace(
        Workshop.contract,
        catalog=Catalog(
            server=CATALOG.server,
            instructions=CATALOG.instructions,
            resource_templates=CATALOG.resource_templates,
            tools=tuple(tool for tool in CATALOG.tools if tool["name"] not in _UNFIT),
            prompts=tuple(p for p in CATALOG.prompts if p["name"] != "bad"),
            resources=tuple(r for r in CATALOG.resources if r["name"] != "bad"),
        ),
        tools={
            name: binding
            for name, binding in Workshop.contract.tools.items()
            if name not in _UNFIT
        },
        prompts={
            name: binding
            for name, binding in Workshop.contract.prompts.items()
            if name != "bad"
        },
        resources={
            uri: binding
            for uri, binding in Workshop.contract.resources.items()
            if uri != "shop://bad"
        },
    )

    async def add(self, args: AddInput, ctx: Context) -> AddOutput:
        """Adds, and keeps to what the output's schema allows."""
        return AddOutput(sum=min(1000, args.a + args.b))
