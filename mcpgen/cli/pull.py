"""`mcpgen pull`: a live server becomes a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcpgen.cli import output
from mcpgen.cli.command import NO, OK, command_of, json_option
from mcpgen.diagnostics import MCPGenError, Span

if TYPE_CHECKING:
    from mcpgen.manifest import Manifest
    from mcpgen.pull import Era, Pulled, Source


@click.argument("url", required=False)
@click.option(
    "--command", metavar="COMMAND", help="Start this program and speak over stdio."
)
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
    "--era",
    type=click.Choice(["auto", "modern", "legacy"]),
    default="auto",
    help="Which era of the protocol to speak; without it, the server's best.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit with 1 if FILE is not what the server tells.",
)
@json_option
def _pull(
    url: str | None,
    command: str | None,
    file: Path | None,
    name: str | None,
    headers: tuple[str, ...],
    timeout: float,
    era: Era,
    check: bool,
    as_json: bool,
) -> int:
    """Make a manifest from a live server, or bring one up to date.

    URL is a server over HTTP, of any revision. A token is taken from the variable
    MCP_BEARER_TOKEN and further headers from MCP_HEADERS; in a terminal, you may sign in.
    In a manifest that is there already, comments and your own keys stay as they are.
    """
    from mcpgen.pull import Source

    source = Source(url, command, headers, timeout, era)
    return _run(source, file, name, check, as_json)


def _run(
    source: Source, file: Path | None, name: str | None, check: bool, as_json: bool
) -> int:
    from mcpgen.manifest import eras_for, load, to_yaml
    from mcpgen.pull import manifest_of, name_for, put, read

    old = load(file) if file is not None and file.exists() else None
    with output.working("Reading the server ..."):
        told = read(source)
        pulled = manifest_of(told, eras=eras_for(file.parent if file else None))
    name = name or (old.name if old else None) or name_for(told)
    if file is None:
        if check:
            raise MCPGenError.of("MG701", "--check needs a manifest: -o FILE")
        output.complain(pulled.left_out)
        if as_json:
            from mcpgen.manifest import native_data

            output.say_json(native_data(pulled.manifest.named(name)))
        else:
            output.say_verbatim(to_yaml(pulled.manifest.named(name)))
        return OK
    text = _text(file, old, pulled, name)
    is_news = old is None or text != old.source.text
    if is_news and not check:
        put(file, text)
    _report(file, old, text, pulled, as_json, check)
    return NO if check and is_news else OK


def _text(file: Path, old: Manifest | None, pulled: Pulled, name: str) -> str:
    import json

    from mcpgen.manifest import eras_for, native_data, to_yaml
    from mcpgen.pull import updated

    if old is not None:
        return updated(old, pulled.manifest, eras=eras_for(file.parent))
    named = pulled.manifest.named(name)
    if file.suffix in (".yaml", ".yml"):
        return to_yaml(named)
    if file.suffix == ".json":
        return json.dumps(native_data(named), indent=2, ensure_ascii=False) + "\n"
    raise MCPGenError.of(
        "MG007",
        f'manifests are not written as "{file.suffix}"',
        span=Span(str(file)),
        hint="name it .yaml or .json",
    )


def _report(
    file: Path,
    old: Manifest | None,
    text: str,
    pulled: Pulled,
    as_json: bool,
    check: bool,
) -> None:
    from mcpgen.cli import diff
    from mcpgen.contracts import compare, from_manifest
    from mcpgen.manifest import eras_for, loads

    new = loads(text, str(file), eras=eras_for(file.parent))
    is_news = old is None or text != old.source.text
    changes = None if old is None else compare(from_manifest(old), from_manifest(new))
    counts = {
        "tools": len(new.tools),
        "prompts": len(new.prompts),
        "resources": len(new.resources),
        "resource templates": len(new.resource_templates),
    }
    if as_json:
        result = {
            "file": str(file),
            "changed": is_news,
            "counts": counts,
            "left_out": [diagnostic.to_json() for diagnostic in pulled.left_out],
            "changes": [c.to_json() for c in changes.all] if changes else [],
        }
        output.say_json(result)
        return
    output.complain(pulled.left_out)
    if changes is not None and is_news:
        diff.show(changes)
    told = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    did = "is not up to date" if check else "written" if old is None else "updated"
    output.say(f"{file}: {did if is_news else 'up to date'} ({told or 'nothing'})")


command = command_of(
    "pull",
    _pull,
    "mcpgen pull https://example.com/mcp                   print the manifest",
    "mcpgen pull https://example.com/mcp -o mcpgen.yaml    write it, or follow the server",
    'mcpgen pull --command "uvx mcp-server-time" -o time.yaml',
    "mcpgen pull http://127.0.0.1:8000/mcp -o mcpgen.yaml --check",
)
