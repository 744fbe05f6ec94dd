"""What authentication adds to a call: one whose JWT the server has seen before.

The same generated server with and without it, in turns. Goal: at most 15 % more.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread

from joserfc import jwk, jwt
from rich.console import Console
from rich.table import Table

from benchmarks import subjects
from benchmarks.load import cpu_per_answer
from benchmarks.process import serving
from benchmarks.scale import Scale
from benchmarks.tables import rows
from benchmarks.wire import Subject, modern

AUDIENCE = "https://bench.example.com/mcp"
_FEATURES = ("limits", "jwt")


class Issuer:
    """An authorization server, as far as a resource server sees it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._key = jwk.RSAKey.generate_key(2048, {"kid": "bench", "use": "sig"})

    @property
    def keys(self) -> bytes:
        """The public keys, as JSON."""
        return json.dumps({"keys": [self._key.as_dict(private=False)]}).encode()

    def token(self) -> str:
        """A token that outlives the benchmark."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "bench",
            "aud": AUDIENCE,
            "scope": "read write",
            "iat": now,
            "exp": now + 86_400,
        }
        return jwt.encode({"alg": "RS256", "kid": "bench"}, claims, self._key)


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, _issuer() as issuer:
        project = subjects.project(Path(name) / "project", features=_FEATURES)
        home = project / "server"
        for loop in ("asyncio", "uvloop"):
            rounds = [
                _round(home, issuer, loop == "uvloop", scale)
                for _ in range(scale.rounds)
            ]
            console.print(_table(f"authentication, {loop}", rounds))


def _round(
    home: Path, issuer: Issuer, uvloop: bool, scale: Scale
) -> Mapping[str, float]:
    """µs per call of each variant, in processes that are new.

    Where a process finds its memory makes a difference of its own, as large as what is
    measured here, and for as long as it lives.
    """
    with ExitStack() as stack:
        measured = list(_subjects(home, issuer, uvloop, stack))
        for each in measured:
            each.check()
        once = dataclasses.replace(scale, runs=1)
        costs = cpu_per_answer(measured, max(scale.connections), once)
    return {e.name: cost for e, cost in zip(measured, costs, strict=True)}


def _table(title: str, rounds: Sequence[Mapping[str, float]]) -> Table:
    """The middle of the rounds, and of their ratios to the first variant's."""
    base = next(iter(rounds[0]))
    body: list[tuple[str, str, float, str]] = []
    for name in rounds[0]:
        ratios = sorted(each[name] / each[base] for each in rounds)
        cost = median(each[name] for each in rounds)
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        body.append((name, f"{cost:.0f}", median(ratios), spread))
    return rows(title, ("", "CPU µs/call", "ratio", "of the rounds"), body)


def _subjects(
    home: Path, issuer: Issuer, uvloop: bool, stack: ExitStack
) -> Iterator[Subject]:
    # One principal sends everything: its rate is not limited, or never reached.
    unlimited = ["--principal-rate", "0"]
    counted = ["--principal-rate", "1e9", "--principal-burst", "1000000000"]
    guarded = [
        *("--auth", "jwt", "--auth-issuer", issuer.url),
        *("--auth-jwks-url", f"{issuer.url}/keys", "--auth-audience", AUDIENCE),
    ]
    variants = {
        "open to all": [],
        "JWT": [*guarded, *unlimited],
        "JWT, and a limit of its principal's rate": [*guarded, *counted],
    }
    authorization = {"Authorization": f"Bearer {issuer.token()}"}
    for name, options in variants.items():
        command = [*subjects.ours(uvloop=uvloop), *options]
        server = stack.enter_context(serving(command, home))
        request = modern(server.url)
        if options:
            headers = {**request.headers, **authorization}
            request = dataclasses.replace(request, headers=headers)
        yield Subject(name, server, request)


@contextmanager
def _issuer() -> Iterator[Issuer]:
    """An issuer whose keys can be fetched."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(issuer.keys)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as above
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_address[1]}")
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield issuer
        finally:
            server.shutdown()
