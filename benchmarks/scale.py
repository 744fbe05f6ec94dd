"""How much is measured: enough to tell something, or just enough to see that it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """The size of every measurement.

    Attributes:
        seconds: Load on one subject in one run.
        runs: Runs of which a number is the median.
        connections: Calls under way at once.
        rounds: Repetitions of what is measured as a whole process, or in small steps.
        calls: Calls of one step of a client.
        sessions: Idle sessions, or open streams.
        peer_sessions: The same for peers, which take far longer to open them.
        tools: Sizes of a catalogue.
        argument: Bytes of an argument, small and large.
        peers: Whether peers are measured too, in environments of their own.
    """

    seconds: float
    runs: int
    connections: tuple[int, ...]
    rounds: int
    calls: int
    sessions: int
    peer_sessions: int
    tools: tuple[int, int]
    argument: tuple[int, int]
    peers: bool


FULL = Scale(
    1.5, 3, (1, 16, 64), 7, 256, 5000, 500, (10, 1000), (1024, 1024 * 1024), True
)
QUICK = Scale(0.2, 1, (2,), 1, 4, 20, 0, (4, 6), (16, 1024), False)
