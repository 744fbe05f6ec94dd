"""The environment variables of a server that hosts and registries ask users for.

Those of the manifest, for the user's own code, and those settings of the runtime that are
secrets or paths and mean something to a server that a host starts. Knows no form of either.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mcpgen import features, ir

_FOR_HTTP: Final = ("transports.http", "features.auth", "features.telemetry")
"""The parts of the runtime whose settings mean nothing over standard input and output."""


def of(project: ir.Project) -> tuple[ir.Variable, ...]:
    """The variables, those of the manifest first."""
    if not project.has_server:
        return project.environment
    from mcpgen.runtime.server.options.section import options
    from mcpgen.runtime.server.settings import Settings

    runtime = Settings.__module__.rpartition(".")[0]
    forms = tuple(f"{runtime}.{part}" for part in _FOR_HTTP)
    absent = features.server(project).absent
    taken = {each.name for each in project.environment}
    found = [
        ir.Variable(
            option.variable,
            f"Setting {option.name}: {option.meaning}",
            "file" if option.kind == Path | None else "text",
            is_secret=option.is_secret,
        )
        for option in options(Settings)
        if (option.is_secret or option.kind == Path | None)
        and not option.section.__module__.startswith(forms)
        and option.section.feature not in absent
        and option.variable not in taken
    ]
    return (*project.environment, *found)
