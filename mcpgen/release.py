"""What callers have, as far as is known, and whether a version fits what changed since.

Joins `contracts` and `lock`. A lock holds the contract that was generated last and the
one that callers have. A release is *known* where it was published from this checkout,
or was named (`--since`). Otherwise every version is presumed to have been released
before the next one; whether it was, an index knows, which `publish` asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mcpgen import contracts
from mcpgen.diagnostics import Diagnostic, MCPGenError, Span
from mcpgen.lock import FILE, Promises

if TYPE_CHECKING:
    from mcpgen.callers import Record
    from mcpgen.contracts import Changes, Contract
    from mcpgen.given import Given
    from mcpgen.manifest import Manifest

ALLOW: Final = "--allow-breaking"
SINCE: Final = "--since"
KNOWN: Final = "known"
"""Marks a contract in a lock that was released for certain."""
DRAFTS: Final = "drafts"
"""Marks a contract that was another one before, under the same version."""


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
    """A contract beside what callers have.

    Attributes:
        now: The contract, as data.
        released: The contract that callers have; None where there was no version before.
        presumed: The contract of a later version that they may have.
        all_changes: What changed since each of them.
        is_known: Whether callers have `released` for certain.
    """

    now: Mapping[str, Any]
    released: Mapping[str, Any] | None = None
    presumed: Mapping[str, Any] | None = None
    all_changes: tuple[Changes, ...] = ()
    is_known: bool = True

    @property
    def changes(self) -> Changes | None:
        """What changed since the contract that callers have."""
        return self.all_changes[0] if self.all_changes else None


def first(now: Mapping[str, Any]) -> Promises:
    """What the lock of a new project is to hold."""
    return Promises(now, None)


def since(contract: Mapping[str, Any]) -> Promises:
    """What a lock is taken to hold once somebody names the release that callers have.

    What was generated after it is no release, or that one would have been named.
    """
    released = {**_plain(contract), KNOWN: True}
    if contracts.PARTIAL in contract:
        released[contracts.PARTIAL] = contract[contracts.PARTIAL]
    return Promises(released, released)


def rebuilt(contract: Mapping[str, Any]) -> Promises:
    """What stands for a lock that is lost, by what was generated last.

    Its names stay, whether they were released or not: nobody knows any more.
    """
    draft = {**contract, DRAFTS: True}
    return Promises(draft, draft)


def given(
    known: Promises | None, manifest: Manifest, fallback: Record | None = None
) -> dict[str, Given]:
    """The names that callers have.

    Args:
        known: What the lock holds.
        manifest: The manifest as it is now.
        fallback: Names for contracts from before there were any in locks.

    Raises:
        MCPGenError: The lock holds an invalid contract (MG403).
    """
    found: dict[str, Given] = {}
    for data in reversed(_baselines(known, contracts.client_version(manifest))):
        contract = _parsed(data, manifest)
        for name in (f"{e.kind} {e.key}" for e in contract.all() if e.names is None):
            if fallback and name in fallback:
                found[name] = fallback[name]
        found |= contract.names
    return found


def names(contract: Mapping[str, Any], manifest: Manifest) -> dict[str, Given]:
    """The names in a lock's contract of a manifest; empty where one is missing."""
    found = _parsed(contract, manifest)
    return found.names if all(entry.names for entry in found.all()) else {}


def unsure(known: Promises | None, manifest: Manifest) -> str | None:
    """The version of which nobody knows whether, and how, it was released.

    Only where the manifest has a later one; None where everything is known.
    """
    version = contracts.client_version(manifest)
    if known is None or not is_raised(str(known.current.get("version")), version):
        return None
    found = _baselines(known, version)
    if not found or _is_certain(found, manifest):
        return None
    return str(known.current.get("version"))


def lacks_names(known: Promises | None) -> bool:
    """Whether a lock has contracts without the names that callers have."""
    if known is None:
        return False
    return any(
        "names" not in entry
        for data in (known.current, known.released)
        for entry in (data or {}).get("entries", {}).values()
        if isinstance(entry, dict)
    )


def look(
    known: Promises | None, manifest: Manifest, now: Mapping[str, Any]
) -> Standing:
    """Hold a contract against the one that callers have.

    Until a version is released, its contract may change freely.

    Args:
        known: What the lock holds; None for a lock from before there were contracts.
        manifest: The manifest as it is now.
        now: Its contract.

    Raises:
        MCPGenError: The lock holds an invalid contract (MG403).
    """
    if _is_draft(known, now):
        now = {**now, DRAFTS: True}
    found = _baselines(known, str(now["version"]))
    released, presumed = (*found, None, None)[:2]
    compared = [data for data in found if _counts(data, now)]
    changes = tuple(compare(data, now, manifest) for data in compared)
    return Standing(now, released, presumed, changes, _is_certain(found, manifest))


def compare(
    old: Mapping[str, Any], new: Mapping[str, Any], manifest: Manifest
) -> Changes:
    """What changed from one contract to another; raises as `look` does."""
    after = _parsed(new, manifest)
    before = _parsed(old, manifest)
    if contracts.PARTIAL in old:
        before = contracts.filled(before, after, str(old[contracts.PARTIAL]))
    return contracts.compare(before, after)


def judge(standing: Standing, manifest: Manifest, *, allow: bool = False) -> Judgement:
    """Whether a manifest's version fits what changed for callers.

    Args:
        standing: What `look` found.
        manifest: The manifest as it is now.
        allow: Allow a version bump that is too small; callers are taken to have the new
            contract from then on.
    """
    now, released = standing.now, standing.released
    bad = [each for each in standing.all_changes if not each.version_suffices]
    if not bad:
        return Judgement(Promises(now, released, standing.presumed))
    if allow and released is not None:
        taken = {**_plain(now), "version": released["version"]}
        if released.get(KNOWN):
            taken[KNOWN] = True
        return Judgement(Promises(now, taken))
    promises = Promises(now, released, standing.presumed)
    return Judgement(promises, refusal(bad[-1], manifest))


def uncertainty(standing: Standing, manifest: Manifest) -> Diagnostic | None:
    """What to say where nobody knows which contract callers have."""
    if standing.is_known or standing.changes is None:
        return None
    section = "package" if "version" in (manifest.package or {}) else "server"
    return Diagnostic(
        "MG424",
        f"which contract callers of {standing.changes.old_version} have is not recorded:"
        " the CHANGELOG may be incomplete",
        manifest.source.span((section, "version")),
        f"name the release: `mcpgen generate {SINCE} TAG`, or a wheel of it",
    )


def knows(standing: Standing, newest: Mapping[str, Any], manifest: Manifest) -> bool:
    """Whether a CHANGELOG is right, seen from the newest release before it.

    Args:
        standing: What it was made from.
        newest: The contract of that release.
        manifest: The manifest as it is now.
    """
    base = standing.released
    if base is None or standing.changes is None or not standing.is_known:
        return False
    if base.get("version") != newest.get("version"):
        return False
    return not compare(newest, base, manifest).all


def published(known: Promises) -> Promises:
    """What a lock is to hold once callers have what was generated last.

    From then on every change of the contract needs another version.
    """
    return Promises(known.current, {**_plain(known.current), KNOWN: True})


def is_raised(before: str, version: str) -> bool:
    """Whether a version is a later one."""
    old, new = contracts.parse(before), contracts.parse(version)
    return new > old if old and new else before != version


def _plain(contract: Mapping[str, Any]) -> dict[str, Any]:
    """A contract without marks."""
    marks = (KNOWN, DRAFTS, contracts.PARTIAL)
    return {key: value for key, value in contract.items() if key not in marks}


def _baselines(known: Promises | None, version: str) -> tuple[Mapping[str, Any], ...]:
    """The contracts that callers may have, what is known of a release first."""
    if known is None:
        return ()
    current, released = known.current, known.released
    before = str(current.get("version"))
    if not is_raised(before, version):
        return tuple(filter(None, (released, known.presumed)))
    if released is not None and released.get("version") == before:
        if not released.get(DRAFTS):
            return ({**released, KNOWN: True},)
        return (current,)
    if released is not None and released.get(KNOWN):
        return released, current
    return (current,)


def _counts(data: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a version has to be a step further than a contract's."""
    return not (data.get(DRAFTS) and data.get("version") == now["version"])


def _is_certain(found: tuple[Mapping[str, Any], ...], manifest: Manifest) -> bool:
    match found:
        case []:
            return True
        case [released]:
            return bool(released.get(KNOWN)) or not released.get(DRAFTS)
        case _:
            old, new = found[:2]
            return not new.get(DRAFTS) and not compare(old, new, manifest).all


def _is_draft(known: Promises | None, now: Mapping[str, Any]) -> bool:
    """Whether a version's contract was another one before."""
    if known is None or known.current.get("version") != now["version"]:
        return False
    current = known.current
    return bool(current.get(DRAFTS)) or any(_differences(current, now))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = _plain(old), _plain(new)
    if any("names" not in e for e in before.get("entries", {}).values()):
        # From before names were recorded: they are no difference.
        after["entries"] = {
            key: {k: v for k, v in entry.items() if k != "names"}
            for key, entry in after["entries"].items()
        }
    return (key for key in before.keys() | after if before.get(key) != after.get(key))


def _parsed(data: Mapping[str, Any], manifest: Manifest) -> Contract:
    try:
        return contracts.from_json(data)
    except contracts.NotAContract as error:
        raise MCPGenError.of(
            "MG403",
            f"contains an invalid contract: {error}",
            span=Span(str(Path(manifest.source.file).parent / FILE)),
            hint="restore it from version control, or delete it and run "
            "`mcpgen generate --force`",
        ) from None


def refusal(changes: Changes, manifest: Manifest, code: str = "MG419") -> Diagnostic:
    """Why a version is too small a step for what changed."""
    old, new, wanted = changes.old_version, changes.new_version, changes.next_version
    worst = [change for change in changes.all if change.rule.step is changes.step]
    more = f", and {len(worst) - 1} more" if len(worst) > 1 else ""
    section = "package" if "version" in (manifest.package or {}) else "server"
    advice = f"write `version: {wanted}`" if wanted else "write another version"
    return Diagnostic(
        code,
        f"version {new} says too little after {old}: "
        f"{worst[0].rule.level}[{worst[0].rule.id}] {worst[0].message}{more}",
        manifest.source.span((section, "version")),
        f"{advice}, or run `mcpgen generate {ALLOW}`; "
        "`mcpgen diff` with the manifest before shows everything",
    )
