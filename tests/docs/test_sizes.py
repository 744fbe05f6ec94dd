"""The table of features in docs/manifest.md says what each of them adds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from benchmarks.size import code_lines
from mcpgen import features
from tests.render.projects import native, project, texts, tool

PAGE: Final = Path(__file__).parents[2] / "docs" / "manifest.md"
ROW: Final = re.compile(
    r"\| `(?:features\.)?(server|client|transports): ([a-z-]+)` "
    r"\|[^|]*\|[^|]*\| ?([\d,]*) ?\|"
)
SIZES: Final = {
    (side, name): int(lines.replace(",", ""))
    for side, name, lines in ROW.findall(PAGE.read_text("utf-8"))
    if lines
}


def size(side: str, *names: str) -> int:
    """Code lines of one package with some features."""
    chosen = {"server": list[str](), "client": list[str](), side: list(names)}
    listed = ["http", *chosen.pop("transports", [])]
    side = side if side == "client" else "server"
    made = texts(project(native(tools=[tool()], features=chosen, transports=listed)))
    start = f"{side}/weather_{side}/"
    return sum(
        code_lines(text)
        for path, text in made.items()
        if path.startswith(start) and path.endswith(".py")
    )


def test_every_feature_has_its_size() -> None:
    for one, table in (("server", features.SERVER), ("client", features.CLIENT)):
        assert {name for side, name in SIZES if side == one} == set(table)
    assert {n for side, n in SIZES if side == "transports"} == set(features.TRANSPORTS)


@pytest.mark.parametrize("key", SIZES, ids=": ".join)
def test_a_size_in_the_table_is_that_of_the_feature(key: tuple[str, str]) -> None:
    side, name = key
    below = ["auth"] if name in features.AUTHENTICATORS else []
    added = size(side, name) - size(side, *below)
    assert abs(added - SIZES[key]) <= max(20, added // 20), added
