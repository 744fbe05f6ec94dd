"""`mcpgen install`: the server's entry in the file of a host."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from mcpgen import disk, generate, project
from mcpgen.cli import output
from mcpgen.cli.command import NO, OK, command_of, json_option
from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.difference import unified
from mcpgen.hosts.table import HOSTS

if TYPE_CHECKING:
    from mcpgen.hosts import Change, Host, Scope, Target
    from mcpgen.manifest import Manifest
    from mcpgen.project import Project

_F = TypeVar("_F", bound=Callable[..., Any])
LOCAL_URL: Final = "http://127.0.0.1:8000/mcp"
"""Where a server listens unless its settings say otherwise."""
_KEY: Final = re.compile(r'\s*"(?:[^"\\]|\\.)*": ')
"""The begin of a line that has one member of an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    """What the options say of the server."""

    python: Path | None
    uv: bool
    http: bool
    url: str | None
    env: tuple[str, ...]
    headers: tuple[str, ...]
    check: bool

    def refuse_what_does_not_fit(self, *, undoes: bool) -> None:
        """Refuse options that would have no effect."""
        if self.python and self.uv:
            raise click.UsageError("--python and --uv exclude each other")
        if undoes and any(
            (self.python, self.uv, self.http, self.url, self.env, self.headers)
        ):
            raise click.UsageError(
                "--undo takes none of --python, --uv, --http, --url, --env and --header"
            )


def _server_options(function: _F) -> _F:
    """The options of which the entry is made."""
    options = (
        click.option(
            "--python",
            metavar="FILE",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="The interpreter of the environment that has the server; by default "
            "the active one, .venv in the project, or mcpgen's own, if one has it.",
        ),
        click.option("--uv", is_flag=True, help="Start it with `uv run`."),
        click.option(
            "--http",
            is_flag=True,
            help="Connect to the URL of `connect` or `registry` in the manifest, else "
            "to http://127.0.0.1:8000/mcp, in place of starting the server.",
        ),
        click.option("--url", metavar="URL", help="Connect to this URL."),
        click.option(
            "--env",
            metavar="NAME=VALUE",
            multiple=True,
            help="An environment variable for the server.",
        ),
        click.option(
            "--header",
            "headers",
            metavar="NAME:VALUE",
            multiple=True,
            help="An HTTP header that the host sends.",
        ),
        click.option(
            "--check/--no-check",
            default=True,
            help="Start the server once before the entry is written, or don't.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.argument("host", metavar="HOST", type=click.Choice(list(HOSTS)))
@click.argument(
    "project_dir", type=click.Path(path_type=Path), required=False, default=None
)
@click.option(
    "--scope",
    type=click.Choice(["user", "project"]),
    help="The user's file, or the one in the project's folder; by default the user's, "
    "where the host has one.",
)
@click.option(
    "--file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Another file of the same form.",
)
@click.option("--name", help="The entry's name; by default the project's.")
@_server_options
@click.option("--print", "shows", is_flag=True, help="Print the entry; write nothing.")
@click.option("--undo", "undoes", is_flag=True, help="Take the entry out again.")
@click.option(
    "--force", is_flag=True, help="Replace, or remove, another entry of the same name."
)
@click.option("-y", "--yes", is_flag=True, help="Write without asking.")
@json_option
def _install(
    host: str,
    project_dir: Path | None,
    scope: str | None,
    file: Path | None,
    name: str | None,
    shows: bool,
    undoes: bool,
    force: bool,
    yes: bool,
    as_json: bool,
    **server: Any,
) -> int:
    """Write the server's entry into the file of HOST.

    HOST is claude-desktop, claude-code, cursor or vscode; mcp-json is for others. It
    then starts the server and talks to it over standard input and output, or connects to
    a URL. Everything else in the file stays byte for byte. What changes is shown, and
    written after a question; --undo leads back. Nothing of the project, nor of an
    environment in it, is run before the answer; then the server is started once.
    """
    from mcpgen import hosts

    given = _Server(**server)
    given.refuse_what_does_not_fit(undoes=undoes)
    if shows and undoes:
        raise click.UsageError("--print and --undo exclude each other")
    chosen = HOSTS[host]
    is_needed = name is None or not (given.url or undoes)
    subject = _subject(project_dir, is_needed=is_needed)
    name = name or subject.name
    target = _target(chosen, scope, file, subject.folder, name)
    if undoes:
        change = hosts.undo(target, force=force)
        return _carry_out(change, target, None, yes=yes, as_json=as_json)
    entry, start = _entry(chosen, given, subject)
    if shows:
        output.say_json({chosen.key: {name: entry}})
        return OK
    change = hosts.install(target, entry, force=force)
    checked = start if given.check else None
    return _carry_out(change, target, entry, checked, yes=yes, as_json=as_json)


def _carry_out(
    change: Change | None,
    target: Target,
    entry: Mapping[str, Any] | None,
    start: Callable[[], None] | None = None,
    *,
    yes: bool,
    as_json: bool,
) -> int:
    """Show a change, ask, write it, and say what was done."""
    from mcpgen import hosts

    place = str(target.file)
    diff = "" if change is None else _diff(change)
    if change is None and not as_json:
        has = "has no entry" if entry is None else "has this very entry"
        output.say(f"{place} {has} {target.name}; nothing to do")
    if change is not None:
        if change.record and change.record.folders and target.private:
            output.note(
                f"warning: there is no folder {target.file.parent}; is "
                f"{target.host.title} installed?"
            )
        if not (yes and as_json):
            output.say_verbatim(diff, err=not yes)
        if not yes and not _agreed(place, as_json=as_json):
            output.note("nothing was written")
            return NO
        if start is not None:
            with output.working("Starting the server once ..."):
                start()
        hosts.write(change)
    if as_json:
        output.say_json(
            {
                "host": target.host.title,
                "file": place,
                "name": target.name,
                "entry": hosts.without_values(entry),
                "changed": change is not None,
                "diff": diff,
            }
        )
    elif change is not None:
        _report(target, entry)
    return OK


def _report(target: Target, entry: Mapping[str, Any] | None) -> None:
    if entry is None:
        output.say(f"{target.name} is no longer in {target.file}")
        return
    output.say(f"{target.name} is now in {target.file}")
    if target.host.hint:
        output.say(target.host.hint)
    parts = {
        "command": "paths of this machine",
        "env": "values of variables",
        "headers": "values of headers",
    }
    has = " and ".join(words for key, words in parts.items() if key in entry)
    if has and not target.private:
        output.note(f"note: the entry has {has}; do not commit it")


def _agreed(place: str, *, as_json: bool) -> bool:
    if as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise MCPGenError.of(
            "MG444",
            "nothing was written: "
            + ("--json does not ask" if as_json else "there is no terminal to ask on"),
            span=Span(place),
            hint="pass --yes to write without asking",
        )
    return click.confirm("Write this?", err=True)


def _diff(change: Change) -> str:
    """What changes, as a diff of lines, without values of other entries."""
    from mcpgen import hosts

    old, new = change.texts()
    name = str(change.target.file)
    diff = "".join(unified(old, new, name, name, context=0))
    head, *hunks = re.split(r"^(?=@@)", diff, flags=re.MULTILINE)
    entry = hosts.without_values(change.record.entry if change.record else None)
    own = json.dumps(entry, indent=1, ensure_ascii=False).split("\n")
    return head + "".join(_shortened(hunk, set(map(_member, own))) for hunk in hunks)


def _shortened(hunk: str, own: Container[str]) -> str:
    """A hunk whose first and last lines lack what they begin and end with alike.

    Args:
        hunk: Its place, and changed lines.
        own: The lines of the entry that is written, which stay whole.
    """
    place, *lines = hunk.removesuffix("\n").split("\n")
    rows = [(line[0], line[1:]) for line in lines]
    old = [at for at, row in enumerate(rows) if row[0] == "-"]
    new = [at for at, row in enumerate(rows) if row[0] == "+"]
    for at, backwards in ((0, False), (-1, True)) if old and new else ():
        one, other = rows[old[at]][1], rows[new[at]][1]
        if _member(other) not in own:
            one, other = _cut(one, other, backwards=backwards)
            rows[old[at]], rows[new[at]] = ("-", one), ("+", other)
    return "\n".join([place, *(f"{mark}{text}" for mark, text in rows), ""])


def _member(line: str) -> str:
    """A line of an object, wherever it stands and whether its value is another one."""
    return line.strip().removesuffix(",").replace(' (another)"', '"')


def _cut(one: str, other: str, *, backwards: bool) -> tuple[str, str]:
    """Two lines without what both begin with, or end with, but for a key and marks."""
    if backwards:
        one, other = _cut(one[::-1], other[::-1], backwards=False)
        return one[::-1], other[::-1]
    alike = _common(one, other)
    key = _KEY.match(one[:alike])
    kept = key.end() if key else 0
    if not any(map(str.isalnum, one[kept:alike])):
        return one, other
    return f"{one[:kept]}...{one[alike:]}", f"{other[:kept]}...{other[alike:]}"


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    return next((at for at, (a, b) in pairs if a != b), shorter)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is installed: the folder of a project, and its manifest where it is needed."""

    folder: Path
    project: Project | None = None
    manifest: Manifest | None = None

    @property
    def name(self) -> str:
        """The project's name."""
        return (self.manifest and self.manifest.name) or self.folder.name

    @property
    def url(self) -> str:
        """Where the server can be reached, as far as the manifest says so."""
        found = self.manifest
        registered = ((found and found.registry) or {}).get("url")
        return str((found and found.connect) or registered or LOCAL_URL)


def _subject(named: Path | None, *, is_needed: bool) -> _Subject:
    from mcpgen.manifest import load

    try:
        found = project.find(Path()) if named is None else project.named(named)
    except MCPGenError:
        if is_needed or named is not None:
            raise
        return _Subject(Path.cwd())
    manifest = load(found.manifest_path) if is_needed else None
    return _Subject(found.folder.absolute(), found, manifest)


def _target(
    host: Host, scope: str | None, file: Path | None, folder: Path, name: str
) -> Target:
    from mcpgen import hosts

    scopes = host.scopes()
    if file is not None:
        if scope is not None:
            raise click.UsageError("--file and --scope exclude each other")
        path = Path(os.path.abspath(file))  # noqa: PTH100
        return hosts.Target(host, path, disk.root_of(file), name)
    if scope is not None and scope not in scopes:
        raise click.UsageError(f"{host.title} has no file of the {scope}'s")
    place: Scope = "user" if (scope or scopes[0]) == "user" else "project"
    path, root = host.file(place, folder)
    return hosts.Target(host, path, root, name, private=place == "user")


def _entry(
    host: Host, given: _Server, subject: _Subject
) -> tuple[dict[str, Any], Callable[[], None] | None]:
    """The entry, and what starts the server once."""
    from mcpgen import hosts
    from mcpgen.runtime.client.errors import is_web_url

    env = dict(_pairs(given.env, "=", "--env"))
    headers = dict(_pairs(given.headers, ":", "--header"))
    if given.url or given.http:
        if not host.http:
            raise click.UsageError(
                f"{host.title} takes URLs under Settings > Connectors, not in its file"
            )
        if env or given.uv or given.python:
            raise click.UsageError("--env, --python and --uv are for stdio")
        if given.url is None:
            _require(subject, "http", "list http in `transports`")
        url = given.url or subject.url
        if not is_web_url(url):
            raise click.UsageError("--url takes an http or https URL")
        return hosts.http(host, url, headers), None
    if headers:
        raise click.UsageError("--header needs --http or --url")
    assert subject.project is not None
    assert subject.manifest is not None
    package = generate.server_package(subject.project)
    _require(subject, "stdio", "list stdio in `transports`, or connect with --http")
    _remind(subject.manifest, env)
    server = subject.folder / "server"
    words = hosts.command(server, package, python=given.python, uv=given.uv)
    return hosts.stdio(host, words, env), lambda: hosts.check(words, env)


def _require(subject: _Subject, transport: str, hint: str) -> None:
    """See that the server has a transport."""
    found = subject.manifest
    if found is not None and transport not in found.transports:
        raise MCPGenError.of(
            "MG445",
            f"the server does not serve {transport}",
            span=Span(found.source.file),
            hint=hint,
        )


def _remind(manifest: Manifest, env: Mapping[str, str]) -> None:
    """Name the variables that the server needs and does not get."""
    for variable in manifest.environment:
        name = variable["name"]
        if variable.get("required") and name not in env:
            output.note(f"warning: the server needs {name}: --env {name}=VALUE")


def _pairs(
    given: Iterable[str], separator: str, option: str
) -> Iterable[tuple[str, str]]:
    for each in given:
        name, found, value = each.partition(separator)
        if not name.strip() or not found:
            raise click.UsageError(f"{option} takes NAME{separator}VALUE")
        yield name.strip(), value.strip() if separator == ":" else value


command = command_of(
    "install",
    _install,
    "mcpgen install claude-desktop",
    "mcpgen install vscode --scope project",
    "mcpgen install claude-code --http             connect to a server that runs",
    "mcpgen install cursor --env WEATHER_KEY=abc   with an environment variable",
    "mcpgen install cursor --undo                  take the entry out again",
    "mcpgen install mcp-json --print               for hosts that are not listed",
)
