"""Rows of numbers as tables: each beside its ratio to the first, and the goal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.table import Table


def compared(
    title: str, unit: str, values: Mapping[str, float], *, digits: int = 0
) -> Table:
    """One number for each subject, and its ratio to the first subject's."""
    table = Table("", unit, "ratio", title=title)
    base = next(iter(values.values()))
    for name, value in values.items():
        table.add_row(name, f"{value:.{digits}f}", f"{value / base:.2f}")
    return table


def rows(title: str, head: Iterable[str], body: Iterable[Iterable[object]]) -> Table:
    """A table; floats with two decimals."""
    table = Table(*head, title=title)
    for row in body:
        table.add_row(*(f"{v:.2f}" if isinstance(v, float) else str(v) for v in row))
    return table
