"""What a shell may complete: commands, options, and names that this client knows.

Nothing is asked of a server.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Final

from ....core.jsonrpc import is_object
from ...client import Client
from .arguments import arguments_of, spellings

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
    client: type[Client], parser: argparse.ArgumentParser, words: Sequence[str]
) -> list[str]:
    """The words that may stand in the place of the last one."""
    before, last = words[:-1], words[-1] if words else ""
    given = [word for word in before if not word.startswith("-")]
    has_server = bool(client._url or client._command)  # pyright: ignore[reportPrivateUsage]
    if not (has_server and (not given or given[0] in _commands(parser))):
        given = given[1:]
    command = given[0] if given else None
    found: list[str]
    if len(given) > 1:
        found = _options_of(client, given[0], given[1])
    elif last.startswith("-"):
        found = [
            option for action in parser._actions for option in action.option_strings
        ]
    elif command is None:
        found = _commands(parser) if before or has_server else []
    else:
        found = _names(client, command)
    return sorted(word for word in found if word.startswith(last))


def _commands(parser: argparse.ArgumentParser) -> list[str]:
    # Only the action of the commands has a mapping of choices.
    return [
        name
        for action in parser._actions
        if is_object(action.choices)
        for name in action.choices
    ]


def _names(client: type[Client], command: str) -> list[str]:
    catalog = client.catalog
    named = {
        "call": [tool["name"] for tool in catalog.tools],
        "prompt": [prompt["name"] for prompt in catalog.prompts],
        "read": [resource["uri"] for resource in catalog.resources],
        "complete": [prompt["name"] for prompt in catalog.prompts],
    }
    return [str(name) for name in named.get(command, ())]


def _options_of(client: type[Client], command: str, name: str) -> list[str]:
    """The options of a tool's arguments."""
    if command != "call":
        return []
    for tool in client.catalog.tools:
        if tool["name"] == name:
            found = spellings(arguments_of(tool.get("inputSchema")))
            return [option for options in found for option in options]
    return []
