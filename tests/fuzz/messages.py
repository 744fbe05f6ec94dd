"""Messages as hypothesis draws them: near to what the protocol knows, and far from it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from mcpgen.runtime.protocol.revisions import REVISIONS

MODERN = "2026-07-28"
CLIENT = {"name": "fuzz", "version": "1"}

TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "\x00", "\n", "a" * 1000, "\u2028", "../../etc/passwd", "=?base64?AA==?="]
    ),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=8,
)
METHODS = st.one_of(
    st.sampled_from(
        sorted(
            {
                name
                for revision in REVISIONS.values()
                for name in revision.client_requests
            }
            | {
                "notifications/initialized",
                "notifications/cancelled",
                "notifications/progress",
                "notifications/roots/list_changed",
            }
        )
    ),
    TEXTS,
)
NAMES = st.one_of(
    st.sampled_from(
        ["add", "region", "nothing", "asking", "logging", "trip", "hello", "threaded"]
    ),
    TEXTS,
)
URIS = st.one_of(
    st.sampled_from(
        ["shop://text", "shop://cities/Oslo", "shop://cities/%zz", "shop://cities/{x}"]
    ),
    TEXTS,
)


def _or_else(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what fits, now and then anything."""
    return st.one_of(strategy, strategy, strategy, VALUES)


META = st.fixed_dictionaries(
    {},
    optional={
        "io.modelcontextprotocol/protocolVersion": _or_else(
            st.sampled_from(sorted(REVISIONS))
        ),
        "io.modelcontextprotocol/clientInfo": _or_else(st.just(CLIENT)),
        "io.modelcontextprotocol/clientCapabilities": _or_else(
            st.sampled_from([{}, {"elicitation": {}, "sampling": {}, "roots": {}}])
        ),
        "io.modelcontextprotocol/logLevel": _or_else(st.just("debug")),
        "progressToken": _or_else(st.integers()),
        "traceparent": TEXTS,
    },
)
PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "name": _or_else(NAMES),
        "uri": _or_else(URIS),
        "arguments": _or_else(
            st.fixed_dictionaries(
                {}, optional={"a": VALUES, "b": VALUES, "city": VALUES, "count": VALUES}
            )
        ),
        "cursor": VALUES,
        "level": _or_else(st.just("info")),
        "ref": _or_else(st.just({"type": "ref/prompt", "name": "trip"})),
        "argument": _or_else(st.just({"name": "city", "value": "O"})),
        "protocolVersion": _or_else(st.sampled_from(sorted(REVISIONS))),
        "capabilities": VALUES,
        "clientInfo": _or_else(st.just(CLIENT)),
        "requestId": VALUES,
        "requestState": VALUES,
        "inputResponses": VALUES,
        "notifications": VALUES,
        "_meta": _or_else(META),
    },
)
MESSAGES = st.one_of(
    st.fixed_dictionaries(
        {"jsonrpc": _or_else(st.just("2.0")), "method": _or_else(METHODS)},
        optional={
            "id": _or_else(st.one_of(st.integers(), TEXTS)),
            "params": _or_else(PARAMS),
        },
    ),
    st.fixed_dictionaries(
        {"jsonrpc": st.just("2.0"), "id": VALUES},
        optional={"result": VALUES, "error": VALUES},
    ),
)
BODIES = st.one_of(MESSAGES, MESSAGES, st.lists(MESSAGES, max_size=4), VALUES)


_CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("server/discover", {}),
    ("ping", {}),
    ("tools/list", {}),
    ("prompts/list", {}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("tools/call", {"name": "add", "arguments": {"a": 1, "b": 2}}),
    ("tools/call", {"name": "region", "arguments": {"region": "x", "count": 3}}),
    ("tools/call", {"name": "echo_kinds", "arguments": {}}),
    ("tools/call", {"name": "threaded", "arguments": {}}),
    ("tools/call", {"name": "logging", "arguments": {}}),
    ("tools/call", {"name": "asking", "arguments": {}}),
    ("tools/call", {"name": "asking_all", "arguments": {}}),
    ("tools/call", {"name": "refused", "arguments": {}}),
    ("prompts/get", {"name": "trip", "arguments": {"city": "Oslo"}}),
    ("prompts/get", {"name": "hello"}),
    ("resources/read", {"uri": "shop://text"}),
    ("resources/read", {"uri": "shop://cities/Oslo"}),
    ("resources/subscribe", {"uri": "shop://text"}),
    ("resources/unsubscribe", {"uri": "shop://text"}),
    ("logging/setLevel", {"level": "debug"}),
    (
        "completion/complete",
        {
            "ref": {"type": "ref/prompt", "name": "trip"},
            "argument": {"name": "city", "value": "O"},
        },
    ),
    ("subscriptions/listen", {"notifications": {"toolsListChanged": True}}),
)


def proper() -> list[Any]:
    """A proper message of each kind, for both eras."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": CLIENT,
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}, "roots": {}},
        "progressToken": 1,
    }
    legacy = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(_CALLS)
    ]
    modern = [
        {**message, "params": {**params, "_meta": meta}}
        for message, (_, params) in zip(legacy, _CALLS, strict=True)
    ]
    return [*legacy, *modern, legacy[1:4]]


def drawn(count: int, start: int) -> list[Any]:
    """Bodies, the same ones for the same start."""
    found: list[Any] = []

    def collect(body: Any) -> None:
        found.append(body)

    run: Callable[[], None] = seed(start)(
        settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[
                HealthCheck.too_slow,
                HealthCheck.data_too_large,
                HealthCheck.filter_too_much,
            ],
        )(given(BODIES)(collect))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run()
    return found
