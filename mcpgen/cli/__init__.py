"""The command `mcpgen`: finds the command that is meant and says how it ended.

The last layer: it parses, prints and sets exit codes. Importing it must stay cheap, so
each command is a module that is imported only when it is needed.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import click

from mcpgen.cli.lazy import Lazy, LazyGroup

INTERRUPTED: Final = 130
READER_GONE: Final = 141
"""What a shell reports of a program whose reader went away."""
CANT: Final = 2
DEBUG: Final = "MCPGEN_DEBUG"


def main() -> NoReturn:
    """Run the command line of this process."""
    # It ends soon: what the collector of cycles would free, the end frees sooner.
    gc.disable()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line; gives the exit code."""
    from mcpgen.cli import output

    output.prepare_streams()
    try:
        code = ROOT.main(list(arguments), prog_name="mcpgen", standalone_mode=False)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return CANT
    except Exception as error:
        _admit(error)
        return CANT
    return code if isinstance(code, int) else 0


class _Root(LazyGroup):
    """The root: lets a reader that has seen enough go in silence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # The interpreter flushes once more at its end; that has to succeed.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return READER_GONE
        return code


def _admit(error: Exception) -> None:
    """Say that the mistake is ours, without drowning the user in our frames.

    But a library that can't be imported is the environment's affair.
    """
    from mcpgen import identity
    from mcpgen.cli import output

    debug = os.environ.get(DEBUG) not in (None, "", "0")
    if debug:
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            output.note(line)
    summary = f"{type(error).__name__}: {error}".partition("\n")[0]
    lacking = isinstance(error, ImportError) and _lacking(error)
    if lacking:
        output.note(output.Painted("error", "red"), f": {lacking} can't be imported")
        output.note(f"    | {summary}")
        output.note(f"    hint: install it again: {_installing(lacking)}")
        return
    output.note(output.Painted("internal error", "red"), f": {summary}")
    hint = "the traceback above" if debug else f"the output of a run with {DEBUG}=1"
    output.note(
        f"    hint: mcpgen {identity.version()} is at fault, not you; "
        f"please report it with {hint}"
    )


def _lacking(error: ImportError) -> str | None:
    """What to install where a library can't be imported; None where that is no help."""
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    top = (error.name or "").partition(".")[0]
    if not top or top == "mcpgen" or top in sys.stdlib_module_names:
        return None
    name = canonicalize_name(_DISTRIBUTIONS.get(top, top))
    try:
        needed = [Requirement(each) for each in requires("mcpgen") or ()]
    except PackageNotFoundError:
        needed = []
    for each in needed:
        if canonicalize_name(each.name) == name:
            return f"{each.name}{each.specifier}"
    return name


_DISTRIBUTIONS: Final = {"yaml": "pyyaml", "ruamel": "ruamel.yaml"}
"""Distributions that are not called like what they install."""


def _installing(requirement: str) -> str:
    return f"{sys.executable} -m pip install --force-reinstall '{requirement}'"


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from mcpgen import identity

        click.echo(f"mcpgen {identity.version()}")
        ctx.exit()


def _debug(_: click.Context, __: click.Parameter, wanted: bool) -> None:
    if wanted:
        os.environ[DEBUG] = "1"


_HELP: Final = {"help_option_names": ["-h", "--help"]}

_NEW: Final = LazyGroup(
    {
        "server": Lazy(
            "mcpgen.cli.new_server", "A server, and the client that goes with it."
        ),
        "client": Lazy("mcpgen.cli.new_client", "The typed client of a server alone."),
    },
    name="new",
    help="Make a project.",
    short_help="Make a project.",
    epilog="""\b
Examples:
  mcpgen new server weather                     from the example
  mcpgen new server gh --manifest tools.json    from what a live server lists
  mcpgen new client gh --manifest tools.json    the typed client alone""",
    context_settings=_HELP,
)

_SCHEMA: Final = LazyGroup(
    {
        "list": Lazy("mcpgen.cli.schema_list", "The revisions that can be served."),
        "add": Lazy("mcpgen.cli.schema_add", "Make a further revision known."),
        "diff": Lazy("mcpgen.cli.schema_diff", "What changed between two of them."),
        "path": Lazy("mcpgen.cli.schema_path", "The file for editors of manifests."),
    },
    name="schema",
    help="The protocol's revisions, as their official schemas define them.",
    short_help="The protocol's revisions.",
    epilog="""\b
Examples:
  mcpgen schema list                            the revisions that can be served
  mcpgen schema add 2027-03-01.json             follow a new one
  mcpgen schema diff 2025-11-25 2026-07-28      what changed""",
    context_settings=_HELP,
)

_KEYS: Final = LazyGroup(
    {"new": Lazy("mcpgen.cli.keys_new", "An API key, and the server's entry for it.")},
    name="keys",
    help="API keys of servers whose auth is api-key.",
    short_help="API keys of servers.",
    epilog="""\b
Examples:
  mcpgen keys new robot weather:read            a key that allows one scope""",
    context_settings=_HELP,
)

_BUILD: Final = LazyGroup(
    {
        "client": Lazy("mcpgen.cli.build_client", "A wheel and a source distribution."),
        "bundle": Lazy("mcpgen.cli.build_bundle", "The server for hosts, as an MCPB."),
        "runtime": Lazy("mcpgen.cli.build_runtime", "What clients and servers share."),
    },
    name="build",
    help="Build what others install.",
    short_help="Build what others install.",
    epilog="""\b
Examples:
  mcpgen build client                           into the folder dist
  mcpgen build client --out ../out              elsewhere
  mcpgen build bundle                           the server, for Claude Desktop
  mcpgen build runtime                          for `runtime: shared`""",
    context_settings=_HELP,
)

_PUBLISH: Final = LazyGroup(
    {"client": Lazy("mcpgen.cli.publish_client", "Put the client on an index.")},
    name="publish",
    help="Put what was built on a package index.",
    short_help="Put the client on a package index.",
    epilog="""\b
Examples:
  mcpgen publish client --dry-run               see what would happen""",
    context_settings=_HELP,
)

ROOT: Final = _Root(
    {
        "new": _NEW,
        "add": Lazy("mcpgen.cli.add", "Add a tool or the like to the manifest."),
        "generate": Lazy("mcpgen.cli.generate", "Bring a project up to date."),
        "pull": Lazy("mcpgen.cli.pull", "Make a manifest from a live server."),
        "list": Lazy("mcpgen.cli.list_server", "Show what a live server offers."),
        "call": Lazy("mcpgen.cli.call", "Call a tool of a live server."),
        "read": Lazy("mcpgen.cli.read", "Print a resource of a live server."),
        "prompt": Lazy("mcpgen.cli.prompt", "Print a prompt of a live server."),
        "logout": Lazy("mcpgen.cli.logout", "Forget the sign-in at a server."),
        "diff": Lazy("mcpgen.cli.diff", "What a change does to those who call."),
        "lint": Lazy("mcpgen.cli.lint", "Look for what makes a manifest hard to use."),
        "schema": _SCHEMA,
        "keys": _KEYS,
        "build": _BUILD,
        "install": Lazy("mcpgen.cli.install", "Add the server to a host's file."),
        "publish": _PUBLISH,
    },
    name="mcpgen",
    help="One manifest in, a complete MCP server and a typed client out.",
    epilog="""\b
Examples:
  mcpgen new server weather                     a small real project to start with
  mcpgen new server gh --manifest tools.json    from what a live server lists
  mcpgen generate                               after a change of mcpgen.yaml""",
    context_settings=_HELP,
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Print the version and stop.",
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=_debug,
            help=f"Show the traceback of an internal error (or {DEBUG}=1).",
        ),
    ],
)
