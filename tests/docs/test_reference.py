"""Pages that are made from the code say what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_is_what_the_code_says() -> None:
    made = runpy.run_path(str(DOCS / "reference.py"))["pages"]()
    assert {"commands.md", "messages.md", "manifest-keys.md"} == made.keys()
    for name, text in made.items():
        written = (DOCS / "reference" / name).read_text("utf-8")
        assert written == text, "run python docs/reference.py"
