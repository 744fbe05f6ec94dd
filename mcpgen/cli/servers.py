"""What the commands share that use a live server: `list`, `call`, `read` and others.

They are those of generated clients: the terminal program of the client runtime does the
work, with the definitions that the server lists. Nothing is generated.
"""

from __future__ import annotations

import os
import shlex
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    from mcpgen.runtime.client import Client

_F = TypeVar("_F", bound=Callable[..., Any])

OPTIONS_FIRST: Final = {
    "help_option_names": ["-h", "--help"],
    "allow_interspersed_args": False,
}
"""Settings of commands where what follows the first word belongs to a tool or the like."""


def _option(
    names: str, text: str, metavar: str | None = None, **settings: Any
) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """An option of click: its name and perhaps its parameter's, and its settings."""
    shown = {"metavar": metavar, "help": text, "default": None}
    return tuple(names.split()), {**shown, **settings}


_FLAG: Final[Mapping[str, Any]] = {"is_flag": True, "default": False}
_MANY: Final[Mapping[str, Any]] = {"multiple": True, "default": ()}
_LEVELS: Final = ("debug", "info", "notice", "warning", "error", "critical")
_SECONDS: Final[Mapping[str, Any]] = {
    "type": click.FloatRange(min=0, min_open=True),
    "default": 600.0,
    "show_default": True,
}
_OPTIONS: Final = (
    _option("--command command_line", "Start this server, in place of URL.", "COMMAND"),
    _option(
        "--env", "Hand this environment variable over to the program.", "NAME", **_MANY
    ),
    _option("--cwd", "Where the program runs.", "DIR"),
    _option(
        "--header",
        "A header for every request; put secrets into MCP_HEADERS.",
        "'NAME: VALUE'",
        **_MANY,
    ),
    _option("--json as_json", "Print the result as JSON.", **_FLAG),
    _option("--quiet", "Show neither progress nor logs.", **_FLAG),
    _option("--no-input", "Never ask, nor sign in.", **_FLAG),
    _option("--root", "A directory that the server may know of.", "DIR", **_MANY),
    _option("--timeout", "Seconds that a call may take.", **_SECONDS),
    _option(
        "--era",
        "Insist on modern, legacy or a protocol version.",
        "ERA",
        default="auto",
    ),
    _option(
        "--log-level",
        "The least level of the server's logs.",
        type=click.Choice(_LEVELS),
        default="info",
    ),
    _option(
        "--login-port",
        "Where the browser comes back to after a sign-in.",
        "PORT",
        type=int,
        default=0,
    ),
    _option("--cacert", "Certificates of authorities to trust.", "FILE"),
    _option("--cert", "A certificate to show to the server.", "FILE"),
    _option("--key", "Its private key.", "FILE"),
)


def server_options(function: _F) -> _F:
    """The options of every command that uses a server."""
    return some_options(*(names[0] for names, _ in _OPTIONS))(function)


def some_options(*chosen: str) -> Callable[[_F], _F]:
    """Some of these options, for commands that mean the same by them."""

    def decorate(function: _F) -> _F:
        for names, settings in reversed(_OPTIONS):
            if names[0] in chosen:
                function = click.option(*names, **settings)(function)
        return function

    return decorate


_DEFAULTS: Final = {
    names[-1].lstrip("-").replace("-", "_"): settings["default"]
    for names, settings in _OPTIONS
}


def check_for_program(command: str | None, env: Sequence[str], cwd: str | None) -> None:
    """Refuse options that mean nothing without a program.

    Raises:
        UsageError: There are some.
    """
    if command is None and (env or cwd):
        raise click.UsageError("--env and --cwd are for --command")


def words_argument(metavar: str) -> Callable[[_F], _F]:
    """The server's URL, if there is no --command, and what follows it."""
    return click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar=metavar)


def run(command: str, words: tuple[str, ...], options: Mapping[str, Any]) -> int:
    """Do what a command of the terminal program does; gives its exit code.

    Args:
        command: Its name.
        words: The words behind the options.
        options: The values of `server_options`, or of some of them.

    Raises:
        UsageError: A word is missing, or there are too many.
    """
    from mcpgen.runtime.client.features.terminal import use

    options = {**_DEFAULTS, **options}
    line = options["command_line"]
    rest = list(words)
    url = None
    if line is None:
        if not rest:
            raise click.UsageError("name the server: its URL, or --command")
        url = rest.pop(0)
        check_for_program(line, options["env"], options["cwd"])
    named = _NAMED.get(command)
    name = None
    if named is not None:
        if not rest or rest[0] in ("-h", "--help"):
            raise click.UsageError(f"{named} is missing: it follows the server")
        if rest[0].startswith("-"):
            raise click.UsageError(f"{rest[0]}: options stand before the server")
        name = rest.pop(0)
    elif rest:
        raise click.UsageError(f"unexpected words: {' '.join(rest)}")
    target = shlex.quote(url) if url else f"--command {shlex.quote(str(line))}"
    said = Namespace(
        command=command,
        url=url,
        name=name,
        words=rest,
        output=None,
        json=options["as_json"],
        debug=os.environ.get("MCPGEN_DEBUG") not in (None, "", "0"),
        **options,
    )
    return use(_client(url), f"mcpgen {command} {target}", said)


_NAMED: Final = {
    "call": "the tool's name",
    "read": "the resource's URI",
    "prompt": "the prompt's name",
}
"""What follows the server, where something does."""


def _client(url: str | None) -> type[Client]:
    """A class of clients for one server."""
    from mcpgen.pull.link import client_info
    from mcpgen.runtime.client import Client
    from mcpgen.runtime.client.errors import is_web_url
    from mcpgen.runtime.core.catalog import Catalog

    # What questions of the server are headed with.
    shown = "of this program"
    if url:
        # What is wrong with another URL, the client says.
        shown = urlsplit(url).hostname or url if is_web_url(url) else url

    class LiveClient(Client):
        """Knows nothing of the server but what it lists."""

        catalog = Catalog(server={"name": shown, "version": ""})

        def _own_name(self) -> dict[str, Any]:
            return dict(client_info())

    return LiveClient
