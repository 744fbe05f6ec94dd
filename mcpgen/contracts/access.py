"""Who may call: authentication and scopes.

Middle of the contract stage. Scopes that others include count as held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .changes import Change, change
from .contract import Contract, Json
from .documents import text_of
from .pairs import Pair, span_of

_LISTS: Final = ("audience", "algorithms", "users", "organizations")
_NAMED: Final = (*_LISTS, "kind", "issuer", "scopes", "implies", "hideForbidden")


def changes(old: Contract, new: Contract) -> Iterator[Change]:
    """What changed in how callers prove who they are."""
    before, after = _auth(old), _auth(new)
    if text_of(before) == text_of(after):
        return
    say = _Speaker(old, new)
    if before is None or after is None:
        yield from _came_or_went(say, before, after)
    elif before["kind"] != after["kind"]:
        message = f"credentials are of kind {after['kind']} and were {before['kind']}"
        yield say("AUTH_KIND_CHANGED", message, "kind")
    else:
        yield from _issuer(say, before, after)
        for key in _LISTS:
            yield from _list(say, key, before, after)
        yield from _details(say, before, after)
    yield from _global_scopes(say, before or {}, after or {})
    yield from _implications(say, before or {}, after or {})
    if (after or {}).get("hideForbidden") and not (before or {}).get("hideForbidden"):
        message = "lists leave out what the caller lacks scopes for"
        yield say("FORBIDDEN_HIDDEN", message, "hideForbidden")


def scope_changes(pair: Pair) -> Iterator[Change]:
    """What changed in the scopes that an entry asks for."""
    held = _included(pair.old.scopes, _implied(pair.contracts[1].auth))
    for scope in pair.new.scopes:
        if scope not in pair.old.scopes and scope not in held:
            message = f'needs the scope "{scope}"'
            yield pair.say("SCOPE_REQUIRED", message, at=("scopes",))
        elif scope not in pair.old.scopes:
            message = f'asks for the scope "{scope}", which callers hold already'
            yield pair.say("SCOPE_DROPPED", message, at=("scopes",))
    for scope in pair.old.scopes:
        if scope not in pair.new.scopes:
            message = f'does not need the scope "{scope}" any more'
            yield pair.say("SCOPE_DROPPED", message, at=("scopes",))


class _Speaker:
    def __init__(self, old: Contract, new: Contract) -> None:
        self._old = old
        self._new = new

    def __call__(self, rule: str, message: str, *at: str | int) -> Change:
        span = span_of(self._new, ("auth", *at))
        return change(rule, "server", message, span=span)


def _auth(contract: Contract) -> dict[str, Json] | None:
    """The authentication of a contract; `kind: none` is none."""
    auth = contract.auth
    if auth is None or auth.get("kind") in (None, "none"):
        return None
    return dict(auth)


def _came_or_went(
    say: _Speaker, before: Mapping[str, Json] | None, after: Mapping[str, Json] | None
) -> Iterator[Change]:
    if after is not None:
        message = f"callers have to authenticate: {after['kind']}"
        yield say("AUTH_ADDED", message, "kind")
    elif before is not None:
        yield say("AUTH_REMOVED", "nobody has to authenticate any more")


def _issuer(
    say: _Speaker, before: Mapping[str, Json], after: Mapping[str, Json]
) -> Iterator[Change]:
    old, new = before.get("issuer"), after.get("issuer")
    if old != new:
        message = f"the authorization server is {new} and was {old}"
        yield say("AUTH_ISSUER_CHANGED", message, "issuer")


def _list(
    say: _Speaker, key: str, before: Mapping[str, Json], after: Mapping[str, Json]
) -> Iterator[Change]:
    """A list of those who are let in; without it, a default counts that is not known."""
    old, new = before.get(key), after.get(key)
    if text_of(old) == text_of(new):
        return
    gone = [value for value in old or () if value not in (new or ())]
    came = [value for value in new or () if value not in (old or ())]
    if old is None or new is None or gone:
        words = f"without {', '.join(gone)}" if gone and new is not None else "changed"
        yield say("AUTH_NARROWED", f"`{key}` {words}", key)
    if old is not None and new is not None and came:
        yield say("AUTH_WIDENED", f"`{key}` with {', '.join(came)}", key)


def _details(
    say: _Speaker, before: Mapping[str, Json], after: Mapping[str, Json]
) -> Iterator[Change]:
    changed = [
        key
        for key in dict.fromkeys([*before, *after])
        if key not in _NAMED and text_of(before.get(key)) != text_of(after.get(key))
    ]
    if before.get("hideForbidden") and not after.get("hideForbidden"):
        changed.append("hideForbidden")
    if changed:
        keys = ", ".join(f"`{key}`" for key in changed)
        message = f"the server checks credentials with other values of {keys}"
        yield say("AUTH_DETAILS_CHANGED", message, changed[0])


def _global_scopes(
    say: _Speaker, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    old, new = before.get("scopes", ()), after.get("scopes", ())
    held = _included(old, _implied(after))
    for scope in new:
        if scope not in held:
            message = f'every request needs the scope "{scope}"'
            yield say("SCOPE_REQUIRED", message, "scopes")
    for scope in old:
        if scope not in new:
            message = f'requests do not need the scope "{scope}" any more'
            yield say("SCOPE_DROPPED", message, "scopes")


def _implications(
    say: _Speaker, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    old, new = _implied(before), _implied(after)
    for scope in dict.fromkeys([*old, *new]):
        was, now = _included((scope,), old), _included((scope,), new)
        for other in sorted(was - now):
            message = f'the scope "{scope}" does not include "{other}" any more'
            yield say("SCOPE_IMPLICATION_REMOVED", message, "implies")
        for other in sorted(now - was):
            message = f'the scope "{scope}" includes "{other}"'
            yield say("SCOPE_IMPLICATION_ADDED", message, "implies")


def _implied(auth: Mapping[str, Any] | None) -> Mapping[str, list[str]]:
    implies: Mapping[str, list[str]] = (auth or {}).get("implies") or {}
    return implies


def _included(
    scopes: tuple[str, ...] | list[str], implies: Mapping[str, list[str]]
) -> frozenset[str]:
    """Scopes and all that they include, to any depth."""
    found: dict[str, None] = {}
    stack = list(scopes)
    while stack:
        scope = stack.pop()
        if scope not in found:
            found[scope] = None
            stack.extend(implies.get(scope, ()))
    return frozenset(found)
