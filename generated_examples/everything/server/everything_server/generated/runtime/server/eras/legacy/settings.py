"""Settings of the legacy era: sessions, streams that are resumed, requests to clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ...options.section import Common, Section, at_least_one

MINUTE = 60.0


@dataclass(frozen=True, kw_only=True)
class LegacySettings(Section):
    """How long sessions and their events are kept."""

    title = "Legacy sessions (until 2025-11-25)"
    feature = "legacy"
    common: ClassVar[Common] = ("session_idle",)

    max_sessions: Annotated[int, "legacy sessions at one time", at_least_one] = 10_000
    session_idle: Annotated[float, "a legacy session ends after this silence"] = (
        30 * MINUTE
    )
    session_required: Annotated[
        bool, "refuse legacy requests without a session; else they are served alone"
    ] = True
    max_streams: Annotated[int, "open GET streams per legacy session"] = 4
    event_history: Annotated[
        int, "events kept per legacy stream for clients that reconnect; 0: none"
    ] = 256
    event_lifetime: Annotated[float, "how long those events are kept"] = 5 * MINUTE
    retry_ms: Annotated[int, "how long legacy clients wait before they reconnect"] = (
        1_000
    )
    answer_timeout: Annotated[
        float, "time that a legacy client may take to answer the server's request"
    ] = 10 * MINUTE
    max_batch: Annotated[int, "messages in one batch (2025-03-26); 0: no limit"] = 100
