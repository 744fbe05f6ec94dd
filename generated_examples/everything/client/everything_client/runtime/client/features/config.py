"""Servers in the configuration files of hosts: Claude, VS Code, Cursor and others.

Reads `mcpServers` (or VS Code's `servers`) with comments, trailing commas and variables.
The file is the user's own. Values may be secrets: no message and no `repr` has one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from ..errors import ClientError, is_web_url
from ..incoming import is_list, is_object

_SECTIONS: Final = ("mcpServers", "servers", "mcp.servers")
_URLS: Final = ("url", "serverUrl", "httpUrl")
_TYPES: Final[Mapping[str, str]] = {
    "stdio": "command",
    **dict.fromkeys(("http", "streamable-http", "streamableHttp", "sse"), "url"),
}
"""Types of servers, and the key that each needs; the client finds out which HTTP it is."""

_VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")
_NAMED: Final = re.compile(r"(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_COMMENT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\r\n]*|/\*.*?\*/', re.DOTALL)
_COMMA: Final = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)
_HOST_FOLDERS: Final = frozenset({".vscode", ".cursor", ".claude", ".gemini"})


class ConfigError(ClientError, ValueError):
    """A configuration file cannot be used; names the file and the key."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server's entry, variables replaced: a command or a URL.

    Attributes:
        command: The program and its arguments; empty for a server with a URL.
        env: Environment variables for the program.
        cwd: Where it runs.
        url: The URL; empty for a program.
        headers: Headers for each request.
    """

    command: tuple[str, ...] = field(default=(), repr=False)
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cwd: Path | None = None
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


def read(
    path: str | os.PathLike[str], name: str, environment: Mapping[str, str]
) -> Server:
    """The entry of a server.

    Args:
        path: The file.
        name: The server's name in it.
        environment: The variables that the file may refer to.

    Raises:
        ConfigError: The file or the entry cannot be used.
    """
    file = Path(path)
    section, entries = _section(file, _document(file))
    if name not in entries:
        known = ", ".join(sorted(entries)) or "none"
        raise ConfigError(f"{file}: {section} has no server {name!r}; it has {known}")
    place = f"{file}: {section}.{name}"
    entry = entries[name]
    if not is_object(entry):
        raise ConfigError(f"{place}: must be an object with `command` or `url`")
    return _Entry(place, entry, _variables(file, environment)).server()


def _document(file: Path) -> Any:
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8") from None
    text = _COMMA.sub(_blank, _COMMENT.sub(_blank, text))
    try:
        return json.loads(text)
    except ValueError as error:
        problem = str(error)
    except RecursionError:
        problem = "nested too deeply"
    raise ConfigError(f"{file}: is not JSON: {problem}")


def _blank(match: re.Match[str]) -> str:
    """Spaces of the same length, so that places stay right; texts stay as they are."""
    text = match[0]
    return text if text.startswith('"') else re.sub(r"[^\r\n]", " ", text)


def _section(file: Path, document: Any) -> tuple[str, dict[str, Any]]:
    for section in _SECTIONS:
        found = document
        for key in section.split("."):
            found = found.get(key) if is_object(found) else None
        if is_object(found):
            return section, found
        if found is not None:
            raise ConfigError(
                f"{file}: {section}: must be an object of servers by name"
            )
    raise ConfigError(
        f"{file}: has no servers: `mcpServers`, or `servers` as VS Code writes it, is "
        "an object of servers by name"
    )


def _variables(file: Path, environment: Mapping[str, str]) -> Callable[[str, str], str]:
    """What replaces the variables in a text at a place."""
    folder = file.absolute().parent
    workspace = folder.parent if folder.name in _HOST_FOLDERS else folder
    known = {
        "workspaceFolder": str(workspace),
        "workspaceFolderBasename": workspace.name,
        "userHome": environment.get("HOME") or environment.get("USERPROFILE", "~"),
        "pathSeparator": os.sep,
        "/": os.sep,
    }

    def value(place: str, variable: str) -> str:
        if variable in known and variable not in environment:
            return known[variable]
        if variable.startswith("input:"):
            raise ConfigError(
                f"{place}: ${{{variable}}} is asked for by hosts; write ${{NAME}} and set "
                "that environment variable"
            )
        named = _NAMED.fullmatch(variable)
        if named is None:
            raise ConfigError(
                f"{place}: ${{{variable.partition(':-')[0]}}} is unknown; environment "
                "variables are written ${NAME}, ${NAME:-default} or ${env:NAME}"
            )
        found = environment.get(named[1])
        if not found and named[2] is not None:
            return named[2]
        if found is None:
            raise ConfigError(
                f"{place}: the environment variable {named[1]} is not set; set it, or "
                f"write ${{{named[1]}:-default}}"
            )
        return found

    return lambda place, text: _VARIABLE.sub(lambda m: value(place, m[1]), text)


class _Entry:
    """An entry that is read."""

    def __init__(
        self, place: str, entry: dict[str, Any], replaced: Callable[[str, str], str]
    ) -> None:
        self._place = place
        self._entry = entry
        self._replaced = replaced

    def server(self) -> Server:
        """What the entry says."""
        key = self._kind()
        if "envFile" in self._entry:
            self._refuse("envFile", "is not read; write its variables into `env`")
        if key == "command":
            cwd = self._entry.get("cwd")
            return Server(
                command=(self._text("command"), *self._texts("args")),
                env=self._mapping("env"),
                cwd=None if cwd is None else Path(self._text("cwd")),
            )
        url = self._text(key)
        if not is_web_url(url):
            self._refuse(key, "must be an http or https URL")
        headers = self._mapping("headers")
        for name, value in headers.items():
            if not f"{name}{value}".isprintable():
                self._refuse(f"headers.{name}", "has a line end or control character")
        return Server(url=url, headers=headers)

    def _kind(self) -> str:
        """The key that says what the server is."""
        present = [key for key in ("command", *_URLS) if key in self._entry]
        kind = self._entry.get("type")
        if kind is not None:
            wanted = _TYPES.get(kind) if isinstance(kind, str) else None
            if wanted is None:
                self._refuse("type", f"must be one of {', '.join(_TYPES)}")
            present = [
                key for key in present if (key == "command") == (wanted == "command")
            ]
            if not present:
                self._refuse("type", f"is {kind}, but there is no `{wanted}`")
        if not present:
            raise ConfigError(f"{self._place}: has neither `command` nor `url`")
        if kind is None and len(present) > 1:
            both = " and ".join(f"`{key}`" for key in present)
            raise ConfigError(
                f"{self._place}: has {both}; `type` says which one counts"
            )
        return present[0]

    def _text(self, key: str) -> str:
        return self._value(key, self._entry[key])

    def _texts(self, key: str) -> list[str]:
        found = self._entry.get(key, [])
        if not is_list(found):
            self._refuse(key, "must be a list of texts")
        return [
            self._value(f"{key}[{number}]", each, empty=True)
            for number, each in enumerate(found)
        ]

    def _mapping(self, key: str) -> dict[str, str]:
        found = self._entry.get(key, {})
        if not is_object(found):
            self._refuse(key, "must be an object of texts by name")
        return {
            name: self._value(
                f"{key}.{name}", str(v) if type(v) in (int, float) else v, empty=True
            )
            for name, v in found.items()
            if v is not None
        }

    def _value(self, key: str, value: object, *, empty: bool = False) -> str:
        if not isinstance(value, str) or not (value or empty):
            self._refuse(key, "must be a text")
        if "\0" in value:
            self._refuse(key, "has a null character")
        return self._replaced(f"{self._place}.{key}", value)

    def _refuse(self, key: str, problem: str) -> NoReturn:
        raise ConfigError(f"{self._place}.{key}: {problem}")
