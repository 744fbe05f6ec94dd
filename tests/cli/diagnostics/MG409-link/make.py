"""A link, a folder, and a folder that is a link, where files belong."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    readme = project / "client/README.md"
    readme.unlink()
    readme.symlink_to(project / "mcpgen.yaml")
    (project / "client/pyproject.toml").unlink()
    (project / "client/pyproject.toml").mkdir()
    package = project / "server/hello_server/generated"
    package.rename(project / "elsewhere")
    package.symlink_to(project / "elsewhere")
    for path in (project / "elsewhere").rglob("*.py"):
        if path.name != "service.py":
            path.unlink()
    return ["generate"]
