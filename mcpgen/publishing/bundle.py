"""An MCP Bundle (MCPB) of the server, the same bytes wherever it is made.

What goes in is what the server's wheel would have, found by a walk over regular files;
hosts install what it depends on with uv.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

from mcpgen import disk, features, generate, ir, variables
from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.folder import path_problem, unreadable
from mcpgen.manifest.reading import is_list, is_mapping
from mcpgen.project import Project
from mcpgen.views import bundle as views

from .distributions import MOMENT, up_to_date
from .upload import Index, check_runtime

_SERVER: Final = "server/"
_GENERATED: Final = re.compile(r"server/[^/]+/generated/.*")
_LICENSES: Final = ("license*", "licence*", "copying*", "notice*")
_CACHES: Final = ("__pycache__", "*.pyc", "*.egg-info", "node_modules")
"""Left out in silence."""
_SECRETS: Final = ("secret", "credential", "token")
_ENDINGS: Final = ("json", "yaml", "yml", "toml")
_PRIVATE: Final = (
    *(".*", "*.env", "*.key", "*.pem", "*.p12", "*.pfx", "*.jks", "*.keystore"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*.ppk"),
    *("*service-account*.json", "*service_account*.json", "client_secret*.json"),
    *(f"{word}*.{ending}" for word in _SECRETS for ending in _ENDINGS),
    *("*.sqlite", "*.sqlite3", "*.log", "tests", "venv"),
)
"""Left out, and named: what by its name is not for others."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was made.

    Attributes:
        path: Where it is.
        sha256: Its digest in hexadecimal.
        files: What it has, by its paths.
        left_out: Files and folders of the server's package that it does not have.
        has_author: Whether the author is known.
    """

    path: Path
    sha256: str
    files: tuple[str, ...]
    left_out: tuple[str, ...]
    has_author: bool


def build_bundle(
    project: Project, folder: Path, place: Index, *, vendor: bool = False
) -> Bundle:
    """Build an MCPB of a project's server.

    Args:
        project: Which.
        folder: Where it goes; an older one of the same name is replaced.
        place: Where hosts install the runtime from, where the server shares it.
        vendor: Put a copy of the runtime into the server, whatever the manifest says.

    Raises:
        MCPGenError: The project is not up to date (MG602) or has no server (MG603), the
            server has no usable project file (MG604), a link or a device is where a file
            belongs (MG409), or hosts could not install the runtime (MG612).
    """
    outcome = up_to_date(project)
    package = generate.server_package(project)
    described = generate.described(project)
    if "stdio" not in described.transports:
        raise MCPGenError.of(
            "MG604",
            "the bundle can't be built: the server does not serve stdio",
            span=Span(str(project.manifest_path)),
            hint="let `transports` list stdio; hosts start bundles and talk over it",
        )
    source = _Source(project.folder, package)
    if described.shares_runtime and not vendor:
        check_runtime(source.project_file, place, "server", "build the bundle")
    files = dict(source.files())
    if described.shares_runtime and vendor:
        described = replace(described, shares_runtime=False)
        _vendor(project, described, outcome.lock.files, files)
    author = source.author or next(iter(described.package.authors), None)
    files[views.entry_point(described)] = views.script(described).encode()
    files["manifest.json"] = views.manifest(
        described,
        variables.of(described),
        python=source.python,
        author=author or ("Unknown", None),
    ).encode()
    content = _archive(files)
    version = described.version or "0.1.0"
    name = re.sub(r"[^A-Za-z0-9.+_-]", "-", f"{described.name}-{version}.mcpb")
    root = project.folder if folder.is_relative_to(project.folder) else None
    root = root or disk.root_of(folder)
    disk.make_folders(folder, root=root)
    disk.put(folder / name, content, root=root)
    return Bundle(
        folder / name,
        hashlib.sha256(content).hexdigest(),
        tuple(sorted(files)),
        tuple(source.left_out),
        author is not None,
    )


class _Source:
    """The server's folder, and what of it goes into a bundle."""

    NAME: Final = "pyproject.toml"

    def __init__(self, project: Path, package: str) -> None:
        self._root = project
        self._folder = project / "server"
        self.project_file = self._folder / self.NAME
        self.left_out: list[str] = []
        self._about = self._read()
        self._packages = sorted({package, *self._listed()})

    @property
    def python(self) -> str:
        """The versions of Python that the server admits."""
        return str(self._about["project"].get("requires-python", ">=3.11"))

    @property
    def author(self) -> tuple[str, str | None] | None:
        """The first author that has a name."""
        listed: Any = self._about["project"].get("authors", ())
        named = [each for each in listed if is_mapping(each) and each.get("name")]
        return (named[0]["name"], named[0].get("email")) if named else None

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The files, by their paths below the server's folder.

        Raises:
            MCPGenError: MG409, something is neither a file nor a folder.
        """
        yield self.NAME, self._content(self.project_file)
        for path in self._named():
            yield path, self._content(self._folder / path)
        for place in sorted(self._folder.iterdir()):
            if not _matches(place.name, _LICENSES):
                continue
            if place.is_dir() and not place.is_symlink():
                yield from self._walk(place)
            else:
                yield place.name, self._content(place)
        for package in self._packages:
            yield from self._walk(self._folder / package)

    def _named(self) -> Iterator[str]:
        """The texts that the project file names, which building a wheel needs."""
        for key in ("readme", "license"):
            given: Any = self._about["project"].get(key)
            path = given.get("file") if is_mapping(given) else given
            # `license` without a table is an expression such as MIT.
            if isinstance(path, str) and (key == "readme" or is_mapping(given)):
                problem = path_problem(path)
                if problem or not os.path.lexists(self._folder / path):
                    reason = problem or "does not exist"
                    raise self._unusable(f"names the {key} {path!r}, which {reason}")
                yield path
        patterns: Any = self._about["project"].get("license-files")
        for pattern in map(str, patterns) if is_list(patterns) else ():
            problem = path_problem(re.sub(r"[*?\[\]]", "x", pattern))
            if problem:
                raise self._unusable(f"names the license {pattern!r}, which {problem}")
            for place in sorted(self._folder.glob(pattern)):
                if not (place.is_dir() or _matches(place.name, _PRIVATE)):
                    yield place.relative_to(self._folder).as_posix()

    def _listed(self) -> Iterator[str]:
        """The packages that hatchling puts into a wheel."""
        found: Any = self._about
        for key in ("tool", "hatch", "build", "targets", "wheel", "packages"):
            found = found.get(key) if is_mapping(found) else None
        for package in map(str, found) if is_list(found) else ():
            problem = path_problem(package)
            if problem or not (self._folder / package).is_dir():
                raise self._unusable(
                    f"names the package {package!r}, which {problem or 'does not exist'}"
                )
            yield package

    def _walk(self, folder: Path) -> Iterator[tuple[str, bytes]]:
        disk.check_way(folder, self._root)
        for place in sorted(folder.iterdir()):
            if _matches(place.name, _CACHES):
                continue
            path = place.relative_to(self._folder).as_posix()
            if _matches(place.name, _PRIVATE):
                self.left_out.append(path)
            elif place.is_dir() and not place.is_symlink():
                yield from self._walk(place)
            else:
                yield path, self._content(place)

    def _content(self, file: Path) -> bytes:
        disk.check_way(file, self._root)
        try:
            if not stat.S_ISREG(os.lstat(file).st_mode):
                raise MCPGenError.of("MG409", "is not a file", span=Span(str(file)))
            return file.read_bytes()
        except OSError as error:
            raise unreadable(file, error) from None

    def _read(self) -> dict[str, Any]:
        try:
            about = tomllib.loads(self._content(self.project_file).decode("utf-8"))
            if isinstance(about.get("project"), dict):
                return about
            reason = "has no table `project`"
        except ValueError as error:
            reason = f"is not valid TOML: {error}"
        raise self._unusable(reason)

    def _unusable(self, reason: str) -> MCPGenError:
        return MCPGenError.of(
            "MG604",
            f"the bundle can't be built: {self.NAME} {reason}",
            span=Span(str(self.project_file)),
            hint="hosts install the server, and what it depends on, by this file",
        )


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name.lower(), pattern) for pattern in patterns)


def _vendor(
    project: Project,
    described: ir.Project,
    known: Iterable[str],
    files: dict[str, bytes],
) -> None:
    """Replace generated files by those that have a copy of the runtime."""
    for path in filter(_GENERATED.fullmatch, known):
        files.pop(path.removeprefix(_SERVER), None)
    for path, file in generate.vendored(project, _SERVER).items():
        if _GENERATED.fullmatch(path):
            files[path.removeprefix(_SERVER)] = file.text.encode()
    needed = features.requirements(described)
    files[_Source.NAME] = _without_runtime(files[_Source.NAME], needed)


def _without_runtime(data: bytes, requirements: tuple[str, ...]) -> bytes:
    """A project file that asks for what the runtime needs, in place of the runtime."""
    pattern = rf'"{features.RUNTIME}\b[^"]*"|\'{features.RUNTIME}\b[^\']*\''
    wanted = ", ".join(f'"{each}"' for each in requirements)
    return re.sub(pattern, lambda _: wanted, data.decode("utf-8")).encode()


def _archive(files: dict[str, bytes]) -> bytes:
    """A ZIP file with fixed times and permissions, sorted."""
    moment = datetime.fromtimestamp(int(MOMENT), UTC)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        # Hosts look for the manifest first.
        for path in sorted(files, key=lambda each: (each != "manifest.json", each)):
            info = zipfile.ZipInfo(path, moment.timetuple()[:6])
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[path])
    return made.getvalue()
