"""Pages that are made from the code say what the code says."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_is_what_the_code_says() -> None:
    made = runpy.run_path(str(DOCS / "reference.py"))["pages"]()
    assert {"commands.md", "messages.md", "manifest-keys.md"} == made.keys()
    for name, text in made.items():
        written = (DOCS / "reference" / name).read_text("utf-8")
        assert written == text, "run python docs/reference.py"


def test_every_version_has_a_page_about_the_upgrade() -> None:
    """The one that is being made, and each that the changelog has."""
    changelog = (DOCS.parent / "CHANGELOG.md").read_text("utf-8")
    released = re.findall(r"^## \[?(\d[\w.]*)", changelog, re.MULTILINE)
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text("utf-8"))
    pages = {page.stem for page in (DOCS / "upgrading").glob("*.md")}
    assert pages >= {*released, project["project"]["version"]}
