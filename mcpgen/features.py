"""Parts of the runtime that packages have only where the manifest asks for them.

The table of features and their files. Knows `ir`, the runtime's version and no texts of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mcpgen import ir
from mcpgen.runtime.version import RUNTIME_VERSION

SERVER: Final[Mapping[str, tuple[str, ...]]] = {
    "limits": ("limits/",),
    "access-log": ("access_log/",),
    "auth": ("auth/",),
    "mock": ("mock/",),
    "telemetry": ("telemetry/",),
    "jwt": ("auth/fetch.py", "auth/issuer.py", "auth/jwt.py"),
    "introspection": ("auth/fetch.py", "auth/issuer.py", "auth/introspection.py"),
    "github": ("auth/fetch.py", "auth/github.py"),
    "api-key": ("auth/api_key.py",),
    "token": ("auth/token.py",),
    "mtls": ("auth/mtls.py",),
}
"""Files of each feature of servers, below `server/features` of the runtime."""

TRANSPORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "stdio": ("../transports/stdio.py",),
    "sse": ("../transports/sse/",),
}
"""The same for what the key `transports` lists; the files of `http` are always there."""

AUTHENTICATORS: Final = frozenset(
    {"jwt", "introspection", "github", "api-key", "token", "mtls"}
)
"""Features that bring `auth` with them."""

RUNTIME: Final = "mcpgen-runtime"
"""The distribution that packages depend on where they share the runtime."""

_AIOHTTP: Final = "aiohttp>=3.14.4,<4"
_PYDANTIC: Final = "pydantic>=2.12.5,<3"
BASE_PACKAGES: Final = (_AIOHTTP, "jsonschema-rs>=0.60,<0.61", _PYDANTIC)
"""What the runtime needs from PyPI, and with it every package that has a copy."""

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
    "oauth": ("oauth/", "terminal/sign_in.py"),
    "config": ("config.py",),
    "stdio": ("../transports/stdio.py",),
}
"""The same for clients."""

SERVER_DEFAULT: Final = ("limits", "access-log", "mock", "token")
"""What servers have where the manifest does not list features: their README needs it."""

CLIENT_DEFAULT: Final = ("terminal", "stdio", "config")
"""What clients have where the manifest does not list features; and perhaps `oauth`."""

OAUTH_KINDS: Final = frozenset({"jwt", "introspection", "github"})
"""Kinds of authentication whose tokens an authorization server issues."""

CLIENT_EXTRAS: Final = (
    ("oauth", "oauth", ("joserfc>=1.8,<2",)),
    ("terminal", "cli", ("rich>=14,<16",)),
)
"""Features of clients with an extra, the extra's name, and what it needs from PyPI."""

SERVER_ERAS: Final[Mapping[str, tuple[str, ...]]] = {
    "legacy": ("../eras/legacy/",),
    "modern": ("../eras/modern/",),
}
"""Files of each era, which the manifest's `protocol` asks for, as those of features."""

CLIENT_ERAS: Final[Mapping[str, tuple[str, ...]]] = {
    "legacy": (
        "../eras/legacy/",
        "../transports/http/http_sse.py",
        "../transports/http/streamable.py",
    ),
    "modern": ("../eras/modern.py", "../transports/http/stateless.py"),
    "both": ("../eras/negotiation.py",),
}
"""The same for clients, which with both eras choose one of them."""

NEVER_IN_CLIENTS: Final = ("../../core/uri/match.py",)
"""What only servers use."""

NEVER_IN_SERVERS: Final = ("../../core/uri/expand.py",)
"""What only clients use."""


@dataclass(frozen=True, slots=True)
class Half:
    """What one package has of the runtime.

    Attributes:
        side: "server" or "client".
        present: The features and eras that it has.
        absent: The others.
    """

    side: str
    present: frozenset[str]
    absent: frozenset[str]

    def has(self, path: str) -> bool:
        """Whether a file of the runtime, such as `server/mock.py`, is in the package."""
        return not path.startswith(self._left_out())

    def _left_out(self) -> tuple[str, ...]:
        table = _SERVER if self.side == "server" else _CLIENT
        wanted = {path for name in self.present for path in table[name]}
        others = {path for name in self.absent for path in table[name]}
        is_server = self.side == "server"
        others.update(NEVER_IN_SERVERS if is_server else NEVER_IN_CLIENTS)
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


_SERVER: Final = {**SERVER, **SERVER_ERAS, **TRANSPORTS}
_CLIENT: Final = {**CLIENT, **CLIENT_ERAS}
_MARK: Final = "  # feature: "


def _places(side: str, paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if path.startswith("../../"):
            yield path.removeprefix("../../")
        elif path.startswith("../"):
            yield f"{side}/{path.removeprefix('../')}"
        else:
            yield f"{side}/features/{path}"


def server(project: ir.Project) -> Half:
    """What a project's server has."""
    written = project.features.get("server")
    present = set(SERVER_DEFAULT if written is None else written)
    kind = (project.auth or {}).get("kind")
    if kind in SERVER:
        present.add(str(kind))
    if present & AUTHENTICATORS:
        present.add("auth")
    chosen = TRANSPORTS.keys() & {*project.transports}
    return _half("server", present | project.eras | chosen, _SERVER)


def extras(project: ir.Project) -> dict[str, tuple[str, ...]]:
    """The extras of a project's server, and what they need from PyPI."""
    present = server(project).present
    return {
        name: (runtime_requirement(name),) if project.shares_runtime else packages
        for name, packages in SERVER_PACKAGES.items()
        if name in present
    }


def requirements(project: ir.Project) -> tuple[str, ...]:
    """What a project's server needs from PyPI."""
    chosen = extras(project)
    if project.shares_runtime:
        # The server's own code imports the first two.
        return (_AIOHTTP, _PYDANTIC, runtime_requirement(*chosen))
    return (
        *BASE_PACKAGES,
        *(each for packages in chosen.values() for each in packages),
    )


def client_requirements(project: ir.Project) -> tuple[str, ...]:
    """What a project's client needs from PyPI."""
    if project.shares_runtime:
        return (_PYDANTIC, runtime_requirement())
    return BASE_PACKAGES


def client_extras(project: ir.Project) -> dict[str, tuple[str, ...]]:
    """The extras of a project's client, and what they need from PyPI."""
    present = client(project).present
    found: dict[str, tuple[str, ...]] = {
        name: packages
        for feature, name, packages in CLIENT_EXTRAS
        if feature in present
    }
    if project.shares_runtime:
        return {name: (runtime_requirement(name),) for name in found}
    return found


def runtime_requirement(*extras: str) -> str:
    """What packages that share the runtime depend on."""
    following = int(RUNTIME_VERSION.partition(".")[0]) + 1
    bracket = f"[{','.join(sorted(extras))}]" if extras else ""
    return f"{RUNTIME}{bracket}>={RUNTIME_VERSION},<{following}"


def client(project: ir.Project) -> Half:
    """What a project's client has."""
    written = project.features.get("client")
    listed = _client_default(project) if written is None else written
    both = ["both"] if len(project.eras) > 1 else []
    return _half("client", {*listed, *project.eras, *both}, _CLIENT)


def _client_default(project: ir.Project) -> tuple[str, ...]:
    """What a client has where the manifest does not list features."""
    kind = (project.auth or {}).get("kind")
    signs_in = kind in OAUTH_KINDS or (kind is None and not project.has_server)
    return (*CLIENT_DEFAULT, "oauth") if signs_in else CLIENT_DEFAULT


def has_terminal(project: ir.Project) -> bool:
    """Whether a project's client is a program for terminals, too."""
    return "terminal" in client(project).present


def _half(side: str, present: Iterable[str], table: Mapping[str, object]) -> Half:
    have = frozenset(present)
    return Half(side, have, frozenset(table) - have)
