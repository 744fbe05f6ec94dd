"""The generator: start-up, nothing to do, 100 and 1,000 tools from nothing, and changes.

A project from nothing is compared with what datamodel-code-generator alone needs for
the same schemas in one document, without formatting. Of a pull the server's time is no
part, for it is a process of its own; wall time has it in it.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.manifests import JsonObject, tools
from benchmarks.measure import Subject, Usage, compare, run
from benchmarks.process import Server, serving
from benchmarks.scale import Scale

SIZES = (100, 1000)
RUNS = 3
_DCG = """
import sys
from pathlib import Path
from datamodel_code_generator import DataModelType, InputFileType, generate
from datamodel_code_generator.format import Formatter
generate(
    Path(sys.argv[1]), input_file_type=InputFileType.JsonSchema,
    output=Path(sys.argv[2]), output_model_type=DataModelType.PydanticV2BaseModel,
    formatters=[Formatter.BUILTIN], disable_timestamp=True,
)
"""


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    sizes = SIZES if scale.peers else (4,)
    with tempfile.TemporaryDirectory() as folder:
        console.print(small(Path(folder), min(2 * RUNS, scale.rounds)))
        for size in sizes:
            console.print(from_nothing(Path(folder), size, min(RUNS, scale.rounds)))
        console.print(after_a_change(Path(folder), sizes[-1], min(RUNS, scale.rounds)))


def small(folder: Path, runs: int) -> Table:
    """What a person waits for most often."""
    mcpgen = str(Path(sys.executable).with_name("mcpgen"))
    project = Subject("new", [mcpgen, "new", "server", "small"], folder)
    run(project)
    usages = compare(
        [
            Subject("mcpgen --help", [mcpgen, "--help"], folder),
            Subject(
                "mcpgen generate, no change", [mcpgen, "generate"], folder / "small"
            ),
            Subject("python -c pass", [sys.executable, "-c", "pass"], folder),
        ],
        runs,
    )
    return _table("start-up", usages)


def from_nothing(folder: Path, size: int, runs: int) -> Table:
    """`mcpgen new server` beside datamodel-code-generator on the same schemas."""
    offered = tools(size)
    manifest = folder / f"{size}.json"
    manifest.write_text(json.dumps({"tools": offered}), "utf-8")
    document = folder / f"{size}.schema.json"
    document.write_text(json.dumps(_combined(offered)), "utf-8")
    mcpgen = str(Path(sys.executable).with_name("mcpgen"))
    name = f"size{size}"
    usages = compare(
        [
            _fresh(
                Subject(
                    "mcpgen new server",
                    [mcpgen, "new", "server", name, "--manifest", str(manifest)],
                    folder,
                ),
                folder / name,
            ),
            Subject(
                "datamodel-code-generator",
                [sys.executable, "-c", _DCG, str(document), str(folder / "out.py")],
                folder,
            ),
        ],
        runs,
    )
    return _table(f"{size} tools from nothing", usages)


def after_a_change(folder: Path, size: int, runs: int) -> Table:
    """What a change of a large manifest costs those who follow it."""
    mcpgen = str(Path(sys.executable).with_name("mcpgen"))
    before, after = folder / "before.json", folder / "after.json"
    offered = tools(size)
    before.write_text(json.dumps({"tools": offered}), "utf-8")
    one = [{**offered[0], "description": "Another one."}, *offered[1:]]
    after.write_text(json.dumps({"tools": one}), "utf-8")
    changed = folder / "changed.json"
    changed.write_text(json.dumps({"tools": list(map(_changed, offered))}), "utf-8")
    for name, manifest in (("old", before), ("new", changed)):
        making = [mcpgen, "new", "server", name, "--manifest", str(manifest)]
        run(Subject(name, making, folder))
    pulled, followed = folder / "pulled.yaml", folder / "followed.yaml"
    with _served(folder, "old") as old, _served(folder, "new") as new:
        first = [mcpgen, "pull", old.url, "-o", str(pulled)]
        again = [mcpgen, "pull", new.url, "-o", str(followed)]
        usages = compare(
            [
                Subject(
                    "mcpgen generate, one tool changed",
                    [mcpgen, "generate"],
                    folder / "old",
                    partial(_edit, folder / "old" / "mcpgen.yaml"),
                ),
                Subject(
                    "mcpgen diff, one tool changed",
                    [mcpgen, "diff", str(before), str(after)],
                    folder,
                ),
                Subject(
                    "mcpgen pull, the first",
                    first,
                    folder,
                    partial(pulled.unlink, missing_ok=True),
                ),
                Subject(
                    "mcpgen pull, all tools changed",
                    again,
                    folder,
                    partial(shutil.copyfile, folder / "old" / "mcpgen.yaml", followed),
                ),
                Subject("python -c pass", [sys.executable, "-c", "pass"], folder),
            ],
            runs,
        )
    return _table(f"after a change to one of {size} tools", usages)


def _changed(tool: JsonObject) -> JsonObject:
    """A tool with another description and one argument more."""
    schema = tool["inputSchema"]
    properties = {**schema.get("properties", {}), "more": {"type": "string"}}
    return {
        **tool,
        "description": "Another one.",
        "inputSchema": {**schema, "properties": properties},
    }


def _edit(manifest: Path) -> None:
    """Change the description of the first tool."""
    head, name, rest = manifest.read_text("utf-8").partition("description: ")
    manifest.write_text(f"{head}{name}Once more, {rest}", "utf-8")


def _served(folder: Path, name: str) -> AbstractContextManager[Server]:
    command = [sys.executable, "-m", f"{name}_server", "--port", "{port}"]
    return serving(command, folder / name / "server")


def _fresh(subject: Subject, made: Path) -> Subject:
    remove = partial(shutil.rmtree, made, ignore_errors=True)
    return Subject(subject.name, subject.command, subject.directory, remove)


def _combined(offered: list[JsonObject]) -> JsonObject:
    definitions: JsonObject = {}
    for tool in offered:
        for key in ("inputSchema", "outputSchema"):
            if key in tool:
                name = f"{tool['name']}_{key}"
                definitions |= _moved(tool[key], name)
    return {"$defs": definitions, "type": "object"}


def _moved(schema: JsonObject, name: str) -> JsonObject:
    """A schema and its own definitions, under names that are unique in the document."""
    text = json.dumps({k: v for k, v in schema.items() if k != "$defs"})
    inner = schema.get("$defs", {})
    moved = {name: text, **{f"{name}_{k}": json.dumps(v) for k, v in inner.items()}}
    for key in inner:
        old, new = f'"#/$defs/{key}"', f'"#/$defs/{name}_{key}"'
        moved = {k: v.replace(old, new) for k, v in moved.items()}
    return {k: json.loads(v) for k, v in moved.items()}


def _table(title: str, usages: dict[str, Usage]) -> Table:
    table = Table("", "CPU s", "wall s", "peak MB", "CPU ratio", title=title)
    base = list(usages.values())[-1].cpu
    for name, usage in usages.items():
        table.add_row(
            name,
            f"{usage.cpu:.3f}",
            f"{usage.wall:.3f}",
            f"{usage.memory:.0f}",
            f"{usage.cpu / base:.2f}",
        )
    return table
