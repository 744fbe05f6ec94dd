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
from collections.abc import Mapping, Sequence
from http.client import UNAUTHORIZED
from pathlib import Path
from typing import Any, Final

from ....core.features import MissingFeature, load
from ...auth import BearerAuth, tls_context
from ...client import Client
from ...errors import AuthError, ClientError, InvalidArgumentsError
from . import commands
from .arguments import HelpShown, UsageError
from .asking import Keyboard, Person, say
from .command_line import ASKED, COMMANDS, behind_options, candidates, full_parser
from .credentials import (
    HEADERS_VARIABLE,
    TOKEN_VARIABLE,
    can_sign_in,
    credential_headers,
    credentials,
    headers,
    no_signing_in,
    variables,
)
from .display import Display, clean

FAILED: Final = 2
INTERRUPTED: Final = 130
UNREAD: Final = 141
"""As after the signals that end other programs then."""


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
        parser = full_parser(program, client, True)
        found = candidates(client, list(parser._option_string_actions), words[1:])
        sys.stdout.write("\n".join(found) + "\n")
        return commands.OK
    wants_url, _ = behind_options(client, words)
    said = full_parser(program, client, wants_url).parse_args(words)
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
        return asyncio.run(_run(client, display, program, said))
    except HelpShown:
        return commands.OK
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Rich ends the process where nobody reads any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except Exception as error:
        problem = _problem(error, said)
    finally:
        display.end_progress()
    return _failed(problem)


def _target(said: argparse.Namespace) -> str:
    """The server, as it stands in command lines; empty for the client's own."""
    if said.command_line is not None:
        return f"--command {shlex.quote(said.command_line)}"
    return str(said.url or "")


def _problem(error: Exception, said: argparse.Namespace) -> str:
    """What went wrong, and what to do; a defect itself is raised with `--debug`."""
    if isinstance(error, UsageError):
        return f"{error}\n  use --help for more"
    if isinstance(error, AuthError):
        # What the client suggests after a 401 is for who writes code.
        problem = error.summary if error.status == UNAUTHORIZED else str(error)
        return problem + _about_credentials(said)
    if isinstance(error, InvalidArgumentsError):
        return f"{error}\n  use --help for the tool's arguments"
    if isinstance(error, (ClientError, ValueError, OSError, MissingFeature)):
        return str(error)
    if said.debug:
        raise error
    if isinstance(error, ImportError) and error.name:
        package = error.name.partition(".")[0].replace("_", "-")
        install = f"{sys.executable} -m pip install --force-reinstall {package}"
        return f"{error}\n  install what is missing or damaged: {install}"
    return f"{type(error).__name__}: {error}\n  use --debug for the traceback"


def _about_credentials(said: argparse.Namespace) -> str:
    """What was refused, or what could be given."""
    if TOKEN_VARIABLE in os.environ:
        return f"\n  {TOKEN_VARIABLE} holds the token that was sent"
    if names := credential_headers(headers(said.header)):
        return f"\n  sent was what you gave as {', '.join(names)}"
    return f"\n  {TOKEN_VARIABLE} may hold a token, {HEADERS_VARIABLE} an API key"


async def _run(
    kind: type[Client], display: Display, program: str, said: argparse.Namespace
) -> int:
    is_asked = sys.stdin.isatty() and not said.no_input
    # A person sees whether anything happens, so no timeout for idle calls.
    options: dict[str, Any] = {
        "era": said.era,
        "timeout": said.timeout,
        "idle_timeout": None,
    }
    if not said.quiet:
        options.update(
            progress=display.progress, on_log=display.log, log_level=said.log_level
        )
    if said.root:
        options["roots"] = [Path(root) for root in said.root]
    if is_asked:
        server = str(kind.catalog.server["name"])
        options["elicitation"] = Person(Keyboard(), display.quiet, server).answer
    if said.command_line is not None or (kind._command and said.url is None):
        client = _program_client(kind, said, options)
    else:
        _refuse(said, ("env", "cwd"), "programs, not for servers with a URL")
        given = headers(said.header)
        auth = credentials(
            package=kind.__module__.partition(".")[0],
            port=said.login_port,
            quiet=display.quiet if is_asked else None,
            given=given,
        )
        tls = tls_context(said.cacert, said.cert, said.key)
        url = said.url or kind._url
        if said.command == "logout":
            return await _log_out(auth, url, as_json=said.json)
        client = kind(url, headers=given, tls=tls, auth=auth, **options)
    run = COMMANDS[said.command].run
    assert run is not None
    async with client:
        return await run(commands.Session(client, display, program, said))


def _program_client(
    kind: type[Client], said: argparse.Namespace, options: Mapping[str, Any]
) -> Client:
    """A client of a program that is started."""
    if said.command == "logout":
        raise UsageError("logout is for servers with a URL: programs need no sign-in")
    web_only = ("header", "cacert", "cert", "key")
    _refuse(said, web_only, "servers with a URL, not for programs")
    command = None
    if said.command_line is not None:
        module = f"{kind.stdio.__module__.rpartition('.')[0]}.transports.stdio"
        split = load(module, "--command", "client", "stdio").split
        command = split(said.command_line)
    return kind.stdio(
        command,
        env=variables(said.env),
        cwd=said.cwd,
        stderr=sys.stderr if said.debug else None,
        **options,
    )


def _refuse(said: argparse.Namespace, options: Sequence[str], kind: str) -> None:
    """Refuse options that mean nothing to a server."""
    for option in options:
        if getattr(said, option):
            raise UsageError(f"--{option} is for {kind}")


async def _log_out(auth: Any, url: str, *, as_json: bool) -> int:
    """Forget a sign-in; the server itself is not asked."""
    if auth is None or isinstance(auth, BearerAuth):
        holder = HEADERS_VARIABLE if auth is None else TOKEN_VARIABLE
        raise UsageError(f"{holder} holds the token: unset it to sign out")
    if not can_sign_in():
        raise no_signing_in("logout")
    signed_in = await auth.sign_out(url)
    if as_json:
        print(json.dumps({"signedOut": signed_in}))
    else:
        say("Signed out." if signed_in else "You are not signed in.")
    return commands.OK


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
        words = record.getMessage()
        self._display.remark(record.levelname.lower(), None, words)


def _failed(problem: str) -> int:
    sys.stderr.write(f"error: {clean(problem)}\n")
    return FAILED
