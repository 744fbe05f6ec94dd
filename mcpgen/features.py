"""Parts of the runtime that packages have only where the manifest asks for them.

The table of features and their files. Knows `ir` and no texts of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mcpgen import ir

_FETCHED: Final = ("auth/jwt.py", "auth/keys.py", "auth/fetch.py")
"""What verifies tokens with the help of an authorization server."""

SERVER: Final[Mapping[str, tuple[str, ...]]] = {
    "limits": (),
    "access-log": (),
    "mock": ("mock.py", "../../core/examples/"),
    "telemetry": ("telemetry.py",),
    "jwt": _FETCHED,
    "introspection": (*_FETCHED, "auth/introspection.py", "auth/api_keys.py"),
    "github": ("auth/github.py", "auth/fetch.py", "auth/api_keys.py"),
    "api-key": ("auth/api_keys.py",),
    "token": ("auth/static.py",),
    "mtls": ("auth/mutual_tls.py",),
}
"""Files of each feature of servers, below `server/features` of the runtime.

Features without files are part of every package so far.
"""

BASE_PACKAGES: Final = (
    "aiohttp>=3.14,<4",
    "jsonschema-rs>=0.60,<1",
    "pydantic>=2.14,<3",
)
"""What every generated package needs from PyPI."""

SERVER_PACKAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "jwt": ("joserfc>=1.8,<2",),
    "telemetry": (
        "opentelemetry-sdk>=1.45,<2",
        "opentelemetry-exporter-prometheus>=0.66b2,<1",
    ),
}
"""What features of servers need from PyPI; also extras in the server's project file."""

CLIENT: Final[Mapping[str, tuple[str, ...]]] = {
    "terminal": ("terminal/",),
    "oauth": (),
}
"""The same for clients."""

SERVER_DEFAULT: Final = ("limits", "access-log", "mock", "token")
"""What servers have where the manifest does not list features: their README needs it."""

CLIENT_DEFAULT: Final = ("terminal", "oauth")
"""What clients have where the manifest does not list features."""

NEVER_IN_CLIENTS: Final = ("../../core/examples/",)


@dataclass(frozen=True, slots=True)
class Half:
    """What one package has of the runtime.

    Attributes:
        side: "server" or "client".
        present: The features that it has.
        absent: The others.
    """

    side: str
    present: frozenset[str]
    absent: frozenset[str]

    def has(self, path: str) -> bool:
        """Whether a file of the runtime, such as `server/mock.py`, is in the package."""
        return not path.startswith(self._left_out())

    def _left_out(self) -> tuple[str, ...]:
        table = SERVER if self.side == "server" else CLIENT
        wanted = {path for name in self.present for path in table[name]}
        others = {path for name in self.absent for path in table[name]}
        if self.side == "client":
            others.update(NEVER_IN_CLIENTS)
        return tuple(_places(self.side, others - wanted))

    def text(self, text: str) -> str:
        """A file's text without the lines of features that the package lacks."""
        if _MARK not in text:
            return text
        return "".join(
            line for line in text.splitlines(keepends=True) if not self._lacks(line)
        )

    def _lacks(self, line: str) -> bool:
        _, mark, feature = line.rstrip().rpartition(_MARK)
        return bool(mark) and feature in self.absent


_MARK: Final = "  # feature: "


def _places(side: str, paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if path.startswith("../../"):
            yield path.removeprefix("../../")
        else:
            yield f"{side}/features/{path}"


def server(project: ir.Project) -> Half:
    """What a project's server has."""
    written = project.features.get("server")
    present = set(SERVER_DEFAULT if written is None else written)
    kind = (project.auth or {}).get("kind")
    if kind in SERVER:
        present.add(str(kind))
    return _half("server", present, SERVER)


def extras(project: ir.Project) -> dict[str, tuple[str, ...]]:
    """What the features of a project's server need from PyPI."""
    present = server(project).present
    return {name: each for name, each in SERVER_PACKAGES.items() if name in present}


def requirements(project: ir.Project) -> tuple[str, ...]:
    """What a project's server needs from PyPI."""
    chosen = (each for packages in extras(project).values() for each in packages)
    return (*BASE_PACKAGES, *chosen)


def client(project: ir.Project) -> Half:
    """What a project's client has."""
    return _half("client", project.features.get("client", CLIENT_DEFAULT), CLIENT)


def has_terminal(project: ir.Project) -> bool:
    """Whether a project's client is a program for terminals, too."""
    return "terminal" in client(project).present


def _half(side: str, present: Iterable[str], table: Mapping[str, object]) -> Half:
    have = frozenset(present)
    return Half(side, have, frozenset(table) - have)
