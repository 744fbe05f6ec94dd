"""What authentication adds to a call: one whose JWT the server has seen before.

The same generated server with and without it, in turns. Goal: at most 15 % more.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from joserfc import jwk, jwt
from rich.console import Console

from benchmarks import subjects
from benchmarks.load import cpu_per_answer
from benchmarks.process import serving
from benchmarks.scale import Scale
from benchmarks.tables import compared
from benchmarks.wire import Subject, modern

AUDIENCE = "https://bench.example.com/mcp"


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
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        home = subjects.project(Path(name) / "project") / "server"
        issuer = stack.enter_context(_issuer())
        for loop in ("asyncio", "uvloop"):
            measured = list(_subjects(home, issuer, loop == "uvloop", stack))
            for each in measured:
                each.check()
            costs = cpu_per_answer(measured, max(scale.connections), scale)
            values = {e.name: cost for e, cost in zip(measured, costs, strict=True)}
            title = f"authentication, {loop}"
            console.print(compared(title, "CPU µs/call", values))


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
