"""`mcpgen pull`: a live server becomes a manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcpgen.cli import output, servers
from mcpgen.cli.command import NO, OK, command_of, json_option
from mcpgen.diagnostics import Diagnostic, MCPGenError, Span
from mcpgen.printable import json_text

if TYPE_CHECKING:
    from mcpgen.manifest import Manifest
    from mcpgen.pull import Source


@click.argument("url", required=False)
@click.option(
    "--command", metavar="COMMAND", help="Start this program and speak over stdio."
)
@servers.some_options("--env", "--cwd", "--era")
@click.option(
    "-o",
    "--output",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write this manifest, or bring it up to date; without it, print.",
)
@click.option("--name", help="The project's name; without it, made from the server's.")
@click.option(
    "--header",
    "headers",
    metavar="'NAME: VALUE'",
    multiple=True,
    help="A header for every request; may be given several times.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for one request.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit with 1 if FILE differs from the server.",
)
@json_option
def _pull(
    url: str | None,
    command: str | None,
    env: tuple[str, ...],
    cwd: str | None,
    file: Path | None,
    name: str | None,
    headers: tuple[str, ...],
    timeout: float,
    era: str,
    check: bool,
    as_json: bool,
) -> int:
    """Make a manifest from a live server, or bring one up to date.

    URL is a server over HTTP, of any revision. A token is taken from the variable
    MCP_BEARER_TOKEN and further headers from MCP_HEADERS; in a terminal, you may sign in.
    In a manifest that is there already, comments and your own keys stay as they are.
    """
    from mcpgen.pull import Source

    servers.check_for_program(command, env, cwd)
    source = Source(url, command, headers, timeout, era, env, cwd)
    return _run(source, file, name, check, as_json)


def _run(
    source: Source, file: Path | None, name: str | None, check: bool, as_json: bool
) -> int:
    from mcpgen.manifest import eras_for, load
    from mcpgen.pull import manifest_of, name_for, put, read, updated

    if file is None and check:
        raise MCPGenError.of("MG701", "--check needs a manifest: -o FILE")
    old = load(file) if file is not None and file.exists() else None
    with output.working("Reading the server ..."):
        contents = read(source)
        eras = eras_for(file.parent if file else None)
        pulled = manifest_of(contents, eras=eras)
        kept = None if old is None else updated(old, pulled, eras=eras)
    if file is None:
        _print(pulled, name or name_for(contents), as_json)
        return OK
    new = kept or pulled.named(name or name_for(contents))
    text = _text(new, file) if kept is None else new.source.text
    is_news = old is None or text != old.source.text
    if is_news and not check:
        put(file, text)
    _report(_Result(file, old, new, pulled, is_news, check), as_json)
    return NO if check and is_news else OK


def _print(pulled: Manifest, name: str, as_json: bool) -> None:
    from mcpgen.manifest import native_data, to_yaml

    output.complain(pulled.notes)
    if as_json:
        output.say_json(native_data(pulled.named(name)))
    else:
        output.say_verbatim(to_yaml(pulled.named(name)))


def _text(manifest: Manifest, file: Path) -> str:
    """The text of a manifest that is not there yet."""
    import json

    from mcpgen.manifest import native_data, to_yaml

    if file.suffix in (".yaml", ".yml"):
        return to_yaml(manifest)
    if file.suffix == ".json":
        data = native_data(manifest)
        return json_text(json.dumps(data, indent=2, ensure_ascii=False)) + "\n"
    raise MCPGenError.of(
        "MG007",
        f'manifests are not written as "{file.suffix}"',
        span=Span(str(file)),
        hint="name it .yaml or .json",
    )


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of a pull into a file.

    Attributes:
        file: The file.
        old: The manifest before; None where there was none.
        new: The manifest now, or as it would be.
        pulled: The manifest of the server.
        is_news: Whether the file changes.
        check: Whether it was only asked for.
    """

    file: Path
    old: Manifest | None
    new: Manifest
    pulled: Manifest
    is_news: bool
    check: bool

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What was corrected, left out, or kept as it was."""
        return (*self.pulled.notes, *self._kept())

    def _kept(self) -> Iterator[Diagnostic]:
        """A note on each entry that stays because its new form cannot be used."""
        from mcpgen.manifest import words
        from mcpgen.pull import key_of

        data: Any = self.old.source.data if self.old is not None else {}
        for section, entries in self.pulled.left_out.items():
            for at, entry in enumerate(data.get(section) or ()):
                members = entries.get(key_of(section, entry))
                if members is None or not (members & entry.keys() or not members):
                    continue
                what = words.entry(data, (section, at))
                whose = "".join(f", `{member}`" for member in sorted(members))
                message = f"{what}{whose} stays as it was in {self.file}"
                yield Diagnostic("MG702", message)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each there are now."""
        return {
            "tools": len(self.new.tools),
            "prompts": len(self.new.prompts),
            "resources": len(self.new.resources),
            "resource templates": len(self.new.resource_templates),
        }

    @property
    def verdict(self) -> str:
        """What was done, or would be."""
        if not self.is_news:
            return "up to date"
        if self.check:
            return "is not up to date"
        return "written" if self.old is None else "updated"


def _report(result: _Result, as_json: bool) -> None:
    from mcpgen.cli import diff
    from mcpgen.contracts import compare, from_manifest

    changes = None
    if result.old is not None and result.is_news:
        changes = compare(from_manifest(result.old), from_manifest(result.new))
    if as_json:
        output.say_json(
            {
                "file": str(result.file),
                "changed": result.is_news,
                "counts": result.counts,
                "left_out": [each.to_json() for each in result.notes],
                "changes": [c.to_json() for c in changes.all] if changes else [],
            }
        )
        return
    output.complain(result.notes)
    if changes is not None:
        diff.show(changes)
    counts = ", ".join(_counted(n, what) for what, n in result.counts.items() if n)
    output.say(f"{result.file}: {result.verdict} ({counts or 'nothing'})")


def _counted(number: int, plural: str) -> str:
    return f"{number} {plural if number != 1 else plural.removesuffix('s')}"


command = command_of(
    "pull",
    _pull,
    "mcpgen pull https://example.com/mcp                  print the manifest",
    "mcpgen pull https://example.com/mcp -o mcpgen.yaml   write it, or follow",
    'mcpgen pull --command "uvx mcp-server-time" -o time.yaml',
    "mcpgen pull http://127.0.0.1:8000/mcp -o mcpgen.yaml --check",
)
