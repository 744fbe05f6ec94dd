"""The command line: its options, commands and help, and what a shell may complete of it.

Nothing is asked of a server.
"""

# The server that the client was generated for is for generated code and this program.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ...client import Client
from . import commands
from .arguments import Parser, UsageError, arguments_of, spellings
from .credentials import can_sign_in
from .display import clean


def _flag(text: str) -> dict[str, Any]:
    return {"action": "store_true", "default": False, "help": text}


def _one(metavar: str, text: str, default: Any = None, **more: Any) -> dict[str, Any]:
    return {"metavar": metavar, "help": text, "default": default, **more}


def _many(metavar: str, text: str) -> dict[str, Any]:
    return _one(metavar, text, [], action="append")


_ANYWHERE: Final[Mapping[str, Mapping[str, Any]]] = {
    "--json": _flag("print JSON"),
    "--quiet": _flag("show neither progress nor logs"),
    "--no-input": _flag("never ask, nor sign in; the server gets no answers"),
    "--header": _many(
        "'Name: value'",
        "send a header; everybody on this machine can read it, so put secrets into "
        "MCP_HEADERS",
    ),
    "--root": _many("DIRECTORY", "a directory that the server may know of"),
    "--timeout": _one(
        "SECONDS", "how long a call may take (default: 600)", 600.0, type=float
    ),
    "--log-level": {
        "choices": ["debug", "info", "notice", "warning", "error", "critical"],
        "default": "info",
        "help": "the least level of the server's logs (default: info)",
    },
    "--login-port": _one(
        "PORT",
        "where the browser comes back to after a sign-in (default: any)",
        0,
        type=int,
    ),
    "--debug": _flag("log what happens, and show where this program itself fails"),
    "--era": _one(
        "ERA",
        "insist on `modern`, `legacy` or a protocol version (default: auto)",
        "auto",
    ),
    "--cacert": _one(
        "FILE", "certificates of authorities to trust instead of the system's"
    ),
    "--cert": _one("FILE", "a certificate to show to the server (mTLS)"),
    "--key": _one("FILE", "its private key, if it is not in the same file"),
}
"""Options that may stand before the command or behind it."""

_OF_PROGRAMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "--command": _one(
        "'PROGRAM ARGUMENT ...'",
        "start this server, in place of a URL; no shell reads it",
        dest="command_line",
    ),
    "--env": _many("NAME", "hand this environment variable over to the program"),
    "--cwd": _one("DIRECTORY", "where the program runs (default: here)"),
}
"""Options for servers that are programs; before the command."""


def _words(text: str) -> dict[str, Any]:
    return _one("...", text, nargs=argparse.REMAINDER)


@dataclass(frozen=True, slots=True)
class _Command:
    """What a command does, its help, and what follows its name."""

    run: Callable[[commands.Session], Awaitable[int]] | None
    help: str
    follows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Any])


COMMANDS: Final[Mapping[str, _Command]] = {
    "list": _Command(commands.show_lists, "what the server offers; the default"),
    "call": _Command(
        commands.call_tool,
        "call a tool; `call TOOL --help` lists its arguments",
        {
            "name": {"metavar": "TOOL"},
            "words": _words(
                "--ARGUMENT VALUE, a JSON object, or - for one on standard input"
            ),
        },
    ),
    "prompt": _Command(
        commands.get_prompt,
        "print a prompt",
        {"name": {"metavar": "NAME"}, "words": _words("--ARGUMENT VALUE")},
    ),
    "read": _Command(
        commands.read_resource,
        "print a resource",
        {
            "--output": _one("FILE", "save it to a file"),
            "name": {"metavar": "URI", "help": "a URI or a URI template"},
            "words": _words("--VARIABLE VALUE, for a template"),
        },
    ),
    "complete": _Command(
        commands.complete,
        "what an argument may be",
        {
            "name": {"metavar": "NAME", "help": "a prompt, or a resource template"},
            "argument": {"metavar": "ARGUMENT"},
            "value": {"metavar": "BEGINNING", "nargs": "?", "default": ""},
            "--known": _many("NAME=VALUE", "another argument that is known already"),
        },
    ),
    "check": _Command(
        commands.check, "how the server differs from what this client was generated for"
    ),
    "watch": _Command(
        commands.watch,
        "print changes as they come",
        {
            "uris": {
                "metavar": "URI",
                "nargs": "*",
                "help": "resources (default: changes of the lists)",
            },
            "--count": _one("N", "end after N changes", type=int),
        },
    ),
    "logout": _Command(None, "forget the sign-in, and revoke its token"),
}

_EXAMPLES: Final = """\
examples:
  {program} http://127.0.0.1:8000/mcp
  {program} http://127.0.0.1:8000/mcp call TOOL --help
  {program} http://127.0.0.1:8000/mcp call TOOL --city Oslo --days 3
  {program} http://127.0.0.1:8000/mcp call TOOL '{{"city": "Oslo"}}' --json
  echo '{{"city": "Oslo"}}' | {program} http://127.0.0.1:8000/mcp call TOOL -
  {program} http://127.0.0.1:8000/mcp read 'weather://cities/{{city}}' --city Oslo
  {program} http://127.0.0.1:8000/mcp prompt NAME --month May
  {program} http://127.0.0.1:8000/mcp complete NAME month M
  {program} http://127.0.0.1:8000/mcp check
  {program} --command 'uvx mcp-server-time' --env API_KEY list

environment:
  MCP_BEARER_TOKEN   a token to send as `Authorization: Bearer`
  MCP_HEADERS        headers to send, one `Name: value` a line
{sign_in}
exit code: 0 fine; 1 the tool failed, or the server differs; 2 it could not be done;
           130 interrupted; 141 nobody reads the output any more
"""
_SIGN_IN: Final = """\
  MCP_CLIENT_ID      the client that is registered with the authorization server,
  MCP_CLIENT_SECRET  and its secret; else this program registers itself
  MCP_TOKENS_FILE    where sign-ins are remembered, instead of the usual place
"""


def behind_options(
    client: type[Client], words: Sequence[str]
) -> tuple[bool, list[str]]:
    """Whether a command line names the server by its URL, and what follows."""
    parser = Parser(add_help=False, allow_abbrev=False)
    _add(parser, {**_ANYWHERE, **_OF_PROGRAMS})
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    try:
        found, _ = parser.parse_known_args(words)
    except UsageError:
        # The parser of the whole command line says what is wrong.
        return True, []
    rest: list[str] = found.rest
    has_default = bool(client._url or client._command)
    is_command = not rest or rest[0] in COMMANDS
    return found.command_line is None and not (has_default and is_command), rest


def full_parser(
    program: str, client: type[Client], wants_url: bool
) -> argparse.ArgumentParser:
    server = client.catalog.server
    name, version = (
        clean(str(server[key])).replace("%", "%%") for key in ("name", "version")
    )
    parser = argparse.ArgumentParser(
        prog=program,
        description=f"Use the MCP server {name} from a terminal: see what it offers, "
        f"call tools, read resources.{_default(client)}",
        epilog=_EXAMPLES.format(
            program=program, sign_in=_SIGN_IN if can_sign_in() else ""
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{name} {version}")
    parser.add_argument(
        "--completion",
        choices=sorted(SHELLS),
        action=_Completion,
        help="print what a shell evaluates to complete command lines, and stop",
    )
    if wants_url:
        parser.add_argument("url", metavar="URL", help="the server's MCP endpoint")
    _add(parser, {**_ANYWHERE, **_OF_PROGRAMS})
    parser.set_defaults(command="list", words=[], url=None)
    found = parser.add_subparsers(metavar="COMMAND", title="commands")
    for named, command in COMMANDS.items():
        is_hidden = command.run is None and not can_sign_in()
        shown: dict[str, Any] = {} if is_hidden else {"help": command.help}
        description = f"{command.help[:1].upper()}{command.help[1:]}."
        each = found.add_parser(named, description=description, **shown)
        _add(each, _ANYWHERE, default=argparse.SUPPRESS)
        _add(each, command.follows)
        each.set_defaults(command=named)
    return parser


def _add(
    parser: argparse.ArgumentParser,
    arguments: Mapping[str, Mapping[str, Any]],
    **more: Any,
) -> None:
    for name, settings in arguments.items():
        is_hidden = name == "--login-port" and not can_sign_in()
        hidden: dict[str, Any] = {"help": argparse.SUPPRESS} if is_hidden else {}
        parser.add_argument(name, **{**settings, **more, **hidden})


def _default(client: type[Client]) -> str:
    """The server of a command line that names none, for the help."""
    server = client._url or shlex.join(client._command)
    if not server:
        return ""
    server = clean(server).replace("%", "%%")
    return f" Without a URL before the command, and --command, it is {server}."


class _Completion(argparse.Action):
    """Prints a shell's script and ends, before anything else is required."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if " " in parser.prog:
            parser.error("completion is for the installed command")
        sys.stdout.write(script(str(values), parser.prog))
        parser.exit()


# ------------------------------------------------------------------ completion

ASKED: Final = "--complete-words"
"""Before the words of a command line that a shell wants to complete."""

_BASH: Final = """\
_{function}() {{
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$({program} {asked} "${{COMP_WORDS[@]:1:COMP_CWORD}}")" \
-- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _{function} {program}
"""
_ZSH: Final = "autoload -U +X bashcompinit && bashcompinit\n" + _BASH
_FISH: Final = """\
complete -c {program} -a '({program} {asked} (commandline -opc)[2..] (commandline -ct))'
"""
SHELLS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def script(shell: str, program: str) -> str:
    """What a shell evaluates to complete a program's command lines."""
    function = re.sub(r"\W", "_", program)
    return SHELLS[shell].format(function=function, program=program, asked=ASKED)


def candidates(
    client: type[Client], options: Sequence[str], words: Sequence[str]
) -> list[str]:
    """The words that may stand in the place of the last one."""
    last = words[-1] if words else ""
    wants_url, rest = behind_options(client, words[:-1])
    given = [word for word in rest[int(wants_url) :] if not word.startswith("-")]
    found: Sequence[str] = []
    if len(given) > 1:
        found = _options_of(client, *given[:2])
    elif last.startswith("-"):
        found = options
    elif given:
        found = _names(client, given[0])
    elif rest or not wants_url:
        found = list(COMMANDS)
    return sorted(word for word in found if word.startswith(last))


def _names(client: type[Client], command: str) -> list[str]:
    catalog = client.catalog
    if command == "read":
        return [str(resource["uri"]) for resource in catalog.resources]
    prompts = catalog.prompts if command in ("prompt", "complete") else ()
    named = catalog.tools if command == "call" else prompts
    return [str(each["name"]) for each in named]


def _options_of(client: type[Client], command: str, name: str) -> list[str]:
    """The options of a tool's arguments."""
    tools = client.catalog.tools if command == "call" else ()
    schema = next((t.get("inputSchema") for t in tools if t["name"] == name), None)
    return [each for options in spellings(arguments_of(schema)) for each in options]
