"""`python -m tests.requirements [ID | SPECIFICATION]`: what is proven; count anew.

With an id, or how one begins (`2026-07-28/server/progress`): what the specification
says where, and the tests. With the folder `docs/specification` of a checkout of the specification, the MUSTs of
every section are counted into `sections.toml`; `test_lists.py` then names those that no
list has.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.requirements.lists import HERE, Requirement, count, requirements


def main(arguments: list[str]) -> None:
    """Count when a checkout is given; print what was asked for, or a row per list."""
    chosen = [
        one for one in requirements() if arguments and one.id.startswith(arguments[0])
    ]
    if chosen:
        print("\n\n".join(described(one) for one in chosen))
        return
    if arguments:
        if not Path(arguments[0]).is_dir():
            sys.exit(f"{arguments[0]} is neither an id nor a folder")
        write(count(Path(arguments[0])))
    table = Table("list", "proven", "can't bind", "tests", title="requirements")
    lists = sorted({one.id.rpartition("/")[0] for one in requirements()})
    for name in lists:
        entries = [one for one in requirements() if one.id.startswith(f"{name}/")]
        tests = frozenset[str]().union(*(one.tests for one in entries))
        proven = sum(1 for one in entries if one.tests)
        table.add_row(name, str(proven), str(len(entries) - proven), str(len(tests)))
    Console().print(table)


def described(one: Requirement) -> str:
    """A requirement, as people read it."""
    proof = sorted(one.tests) or [f"can't bind: {one.reason}"]
    places = [
        f"{place.link} ({', '.join(map(str, sorted(place.numbers)))})"
        for place in one.places
    ]
    return "\n  ".join([one.id, one.says, *places, *proof])


def write(counted: dict[str, dict[str, int]]) -> None:
    """Write `sections.toml`."""
    lines = [
        "# How often each section says MUST; see __init__.py. Counted, not written."
    ]
    for revision, sections in counted.items():
        lines += ["", f'["{revision}"]']
        lines += [f'"{section}" = {number}' for section, number in sections.items()]
    (HERE / "sections.toml").write_text("\n".join([*lines, ""]), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
