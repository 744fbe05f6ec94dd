"""Publishing: refuses what would be regretted, builds, and uploads with twine."""

from __future__ import annotations

import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from mcpgen import generate
from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.project import Project

from . import index, tools
from .distributions import Distribution, build

_GIT_SECONDS: Final = 60
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Index:
    """Where to publish.

    Attributes:
        upload: The URL that takes uploads.
        simple: The URL of its simple API, which tells what it has.
    """

    upload: str
    simple: str


def _warehouse(upload: str, host: str) -> Index:
    return Index(f"https://{upload}/legacy/", f"https://{host}/simple/")


PYPI: Final = _warehouse("upload.pypi.org", "pypi.org")
TEST_PYPI: Final = _warehouse("test.pypi.org", "test.pypi.org")


def publish(
    project: Project, place: Index, *, rehearse: bool = False
) -> tuple[Distribution, ...]:
    """Build the client and put it on an index.

    Args:
        project: Which.
        place: Where. Who uploads is twine's affair: TWINE_USERNAME, TWINE_PASSWORD, a
            keyring or `.pypirc`.
        rehearse: Stop before the upload.

    Raises:
        MCPGenError: As `build` does; or files are not committed (MG606), the index has
            this version (MG607) or can't be asked (MG608), or the upload failed
            (MG609).
    """
    _check_clean(project.folder)
    with TemporaryDirectory(prefix="mcpgen-") as folder:
        made = build(project, Path(folder))
        _check_new(project, place)
        if not rehearse:
            _upload(made, place)
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


def _check_new(project: Project, place: Index) -> None:
    """No version is published twice."""
    from packaging.version import Version

    text = (project.folder / "client" / "pyproject.toml").read_text("utf-8")
    about = tomllib.loads(text)["project"]
    name, version = str(about["name"]), str(Version(about["version"]))
    if version in index.versions(place.simple, name):
        raise MCPGenError.of(
            "MG607",
            f"{name} {version} is published already",
            span=Span(str(project.manifest_path)),
            hint="raise `package.version`, or `server.version`",
        )


def _upload(made: tuple[Distribution, ...], place: Index) -> None:
    succeeded, text = tools.run(
        *("twine", "upload", "--non-interactive", "--disable-progress-bar"),
        *("--repository-url", place.upload),
        *(each.path for each in made),
        folder=made[0].path.parent,
    )
    if not succeeded:
        raise MCPGenError.of(
            "MG609",
            "the index did not take the files",
            span=Span(place.upload),
            details=tools.ending(text, 4),
            hint="twine reads TWINE_USERNAME and TWINE_PASSWORD, a keyring or .pypirc",
        )
