"""What a user reads after a project was made: what is there, and what comes next."""

from __future__ import annotations

import shlex

from mcpgen import features, lock
from mcpgen.cli.output import Painted, complain, say, say_json
from mcpgen.cli.report import as_data, counted
from mcpgen.ir import Ownership
from mcpgen.new import MANIFEST, Created


def show(created: Created, *, as_json: bool) -> None:
    """Print what was made, or its JSON."""
    if as_json:
        data = as_data(created.folder, created.outcome, done=True)
        data["diagnostics"] = [note.to_json() for note in created.notes]
        say_json({"project": created.project.name, **data})
        return
    complain(created.notes)
    number = len(created.outcome.plan.steps) + len([lock.FILE])
    yours = [s for s in created.outcome.plan.steps if s.ownership is Ownership.YOURS]
    say(
        Painted(f"Made {created.project.name}", "green"),
        f": {counted(number)}, {len(yours)} of them yours to edit.",
    )
    say()
    steps = _next_steps(created)
    width = max(len(command) for command, _ in steps)
    for command, comment in steps:
        say(f"  {command:<{width}}   # {comment}" if comment else f"  {command}")
    say()
    for handlers in _handlers(created):
        say(f"Your code goes into {handlers}.")
    say(f"After a change of {MANIFEST}: mcpgen generate")


def _next_steps(created: Created) -> list[tuple[str, str]]:
    """Commands to type, each with a remark."""
    paths = {step.path.partition("/")[0] for step in created.outcome.plan.steps}
    halves = [half for half in ("server", "client") if half in paths]
    client = "./client[cli]" if features.has_terminal(created.project) else "./client"
    folders = {"server": "./server", "client": shlex.quote(client)}
    installs = " ".join(f"-e {folders[half]}" for half in halves)
    steps = [
        (f"cd {shlex.quote(str(created.folder))}", ""),
        (f"python -m pip install {installs}", "into an environment of yours"),
    ]
    if "server" in halves:
        run = f"python -m {created.project.server_package}"
        steps.append((run, "serves http://127.0.0.1:8000/mcp"))
        if "stdio" in created.project.transports:
            steps.append(
                ("mcpgen install HOST", "adds it to Claude, Cursor or VS Code")
            )
    else:
        use = f'python -c "import {created.project.client_package}"'
        steps.append((use, "see client/README.md"))
    return steps


def _handlers(created: Created) -> list[str]:
    """Where the user's own work goes."""
    return [
        step.path
        for step in created.outcome.plan.steps
        if step.ownership is Ownership.YOURS and step.path.endswith("/handlers.py")
    ]
