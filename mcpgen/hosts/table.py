"""The hosts: which file each one reads, and the form of an entry in it. Data alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

Scope: TypeAlias = Literal["user", "project"]
Place: TypeAlias = tuple[str, ...]
"""The parts of a path; the first one is `~`, or a variable such as `%APPDATA%`."""


@dataclass(frozen=True, slots=True)
class Host:
    """A program that starts servers, or connects to them.

    Attributes:
        title: Its name.
        key: The key of the object that holds the entries.
        user: The user's file, by `sys.platform`; empty where there is none.
        project: The file in a project's folder; None where there is none.
        comments: Whether the file may have comments and trailing commas.
        types: The value of `type` in an entry, by transport; without one, entries of
            that transport have no `type`.
        http: Whether the file takes URLs.
        hint: What to do before the host uses the entry.
    """

    title: str
    key: str = "mcpServers"
    user: Mapping[str, Place] = field(default_factory=dict[str, Place])
    project: Place | None = None
    comments: bool = False
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    http: bool = True
    hint: str = ""

    def scopes(self) -> tuple[Scope, ...]:
        """The scopes that it has, the default one first."""
        found: list[Scope] = ["user"] if self.user else []
        return (*found, "project") if self.project else tuple(found)

    def file(self, scope: Scope, project: Path) -> tuple[Path, Path]:
        """The file of a scope, and the folder below which no link is followed.

        Args:
            scope: One that the host has.
            project: The folder of a project.
        """
        if scope == "project":
            return project.joinpath(*self.project or ()), project
        base, *parts = self.user.get(sys.platform, self.user["linux"])
        home = Path.home()
        if base == "%APPDATA%":
            # Where Windows does not set it, this is its value.
            root = Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
        elif base == "$XDG_CONFIG_HOME":
            root = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        else:
            root = home
        return root.joinpath(*parts), root


_STDIO: Final = {"stdio": "stdio"}
_BOTH: Final = {"stdio": "stdio", "http": "http"}
_CLAUDE: Final = ("Claude", "claude_desktop_config.json")
_CODE: Final = ("Code", "User", "mcp.json")
_APPLICATIONS: Final = ("~", "Library", "Application Support")


def _everywhere(*parts: str) -> dict[str, Place]:
    return dict.fromkeys(("darwin", "win32", "linux"), ("~", *parts))


HOSTS: Final[Mapping[str, Host]] = {
    # https://modelcontextprotocol.io/docs/develop/connect-local-servers
    # Linux is not in the documentation; the Linux builds follow Electron's convention.
    "claude-desktop": Host(
        "Claude Desktop",
        user={
            "darwin": (*_APPLICATIONS, *_CLAUDE),
            "win32": ("%APPDATA%", *_CLAUDE),
            "linux": ("$XDG_CONFIG_HOME", *_CLAUDE),
        },
        http=False,
        hint="Quit Claude Desktop and start it again.",
    ),
    # https://code.claude.com/docs/en/mcp#mcp-installation-scopes
    "claude-code": Host(
        "Claude Code",
        user=_everywhere(".claude.json"),
        project=(".mcp.json",),
        types=_BOTH,
        hint="Start a new session of Claude Code; `claude mcp list` shows the server.",
    ),
    # https://cursor.com/docs/mcp#configuration-locations
    "cursor": Host(
        "Cursor",
        user=_everywhere(".cursor", "mcp.json"),
        project=(".cursor", "mcp.json"),
        comments=True,
        types=_STDIO,
        hint="In Cursor, switch the server on under Customize > MCPs.",
    ),
    # https://code.visualstudio.com/docs/agents/reference/mcp-configuration
    # https://code.visualstudio.com/docs/configure/settings#_user-settingsjson-location
    "vscode": Host(
        "VS Code",
        key="servers",
        user={
            "darwin": (*_APPLICATIONS, *_CODE),
            "win32": ("%APPDATA%", *_CODE),
            "linux": ("$XDG_CONFIG_HOME", *_CODE),
        },
        project=(".vscode", "mcp.json"),
        comments=True,
        types=_BOTH,
        hint="In VS Code, start the server with the command `MCP: List Servers`.",
    ),
    # The form that most other hosts read, in a file to copy from or to point them at:
    # https://gofastmcp.com/integrations/mcp-json-configuration
    "mcp-json": Host(
        "mcp.json",
        project=("mcp.json",),
        types={"http": "http"},
    ),
}
