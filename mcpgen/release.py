"""What callers were promised last, and whether a version tells what has changed since.

Joins `contracts` and `lock`. A lock holds the contract that was generated last and,
once there was a version before it, the one of that version: callers have that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mcpgen import contracts
from mcpgen.diagnostics import Diagnostic, MCPGenError, Span
from mcpgen.lock import FILE, Promises

if TYPE_CHECKING:
    from mcpgen.contracts import Changes
    from mcpgen.manifest import Manifest

ALLOW: Final = "--allow-breaking"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a manifest's version is good enough.

    Attributes:
        promises: What the lock is to hold now.
        refusal: Why the version is not good enough, or None.
    """

    promises: Promises
    refusal: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A manifest beside what callers have.

    Attributes:
        now: The manifest's contract, as data.
        released: The contract that callers have; None where there was no version before.
        changes: What changed since that one.
    """

    now: Mapping[str, Any]
    released: Mapping[str, Any] | None = None
    changes: Changes | None = None


def first(manifest: Manifest) -> Promises:
    """What the lock of a new project is to hold."""
    return Promises(contracts.to_json(contracts.from_manifest(manifest)), None)


def look(known: Promises | None, manifest: Manifest) -> Standing:
    """Hold a manifest against the contract that callers have.

    A version that was raised makes the contract before it the one that callers have.
    Until then, a contract may change freely under its version.

    Args:
        known: What the lock holds; None for a lock from before there were contracts.
        manifest: The manifest as it is now.

    Raises:
        MCPGenError: The lock holds something that is no contract (MG403).
    """
    now = contracts.to_json(contracts.from_manifest(manifest))
    released = None if known is None else _released(known, now["version"])
    if released is None:
        return Standing(now)
    before = _parsed(released, manifest)
    return Standing(now, released, contracts.compare(before, contracts.from_json(now)))


def judge(standing: Standing, manifest: Manifest, *, allow: bool = False) -> Judgement:
    """Whether a manifest's version tells what changed for callers.

    Args:
        standing: What `look` found.
        manifest: The manifest as it is now.
        allow: Take a version that tells too little; callers are taken to have the new
            contract from then on.
    """
    now, released, changes = standing.now, standing.released, standing.changes
    if changes is None or changes.version_suffices:
        return Judgement(Promises(now, released))
    if allow:
        return Judgement(Promises(now, {**now, "version": changes.old_version}))
    return Judgement(Promises(now, released), _refusal(changes, manifest))


def published(known: Promises) -> Promises:
    """What a lock is to hold once callers have what was generated last.

    From then on every change of the contract needs another version.
    """
    return Promises(known.current, known.current)


def _released(known: Promises, version: str) -> Mapping[str, Any] | None:
    before = str(known.current.get("version"))
    old, new = contracts.parse(before), contracts.parse(version)
    is_raised = new > old if old and new else before != version
    return known.current if is_raised else known.released


def _parsed(data: Mapping[str, Any], manifest: Manifest) -> contracts.Contract:
    try:
        return contracts.from_json(data)
    except contracts.NotAContract as error:
        raise MCPGenError.of(
            "MG403",
            f"has a contract that is none: {error}",
            span=Span(str(Path(manifest.source.file).parent / FILE)),
            hint="restore it from version control, or delete it and run "
            "`mcpgen generate --force`",
        ) from None


def _refusal(changes: Changes, manifest: Manifest) -> Diagnostic:
    old, new, wanted = changes.old_version, changes.new_version, changes.next_version
    worst = [change for change in changes.all if change.rule.step is changes.step]
    more = f", and {len(worst) - 1} more" if len(worst) > 1 else ""
    section = "package" if "version" in (manifest.package or {}) else "server"
    advice = f"write `version: {wanted}`" if wanted else "write another version"
    return Diagnostic(
        "MG419",
        f"version {new} says too little after {old}: "
        f"{worst[0].rule.level}[{worst[0].rule.id}] {worst[0].message}{more}",
        manifest.source.span((section, "version")),
        f"{advice}, or run `mcpgen generate {ALLOW}`; "
        "`mcpgen diff` with the manifest before shows everything",
    )
