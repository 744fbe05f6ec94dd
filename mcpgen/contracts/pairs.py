"""An entry before and after, with its places.

Middle of the contract stage, between `contract` and what compares.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcpgen.diagnostics import Span

from .changes import Change, change
from .contract import Contract, Entry, Pointer


@dataclass(frozen=True, slots=True)
class Pair:
    """An entry before and after.

    Attributes:
        old: The entry as callers know it.
        new: The entry as it is now.
        contracts: The contracts around them.
    """

    old: Entry
    new: Entry
    contracts: tuple[Contract, Contract]

    def say(
        self,
        rule: str,
        message: str,
        *,
        path: str = "",
        at: Pointer = (),
        was: Pointer | None = None,
        example: str | None = None,
    ) -> Change:
        """A change of this entry; `was` is a place in the old one, for what is gone."""
        if was is None:
            span = span_of(self.contracts[1], (*self.new.pointer, *at))
        else:
            span = span_of(self.contracts[0], (*self.old.pointer, *was))
        what = f"{self.new.title}: {message}"
        return change(rule, self.new.title, what, path=path, span=span, example=example)


def span_of(contract: Contract, pointer: Pointer, *, key: bool = False) -> Span | None:
    """A place in a contract's source, where it has one."""
    source = contract.source
    return None if source is None else source.span(pointer, key=key)
