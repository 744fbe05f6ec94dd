"""Publishing: refuses what would be regretted, builds, and uploads with twine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from mcpgen import clients, generate, release
from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.features import RUNTIME
from mcpgen.manifest import load
from mcpgen.project import Project

from . import index, retries, tools
from .distributions import Distribution, build

_GIT_SECONDS: Final = 60
_SHOWN: Final = 5
_STATUS: Final = re.compile(r"HTTPError: (\d{3})\b")
"""How twine names the status that ended an upload."""


@dataclass(frozen=True, slots=True)
class Index:
    """Where to publish.

    Attributes:
        upload: The URL that takes uploads.
        simple: The URL of its simple API, which lists what it has.
    """

    upload: str
    simple: str


def _warehouse(upload: str, host: str) -> Index:
    return Index(f"https://{upload}/legacy/", f"https://{host}/simple/")


PYPI: Final = _warehouse("upload.pypi.org", "pypi.org")
TEST_PYPI: Final = _warehouse("test.pypi.org", "test.pypi.org")


def publish(
    project: Project,
    place: Index,
    *,
    rehearse: bool = False,
    allow_breaking: bool = False,
    attestations: Path | None = None,
    vendor: bool = False,
) -> tuple[Distribution, ...]:
    """Build the client and put it on an index.

    Args:
        project: Which.
        place: Where. Who uploads is twine's affair: TWINE_USERNAME, TWINE_PASSWORD, a
            keyring or `.pypirc`, or trusted publishing.
        rehearse: Stop before the upload.
        allow_breaking: Take a version that is too small a step after the newest release.
        attestations: The folder of the attestations to upload with the files, which
            have the files' names and end with `.attestation`.
        vendor: Put a copy of the runtime into the client, whatever the manifest says.

    Raises:
        MCPGenError: As `build` does; or a file has no attestation (MG605), files are
            not committed (MG606), the index has
            this version (MG607) or can't be asked (MG608), the version is too small a
            step after the newest release that the index has (MG610), the CHANGELOG was
            made without that release (MG611), the index lacks the runtime that the
            client depends on (MG612), or the upload failed (MG609).
    """
    _check_clean(project.folder)
    with TemporaryDirectory(prefix="mcpgen-") as folder:
        if not vendor:
            path = project.folder / "client" / "pyproject.toml"
            check_runtime(path, place, "client", "publish the client")
        made = build(project, Path(folder), vendor=vendor)
        attested = [(each, _attestations(each, attestations)) for each in made]
        _check_release(project, place, Path(folder), allow=allow_breaking)
        if not rehearse:
            for each, more in attested:
                _upload(each, more, place)
            generate.mark_published(project)
    return made


def _check_clean(folder: Path) -> None:
    """What is published has to be findable later: in a commit.

    A folder that no version control knows is let through.
    """
    command = ["git", "status", "--porcelain", "--", "."]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    changed = [line[3:] for line in done.stdout.splitlines()]
    if done.returncode == 0 and changed:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise MCPGenError.of(
            "MG606",
            f"not committed: {', '.join(changed[:_SHOWN])}{more}",
            span=Span(str(folder)),
            hint="commit, so that what is published can be found again",
        )


def check_runtime(path: Path, place: Index, half: str, action: str) -> None:
    """See that an index has a runtime that fits, where a package depends on one.

    Args:
        path: The package's project file.
        place: The index.
        half: "client" or "server", for the message.
        action: What to do with a copy of the runtime, for the message.

    Raises:
        MCPGenError: It has none (MG612), or can't be asked (MG608).
    """
    from packaging.requirements import Requirement

    if not path.is_file():
        return
    about = tomllib.loads(path.read_text("utf-8"))["project"]
    for requirement in map(Requirement, about.get("dependencies", ())):
        if requirement.name != RUNTIME:
            continue
        known = index.versions(place.simple, RUNTIME)
        if not any(requirement.specifier.contains(each) for each in known):
            raise MCPGenError.of(
                "MG612",
                f"the {half} depends on {requirement}, which the index does not have",
                span=Span(place.simple),
                hint="upload it first: `mcpgen build runtime`, then `twine upload`; or "
                f"{action} with a copy of its own: --vendor-runtime",
            )


def _check_release(
    project: Project, place: Index, folder: Path, *, allow: bool
) -> None:
    """Hold the client against what the index has of it."""
    from packaging.version import Version

    text = (project.folder / "client" / "pyproject.toml").read_text("utf-8")
    about = tomllib.loads(text)["project"]
    name, version = str(about["name"]), str(Version(about["version"]))
    listed = index.files(place.simple, name)
    if index.has_version(listed, version):
        raise MCPGenError.of(
            "MG607",
            f"{name} {version} is published already",
            span=Span(str(project.manifest_path)),
            hint="raise `package.version`, or `server.version`",
        )
    newest = index.newest_wheel(listed, version)
    if newest is None:
        return
    try:
        released = clients.in_wheel(index.fetch(newest, folder))
    except MCPGenError as error:
        if any(each.code == "MG425" for each in error.diagnostics):
            # Somebody else's work, or from before contracts: nothing to compare with.
            return
        raise
    _compare(project, released, newest, allow=allow)


def _compare(
    project: Project, released: dict[str, Any], wheel: str, *, allow: bool
) -> None:
    """See that version and CHANGELOG are right, seen from the newest release."""
    manifest = load(project.manifest_path)
    known = generate.read_records(project.folder).lock
    promises = known.promises if known else None
    if promises is None:
        return
    changes = release.compare(released, promises.current, manifest)
    if not changes.version_suffices and not allow:
        raise MCPGenError([release.refusal(changes, manifest, "MG610")])
    standing = release.look(promises, manifest, promises.current)
    if not release.knows(standing, released, manifest):
        raise MCPGenError.of(
            "MG611",
            f"the CHANGELOG was made without {wheel}, which the index has",
            span=Span(str(project.folder / generate.CHANGELOG)),
            hint="run `mcpgen generate --since RELEASE` with the git tag or the wheel of "
            "that release (`pip download --no-deps`), and commit",
        )


def _attestations(made: Distribution, folder: Path | None) -> list[Path]:
    """The attestations of a file; none are looked for without a folder."""
    if folder is None:
        return []
    found = sorted(folder.resolve().glob(f"{made.path.name}.*.attestation"))
    if not found:
        raise MCPGenError.of(
            "MG605",
            f"there is no attestation of {made.path.name}",
            span=Span(str(folder)),
            hint="attest what `mcpgen build client` put there: pypi-attestations sign",
        )
    return found


def _upload(made: Distribution, attestations: list[Path], place: Index) -> None:
    """Upload a file; again, where the index is busy."""
    failed = 0
    while True:
        succeeded, text = tools.run(
            *("twine", "upload", "--non-interactive", "--disable-progress-bar"),
            *("--repository-url", place.upload),
            *(["--attestations"] if attestations else []),
            *(made.path, *attestations),
            folder=made.path.parent,
        )
        if succeeded:
            return
        failed += 1
        status = _STATUS.search(text)
        is_busy = status is not None and int(status[1]) in retries.BUSY
        if not is_busy or failed == retries.TRIES:
            break
        retries.pause(failed)
    raise MCPGenError.of(
        "MG609",
        f"the index did not take {made.path.name}",
        span=Span(place.upload),
        details=tools.ending(text, 4),
        hint="twine reads TWINE_USERNAME and TWINE_PASSWORD, a keyring or .pypirc",
    )
