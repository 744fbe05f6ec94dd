"""Takes manifests through the whole pipeline, each in a process of its own that may do
nothing but compute: `python -m tests.safety.confined FOLDER` for each `*.json` in it.

Loaded, linted, built, rendered, written below the folder, imported at both ends, and
validated by both ends. The limits are the system's; sockets, processes and files that
are not Python's or the project's are noted and refused. Prints one JSON line for each.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

SECONDS = 20
BYTES = 3 * 2**30
"""Of address space: far more than is used, far less than a machine has."""

FORBIDDEN = (
    "ftplib.",
    "http.client.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.putenv",
    "os.spawn",
    "os.startfile",
    "os.system",
    "pty.",
    "smtplib.",
    "socket.",
    "subprocess.",
    "urllib.",
    "webbrowser.",
)
HERE = Path(__file__).parents[2]


def main(folder: Path) -> None:
    """Every manifest of a folder, one after the other."""
    _take(folder / "warm", WARM)  # imports what is slow to import
    for file in sorted(folder.glob("*.json")):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            with os.fdopen(writer, "w") as out:
                json.dump(_confined(file), out)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            text = answer.read()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        result = json.loads(text) if text else {"said": f"died with {status}"}
        print(json.dumps({"name": file.stem, **result}), flush=True)


def _confined(file: Path) -> dict[str, Any]:
    touched: list[str] = []
    allowed = tuple(map(str, (HERE, file.parent, sys.prefix, sys.base_prefix)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        name = str(arguments[0]) if arguments else ""
        wrong = event.startswith(FORBIDDEN)
        if event == "open" and not isinstance(arguments[0], int):
            wrong = not os.path.realpath(name).startswith(allowed)
        if wrong:
            touched.append(f"{event} {name}"[:200])
            raise PermissionError(f"confined: {event} {name}"[:200])

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    sys.addaudithook(watch)
    began = time.process_time()
    try:
        said = _take(file.with_suffix(""), file.read_text("utf-8"))
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"[:500]
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "said": said,
        "touched": touched,
        "seconds": time.process_time() - began,
        "megabytes": used / 1024,
        "jokes": sorted({"antigravity", "this"} & sys.modules.keys()),
    }


def _take(home: Path, text: str) -> str:
    """The codes of what stops the manifest, or what both ends made of the probes."""
    from mcpgen.diagnostics import MCPGenError

    try:
        return _whole(home, text)
    except MCPGenError as error:
        return ",".join(sorted({found.code for found in error.diagnostics}))


def _whole(home: Path, text: str) -> str:
    from mcpgen.build import build
    from mcpgen.lint import lint
    from mcpgen.manifest import loads
    from mcpgen.render import render

    manifest = loads(text, "tools.json")
    findings = lint(manifest)
    assert all(len(str(found)) < 2_000 for found in findings)
    project = build(manifest, f"a-{home.name}")
    for path, file in render(project).items():
        target = home / path
        assert target.resolve().is_relative_to(home.resolve()), path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, "utf-8")
    sys.path[:0] = [str(home / "server"), str(home / "client")]
    server = importlib.import_module(f"{project.server_package}.generated")
    client = importlib.import_module(project.client_package)
    importlib.import_module(f"{project.server_package}.handlers")
    probes: list[Any] = json.loads(text).get("probes", [{}])
    verdicts = {
        _verdicts(end, project, probes) for end in (server.__name__, client.__name__)
    }
    assert len(verdicts) == 1
    return verdicts.pop()


def _verdicts(package: str, project: Any, probes: list[Any]) -> str:
    schema = importlib.import_module(f"{package}.runtime.core.schema.validator")
    model = importlib.import_module(f"{package}.runtime.core.model")
    models = importlib.import_module(f"{package}.models")
    said: list[str] = []
    for tool in project.tools:
        validator = schema.SchemaValidator(tool.definition["inputSchema"])
        codec = model.Codec(getattr(models, tool.input.name))
        for probe in probes:
            if problems := validator.problems(probe):
                assert sum(len(str(problem)) for problem in problems) < 10_000
                said.append("refused")
            else:
                assert codec.dump(codec.build(probe)) == probe
                said.append("taken")
    return " ".join(dict.fromkeys(said))


WARM = json.dumps({"tools": [{"name": "a", "inputSchema": {"type": "object"}}]})

if __name__ == "__main__":
    main(Path(sys.argv[1]))
