"""The client's CHANGELOG: a section per version, the newest first.

The newest is made from what changed for callers; older ones stay as they were written.
It knows Markdown headings and changes, no files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcpgen import ir

if TYPE_CHECKING:
    from mcpgen.contracts import Changes

_HEADING: Final = re.compile(r"^## (\S+)\n", re.MULTILINE)


def history(
    written: str | None,
    version: str,
    changes: Changes | None,
    *,
    is_known: bool = True,
) -> ir.History:
    """What the CHANGELOG is to say.

    Args:
        written: Its text as mcpgen wrote it last, or None.
        version: The client's version, as its heading has it.
        changes: What changed for callers since the version that they have, or None
            where they have none.
        is_known: Whether that is what they have, for certain.
    """
    sections = _sections(written or "")
    own = sections.pop(version, None)
    if changes is not None and is_known:
        # What was never released has no place in the history of releases.
        sections = {
            name: text
            for name, text in sections.items()
            if not _is_after(name, changes.old_version)
        }
    earlier = "\n".join(sections.values())
    if changes is None or changes.old_version == changes.new_version:
        return ir.History(kept=own, earlier=earlier)
    said = tuple((str(each.rule.level), each.message) for each in changes.all)
    return ir.History(
        changes=said, since=changes.old_version, earlier=earlier, is_known=is_known
    )


def _is_after(name: str, version: str) -> bool:
    from mcpgen.contracts import parse

    found, since = parse(name), parse(version)
    return found is not None and since is not None and found > since


def _sections(text: str) -> dict[str, str]:
    """The sections by their versions, each with its heading."""
    marks = list(_HEADING.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return {
        mark[1]: f"{text[mark.start() : end].rstrip()}\n"
        for mark, end in zip(marks, ends, strict=False)
    }
