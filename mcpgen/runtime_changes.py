"""What changed in the runtime since a version, from the list of its versions."""

from __future__ import annotations

from dataclasses import dataclass

from mcpgen import assets
from mcpgen.diagnostics import Diagnostic, Span


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the runtime.

    Attributes:
        number: Its number.
        changes: What changed in it, besides `security`.
        security: The security problems that it fixes.
    """

    number: str
    changes: tuple[str, ...] = ()
    security: tuple[str, ...] = ()


def versions() -> tuple[Version, ...]:
    """All versions, oldest first."""
    import tomllib

    listed = tomllib.loads(assets.runtime_changes().read_text(encoding="utf-8"))
    return tuple(
        Version(each["version"], tuple(each["changes"]), tuple(each["security"]))
        for each in listed["versions"]
    )


def outdated(found: str | None, current: str, place: str) -> Diagnostic | None:
    """A warning where a copy of the runtime is older than the one of this mcpgen.

    Args:
        found: The version of the copy; None where it is not known.
        current: The version of this mcpgen's.
        place: The file that has the version.
    """
    if found is None or _key(found) >= _key(current):
        return None
    newer = [each for each in versions() if _key(found) < _key(each.number)]
    fixes = [text for each in newer for text in each.security]
    others = [text for each in newer for text in each.changes]
    what = "with security fixes" if fixes else "without security fixes"
    return Diagnostic(
        "MG438",
        f"the packages have runtime {found}; this mcpgen has {current}, {what}",
        Span(place),
        "run mcpgen generate, and publish what has changed",
        "\n".join([*(f"security: {text}" for text in fixes), *others]) or None,
    )


def _key(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
