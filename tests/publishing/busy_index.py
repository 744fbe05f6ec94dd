"""An index on 127.0.0.1 that answers as it is asked to: busy, or refusing."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Busy:
    """What the index answers, and what it has taken.

    Attributes:
        url: Where it takes uploads; its simple API is below.
        lists: The statuses of the next answers to questions; then it has nothing.
        uploads: The statuses of the next answers to uploads; then it takes files.
        taken: The attestations of each file, by the file's name.
    """

    url: str = ""
    lists: list[int] = field(default_factory=list[int])
    uploads: list[int] = field(default_factory=list[int])
    taken: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])


@contextmanager
def busy_index() -> Generator[Busy]:
    """Serve one."""
    state = Busy()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(state.lists.pop(0) if state.lists else 404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = state.uploads.pop(0) if state.uploads else 200
            if status == 200:
                self._take(body)
            self._answer(status)

        def _take(self, body: bytes) -> None:
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
            parts = {
                part.get_param("name", header="content-disposition"): part
                for part in message.iter_parts()
            }
            attested = parts.get("attestations")
            name = parts["content"].get_filename()
            text = attested.get_payload() if attested else "[]"
            state.taken[str(name)] = json.loads(str(text))

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
