"""The contract of a client that was generated earlier: from a wheel, its folder, or git.

Joins `contracts`, `editions` and `lock`. Nothing of it is run or trusted: the catalog is
read as text, and names are checked.
"""

from __future__ import annotations

import ast
import json
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Mapping
from email.parser import BytesHeaderParser
from pathlib import Path, PurePosixPath
from typing import Any, Final, cast

from mcpgen import contracts, editions, lock
from mcpgen.diagnostics import MCPGenError, Span

FILE: Final = "contract.json"
"""What a client carries of its contract, beside its catalog."""
_CATALOG: Final = "catalog.py"
_LARGEST: Final = 64 * 1024 * 1024


class _NotAClient(ValueError):
    """What was named holds no client."""


_UNREADABLE: Final = (
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading somebody else's archive, source or JSON may raise."""


def contract_of(name: str, project: Path | None = None) -> dict[str, Any]:
    """The contract of a release, as data.

    Args:
        name: A wheel, the folder of a client or of a project, or a git revision.
        project: The project's folder, for revisions; None takes the one around here.

    Raises:
        MCPGenError: There is none (MG425), or it can't be read.
    """
    path = Path(name)
    try:
        if path.is_file() and zipfile.is_zipfile(path):
            return in_wheel(path)
        if path.is_dir() and not editions.is_revision(name, project):
            return in_folder(path)
        return _in_git(name, project)
    except (_NotAClient, contracts.NotAContract) as error:
        raise _none(name, str(error)) from None


def _none(name: str, problem: str) -> MCPGenError:
    return MCPGenError.of(
        "MG425",
        f"no release of a client: {problem}",
        span=Span(name),
        hint="name a wheel, the folder of a client, or a git revision with the project",
    )


def in_folder(folder: Path) -> dict[str, Any]:
    """The contract of the client in a folder, or in a project's folder.

    Raises:
        MCPGenError: MG425, there is none.
    """
    home = folder / "client" if (folder / "client").is_dir() else folder
    try:
        about = tomllib.loads(_text(home / "pyproject.toml")).get("project")
        if about is None:
            raise _NotAClient("the folder has no pyproject.toml of a client")
        version = str(about["version"])
        catalogs = sorted(home.glob(f"*/{_CATALOG}"))
        if len(catalogs) != 1:
            raise _NotAClient(f"{len(catalogs)} packages with a catalog")
        package = catalogs[0].parent
        return _contract(lambda file: _bytes(package / file), version)
    except _UNREADABLE as error:
        raise _none(str(folder), str(error)) from None


def in_wheel(path: Path) -> dict[str, Any]:
    """The contract of the client in a wheel.

    Raises:
        MCPGenError: MG425, there is none.
    """
    try:
        with zipfile.ZipFile(path) as wheel:
            names = [PurePosixPath(name) for name in wheel.namelist()]
            (catalog,) = [n for n in names if n.name == _CATALOG and len(n.parts) == 2]
            (about,) = [n for n in names if n.match("*.dist-info/METADATA")]
            metadata = BytesHeaderParser().parsebytes(_member(wheel, str(about)))

            def read(file: str) -> bytes | None:
                place = catalog.with_name(file)
                return _member(wheel, str(place)) if place in names else None

            return _contract(read, str(metadata["Version"]))
    except _UNREADABLE as error:
        raise _none(str(path), str(error)) from None


def in_tag(version: str, project: Path) -> dict[str, Any] | None:
    """The contract at the git tag of a version; None where there is no such tag."""
    for tag in (f"refs/tags/v{version}", f"refs/tags/{version}"):
        if editions.is_revision(tag, project):
            try:
                return contract_of(tag, project)
            except MCPGenError:
                return None
    return None


def _in_git(name: str, project: Path | None) -> dict[str, Any]:
    manifest, data = editions.with_lock(name, project)
    if data is not None:
        known = lock.parse(data).promises
        if known is not None and _fits(known.current, manifest):
            return dict(known.current)
    return contracts.to_json(contracts.from_manifest(manifest))


def _fits(data: Mapping[str, Any], manifest: Any) -> bool:
    """Whether a lock was written for a manifest: names apart, they agree."""
    made = contracts.to_json(contracts.from_manifest(manifest))
    return data.get("version") == made["version"] and set(
        data.get("entries", {})
    ) == set(made["entries"])


def _contract(read: Callable[[str], bytes | None], version: str) -> dict[str, Any]:
    catalog = _catalog(read(_CATALOG) or b"")
    carried = read(FILE)
    if carried is not None:
        return contracts.of_client(json.loads(carried), catalog)
    return _recomputed(catalog, version)


def _catalog(source: bytes) -> dict[str, Any]:
    """The catalog in the source of `catalog.py`, which is not run."""
    for statement in ast.parse(source).body:
        match statement:
            case ast.AnnAssign(ast.Name("_TEXT"), value=ast.Constant(value=str(text))):
                found = json.loads(text)
                if isinstance(found, dict):
                    return cast("dict[str, Any]", found)
            case _:
                continue
    raise _NotAClient("no catalog")


def _recomputed(catalog: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The contract of a client that carries none: its names are made once more."""
    from mcpgen.manifest import loads

    server = catalog.get("server")
    name = (
        cast("dict[str, Any]", server).get("name") if isinstance(server, dict) else None
    )
    listed = {"resource_templates": "resourceTemplates"}
    document = {
        "mcpgen": 1,
        "name": name,
        "server": {"version": version},
        **{
            listed.get(key, key): catalog[key]
            for key in ("tools", "prompts", "resources", "resource_templates")
            if key in catalog
        },
    }
    try:
        manifest = loads(json.dumps(document), _CATALOG)
    except MCPGenError:
        raise _NotAClient("its catalog is no manifest") from None
    made = contracts.to_json(contracts.from_manifest(manifest))
    return {**made, "version": version, contracts.PARTIAL: "definitions"}


def _text(path: Path) -> str:
    return (_bytes(path) or b"").decode()


def _bytes(path: Path) -> bytes | None:
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return None
    return path.read_bytes()


def _member(wheel: zipfile.ZipFile, name: str) -> bytes:
    if wheel.getinfo(name).file_size > _LARGEST:
        raise _NotAClient(f"{name} is too large")
    return wheel.read(name)
