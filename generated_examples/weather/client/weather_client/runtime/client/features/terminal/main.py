"""The command line: what it says, what is run, and what the exit code is.

0: fine; 1: the answer is no (a tool failed, the server differs); 2: it could not be done.
"""

# The server that the client was generated for is for generated code and this program.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import argparse
import asyncio
import io
import json
import logging
import os
import shlex
import sys
from collections.abc import Sequence
from http.client import UNAUTHORIZED
from pathlib import Path
from typing import Any, Final

from ....core.features import MissingFeature, load
from ...auth.hooks import BearerAuth
from ...auth.tls import tls_context
from ...client import Client
from ...errors import AuthError, ClientError, InvalidArgumentsError
from . import commands
from .arguments import HelpShown, Parser, UsageError
from .asking import Keyboard, Person, say
from .completion import ASKED, SHELLS, candidates, script
from .credentials import (
    CLIENT_ID_VARIABLE,
    CLIENT_SECRET_VARIABLE,
    HEADERS_VARIABLE,
    STORAGE_VARIABLE,
    TOKEN_VARIABLE,
    can_sign_in,
    credential_headers,
    credentials,
    headers,
    no_signing_in,
    variables,
)
from .display import Display
from .words import clean

FAILED: Final = 2
INTERRUPTED: Final = 130
UNREAD: Final = 141
"""As after the signals that end other programs then."""

_COMMANDS: Final = {
    "list": commands.show_lists,
    "call": commands.call_tool,
    "prompt": commands.get_prompt,
    "read": commands.read_resource,
    "complete": commands.complete,
    "check": commands.check,
    "watch": commands.watch,
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
  {token}   a token to send as `Authorization: Bearer`
  {headers}        headers to send, one `Name: value` a line
{sign_in}
exit code: 0 fine; 1 the tool failed, or the server differs; 2 it could not be done;
           130 interrupted; 141 nobody reads the output any more
"""
_SIGN_IN: Final = f"""\
  {CLIENT_ID_VARIABLE}      the client that is registered with the authorization server,
  {CLIENT_SECRET_VARIABLE}  and its secret; else this program registers itself
  {STORAGE_VARIABLE}    where sign-ins are remembered, instead of the usual place
"""


def main(client: type[Client], arguments: Sequence[str] | None = None) -> int:
    """Uses a server from a terminal.

    Args:
        client: The client's class.
        arguments: The command line; None means the process's own.

    Returns:
        The exit code.
    """
    program = _program()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == [ASKED]:
        parser = _parser(program, client, True)
        sys.stdout.write("\n".join(candidates(client, parser, words[1:])) + "\n")
        return commands.OK
    said = _parser(program, client, _has_url(client, words)).parse_args(words)
    parts = filter(None, (program, _target(said), said.command))
    return use(client, " ".join(parts), said)


def use(client: type[Client], program: str, said: argparse.Namespace) -> int:
    """Do what a command line that was read says.

    Args:
        client: The client's class.
        program: How the help calls this program, server and command included.
        said: The values of a command's options.

    Returns:
        The exit code.
    """
    try:
        display = Display()
    except ImportError:
        package = client.__module__.partition(".")[0].replace("_", "-")
        return _failed(f"this needs rich: pip install '{package}[cli]'")
    _configure(display, said.debug)
    try:
        return _outcome(client, display, program, said)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Rich ends the process where nobody reads any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    finally:
        display.end_progress()


def _has_url(client: type[Client], words: Sequence[str]) -> bool:
    """Whether a command line names the server by its URL."""
    parser = Parser(add_help=False, allow_abbrev=False)
    _add_common(parser, None)
    _add_program(parser)
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    try:
        found, _ = parser.parse_known_args(words)
    except UsageError:
        # The parser of the whole command line says what is wrong.
        return True
    if found.command_line is not None:
        return False
    if not (client._url or client._command):
        return True
    return bool(found.rest) and found.rest[0] not in (*_COMMANDS, "logout")


def _target(said: argparse.Namespace) -> str:
    """The server, as it stands in command lines; empty for the client's own."""
    if said.command_line is not None:
        return f"--command {shlex.quote(said.command_line)}"
    return str(said.url or "")


def _outcome(
    client: type[Client], display: Display, program: str, said: argparse.Namespace
) -> int:
    """The exit code; every failure is explained on standard error."""
    try:
        return asyncio.run(_run(client, display, program, said))
    except HelpShown:
        return commands.OK
    except UsageError as error:
        problem = f"{error}\n  --help tells more"
    except AuthError as error:
        # What the client suggests after a 401 is for who writes code.
        problem = error.told if error.status == UNAUTHORIZED else str(error)
        problem += _about_credentials(said)
    except InvalidArgumentsError as error:
        problem = f"{error}\n  --help tells what the tool takes"
    except BrokenPipeError:
        raise
    except (ClientError, ValueError, OSError, MissingFeature) as error:
        problem = str(error)
    except Exception as error:
        # A defect; --debug shows the traceback.
        if said.debug:
            raise
        problem = _defect(error)
    display.end_progress()
    return _failed(problem)


def _defect(error: Exception) -> str:
    if isinstance(error, ImportError) and error.name:
        package = error.name.partition(".")[0].replace("_", "-")
        install = f"{sys.executable} -m pip install --force-reinstall {package}"
        return f"{error}\n  install what is missing or damaged: {install}"
    return f"{type(error).__name__}: {error}\n  --debug tells where"


def _about_credentials(said: argparse.Namespace) -> str:
    """What was refused, or what could be given."""
    if TOKEN_VARIABLE in os.environ:
        return f"\n  {TOKEN_VARIABLE} holds the token that was sent"
    if names := credential_headers(headers(os.environ, said.header)):
        return f"\n  sent was what you gave as {', '.join(names)}"
    return f"\n  {TOKEN_VARIABLE} may hold a token, {HEADERS_VARIABLE} an API key"


async def _run(
    kind: type[Client], display: Display, program: str, said: argparse.Namespace
) -> int:
    options = _options(kind, display, said)
    if said.command == "logout":
        return await _log_out(
            options.get("auth"), said.url or kind._url, as_json=said.json
        )
    async with _client(kind, said, options) as client:
        session = commands.Session(client, display, program, said)
        return await _COMMANDS[said.command](session)


def _is_program(kind: type[Client], said: argparse.Namespace) -> bool:
    """Whether the server is a program that is started."""
    if said.url is not None or said.command_line is not None:
        return said.command_line is not None
    return bool(kind._command)


def _client(
    kind: type[Client], said: argparse.Namespace, options: dict[str, Any]
) -> Client:
    if not _is_program(kind, said):
        return kind(said.url or kind._url, **options)
    line = said.command_line
    command = None
    if line is not None:
        module = f"{kind.stdio.__module__.rpartition('.')[0]}.transports.command_line"
        command = load(module, "--command", "client", "stdio").split(line)
    return kind.stdio(
        command,
        env=variables(os.environ, said.env),
        cwd=said.cwd,
        stderr=sys.stderr if said.debug else None,
        **options,
    )


async def _log_out(auth: Any, url: str, *, as_json: bool) -> int:
    """Forget a sign-in; the server itself is not asked."""
    if not (auth is None or isinstance(auth, BearerAuth)):
        if not can_sign_in():
            raise no_signing_in("logout")
        signed_in = await auth.sign_out(url)
        if as_json:
            print(json.dumps({"signedOut": signed_in}))
        else:
            say("Signed out." if signed_in else "You are not signed in.")
        return commands.OK
    holder = HEADERS_VARIABLE if auth is None else TOKEN_VARIABLE
    raise UsageError(f"{holder} holds the token: unset it to sign out")


def _options(kind: type[Client], display: Display, said: argparse.Namespace) -> Any:
    """What the client is made with."""
    is_asked = sys.stdin.isatty() and not said.no_input
    options: dict[str, Any] = {
        "era": said.era,
        "timeout": said.timeout,
        # A person sees whether anything happens.
        "idle_timeout": None,
    }
    if _is_program(kind, said):
        _check_program(said)
    else:
        _check_url(said)
        given = headers(os.environ, said.header)
        options["headers"] = given
        options["tls"] = tls_context(said.cacert, said.cert, said.key)
        options["auth"] = credentials(
            os.environ,
            package=kind.__module__.partition(".")[0],
            port=said.login_port,
            quiet=display.quiet if is_asked else None,
            given=given,
        )
    if not said.quiet:
        options.update(
            progress=display.progress, on_log=display.log, log_level=said.log_level
        )
    if said.root:
        options["roots"] = [Path(root) for root in said.root]
    if is_asked:
        server = str(kind.catalog.server["name"])
        options["elicitation"] = Person(Keyboard(), display.quiet, server).answer
    return options


def _check_program(said: argparse.Namespace) -> None:
    """Refuse options that mean nothing to a program."""
    if said.command == "logout":
        raise UsageError("logout is for servers with a URL: programs need no sign-in")
    for option in ("header", "cacert", "cert", "key"):
        if getattr(said, option):
            raise UsageError(f"--{option} is for servers with a URL, not for programs")


def _check_url(said: argparse.Namespace) -> None:
    """Refuse options that mean nothing to a server with a URL."""
    for option in ("env", "cwd"):
        if getattr(said, option):
            raise UsageError(f"--{option} is for programs, not for servers with a URL")


def _parser(
    program: str, client: type[Client], has_url: bool
) -> argparse.ArgumentParser:
    name = clean(str(client.catalog.server["name"])).replace("%", "%%")
    common = argparse.ArgumentParser(add_help=False)
    _add_common(common, argparse.SUPPRESS)
    parser = argparse.ArgumentParser(
        prog=program,
        description=f"Use the MCP server {name} from a terminal: see what it offers, "
        f"call tools, read resources.{_default(client)}",
        epilog=_EXAMPLES.format(
            program=program,
            token=TOKEN_VARIABLE,
            headers=HEADERS_VARIABLE,
            sign_in=_SIGN_IN if can_sign_in() else "",
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    version = clean(str(client.catalog.server["version"])).replace("%", "%%")
    parser.add_argument("--version", action="version", version=f"{name} {version}")
    parser.add_argument(
        "--completion",
        choices=sorted(SHELLS),
        action=_Completion,
        help="print what a shell evaluates to complete command lines, and stop",
    )
    if has_url:
        parser.add_argument("url", metavar="URL", help="the server's MCP endpoint")
    _add_common(parser, None)
    _add_program(parser)
    parser.set_defaults(command="list", words=[], url=None)
    found = parser.add_subparsers(metavar="COMMAND", title="commands")
    for add in (_add_list, _add_call, _add_prompt, _add_read, _add_complete):
        add(found, common)
    _add_check(found, common)
    _add_watch(found, common)
    _add_logout(found, common)
    return parser


def _default(client: type[Client]) -> str:
    """The server of a command line that names none, for the help."""
    server = client._url or shlex.join(client._command)
    if not server:
        return ""
    server = clean(server).replace("%", "%%")
    return f" Without a URL before the command, and --command, it is {server}."


def _add_common(parser: argparse.ArgumentParser, default: Any) -> None:
    """Options that may stand before the command or behind it."""

    def either(value: Any) -> Any:
        return value if default is None else default

    parser.add_argument(
        "--json", action="store_true", default=either(False), help="print JSON"
    )
    parser.add_argument(
        "--quiet",
        action="store_true",
        default=either(False),
        help="show neither progress nor logs",
    )
    parser.add_argument(
        "--no-input",
        action="store_true",
        default=either(False),
        help="never ask, nor sign in; the server gets no answers",
    )
    parser.add_argument(
        "--header",
        action="append",
        default=either([]),
        metavar="'Name: value'",
        help="send a header; everybody on this machine can read it, so put secrets "
        f"into {HEADERS_VARIABLE}",
    )
    parser.add_argument(
        "--root",
        action="append",
        default=either([]),
        metavar="DIRECTORY",
        help="a directory that the server may know of",
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=either(600.0),
        metavar="SECONDS",
        help="how long a call may take (default: 600)",
    )
    parser.add_argument(
        "--log-level",
        default=either("info"),
        choices=["debug", "info", "notice", "warning", "error", "critical"],
        help="the least level of the server's logs (default: info)",
    )
    parser.add_argument(
        "--login-port",
        type=int,
        default=either(0),
        metavar="PORT",
        help="where the browser comes back to after a sign-in (default: any)"
        if can_sign_in()
        else argparse.SUPPRESS,
    )
    parser.add_argument(
        "--debug",
        action="store_true",
        default=either(False),
        help="log what happens, and show where this program itself fails",
    )
    parser.add_argument(
        "--era",
        default=either("auto"),
        metavar="ERA",
        help="insist on `modern`, `legacy` or a protocol version (default: auto)",
    )
    for option, what in (
        ("--cacert", "certificates of authorities to trust instead of the system's"),
        ("--cert", "a certificate to show to the server (mTLS)"),
        ("--key", "its private key, if it is not in the same file"),
    ):
        parser.add_argument(option, default=either(None), metavar="FILE", help=what)


def _add_program(parser: argparse.ArgumentParser) -> None:
    """Options for servers that are programs."""
    parser.add_argument(
        "--command",
        dest="command_line",
        metavar="'PROGRAM ARGUMENT ...'",
        help="start this server, in place of a URL; no shell reads it",
    )
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME",
        help="hand this environment variable over to the program",
    )
    parser.add_argument(
        "--cwd", metavar="DIRECTORY", help="where the program runs (default: here)"
    )


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


def _add_list(found: Any, common: argparse.ArgumentParser) -> None:
    parser = found.add_parser(
        "list", parents=[common], help="what the server offers; the default"
    )
    parser.set_defaults(command="list")


def _add_call(found: Any, common: argparse.ArgumentParser) -> None:
    parser = found.add_parser(
        "call",
        parents=[common],
        help="call a tool",
        description="Call a tool. `call TOOL --help` tells its arguments.",
    )
    parser.set_defaults(command="call")
    parser.add_argument("name", metavar="TOOL")
    _add_words(
        parser, "--ARGUMENT VALUE, a JSON object, or - for one on standard input"
    )


def _add_prompt(found: Any, common: argparse.ArgumentParser) -> None:
    parser = found.add_parser("prompt", parents=[common], help="print a prompt")
    parser.set_defaults(command="prompt")
    parser.add_argument("name", metavar="NAME")
    _add_words(parser, "--ARGUMENT VALUE")


def _add_read(found: Any, common: argparse.ArgumentParser) -> None:
    parser = found.add_parser("read", parents=[common], help="print a resource")
    parser.set_defaults(command="read")
    parser.add_argument("--output", metavar="FILE", help="save it to a file")
    parser.add_argument("name", metavar="URI", help="a URI or a URI template")
    _add_words(parser, "--VARIABLE VALUE, for a template")


def _add_complete(found: Any, common: argparse.ArgumentParser) -> None:
    parser = found.add_parser(
        "complete", parents=[common], help="what an argument may be"
    )
    parser.set_defaults(command="complete")
    parser.add_argument("name", metavar="NAME", help="a prompt, or a resource template")
    parser.add_argument("argument", metavar="ARGUMENT")
    parser.add_argument("value", metavar="BEGINNING", nargs="?", default="")
    parser.add_argument(
        "--known",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another argument that is known already",
    )


def _add_check(found: Any, common: argparse.ArgumentParser) -> None:
    parser = found.add_parser(
        "check",
        parents=[common],
        help="how the server differs from what this client was generated for",
    )
    parser.set_defaults(command="check")


def _add_watch(found: Any, common: argparse.ArgumentParser) -> None:
    parser = found.add_parser(
        "watch", parents=[common], help="print changes as they come"
    )
    parser.set_defaults(command="watch")
    parser.add_argument(
        "uris",
        metavar="URI",
        nargs="*",
        help="resources (default: changes of the lists)",
    )
    parser.add_argument("--count", type=int, metavar="N", help="end after N changes")


def _add_logout(found: Any, common: argparse.ArgumentParser) -> None:
    shown = {"help": "forget the sign-in, and revoke its token"}
    parser = found.add_parser(
        "logout", parents=[common], **(shown if can_sign_in() else {})
    )
    parser.set_defaults(command="logout")


def _add_words(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help=text)


def _program() -> str:
    """How the person has called this program."""
    path = Path(sys.argv[0])
    if path.name != "__main__.py":
        return path.name
    return f"python -m {path.parent.name}"


def _configure(display: Display, debug: bool) -> None:
    """Make warnings of the client readable, and texts printable in every encoding."""
    if debug:
        logging.basicConfig(level=logging.DEBUG)
    else:
        logging.basicConfig(level=logging.WARNING, handlers=[_Remarks(display)])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class _Remarks(logging.Handler):
    """Shows log records without their tracebacks."""

    def __init__(self, display: Display) -> None:
        super().__init__()
        self._display = display

    def emit(self, record: logging.LogRecord) -> None:
        self._display.warning(record)


def _failed(problem: str) -> int:
    sys.stderr.write(f"error: {clean(problem)}\n")
    return FAILED
