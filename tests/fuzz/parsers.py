"""Parsers of strangers' text under atheris, which looks for inputs that take new paths.

`python -m tests.fuzz.parsers NAME -runs=100000 FOLDER`, where the folder keeps what is
found; further options are libFuzzer's.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

from joserfc import jwk, jws

atheris: Any = import_module("atheris")  # has no types

with atheris.instrument_imports(include=["mcpgen.runtime"]):
    from multidict import CIMultiDict, CIMultiDictProxy

    from mcpgen.runtime.core import headers, jsonrpc
    from mcpgen.runtime.core.errors import ProtocolError
    from mcpgen.runtime.core.uri.match import match
    from mcpgen.runtime.server import incoming
    from mcpgen.runtime.server.eras.legacy.sessions import parse_event_id
    from mcpgen.runtime.server.eras.modern import era as envelope
    from mcpgen.runtime.server.eras.modern.round_trip import State, StateSealer
    from mcpgen.runtime.server.features.auth.authenticator import (
        AuthRequest,
        Refusal,
        bearer_token,
    )
    from mcpgen.runtime.server.features.auth.jwt import JWTAuthenticator
    from mcpgen.runtime.server.transports.http.proxies import Proxies

    from .messages import proper


def read_body(data: bytes) -> None:
    """What is taken is what every reader takes: no name twice, nothing infinite."""
    try:
        value = incoming.parse(data)
    except ProtocolError:
        return
    again = json.loads(data.decode(), object_pairs_hook=_once, parse_float=_finite)
    assert again == value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def _finite(text: str) -> float:
    assert math.isfinite(float(text))
    return float(text)


def read_envelope(data: bytes) -> None:
    """The checks of a modern request, of a body that is JSON."""
    head, _, rest = data.partition(b"\n")
    header = head.decode("latin-1")
    try:
        body = jsonrpc.parse(rest)
        params = body.get("params") if jsonrpc.is_object(body) else None
        if not jsonrpc.is_object(params):
            return
        client = envelope.read_client(params.get("_meta"))
        told = {"Mcp-Method": header, "MCP-Protocol-Version": header}
        given = CIMultiDictProxy(CIMultiDict(told))
        envelope.check_headers(given, client.version, header, params)
        envelope.log_floor(params["_meta"])
    except ProtocolError:
        return


def read_header(data: bytes) -> None:
    """Base64 headers: what is decoded is encoded to something that decodes to it."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        value = headers.decode(text)
    except ValueError:
        return
    assert headers.decode(headers.encode(value)) == value


def read_proxies(data: bytes) -> None:
    """Headers of proxies, in both forms, however spoilt."""
    names = ("Host", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host")
    values = data.decode("utf-8", "surrogateescape").split("\n")
    given = CIMultiDict(zip(names, values, strict=False))
    for kind in ("x-forwarded", "forwarded"):
        seen = Proxies(["10.0.0.0/8"], kind).seen(given, "http", "10.0.0.1")
        assert seen.host is None or not set(seen.host) & set("\r\n/@ ")


_SEALER: Final = StateSealer(["a key of thirty-two characters...."], 60)


def read_state(data: bytes) -> None:
    """Nothing that was not sealed here is opened."""
    try:
        _SEALER.open(data.decode("utf-8", "surrogateescape"), b"request")
    except ProtocolError:
        return
    raise AssertionError("a state that nobody has sealed was opened")


class _OneKey:
    """What an issuer has published."""

    async def find(self, kid: str | None, algorithm: str) -> Any:
        return _KEY


_KEY: Final = jwk.OKPKey.generate_key("Ed25519", {"kid": "k"})
_RULE: Final = JWTAuthenticator("https://issuer.example", ["https://a.example/mcp"])
_RULE._keys = cast(Any, _OneKey())


def read_token(data: bytes) -> None:
    """Tokens of any header, and of any claims that the issuer has signed."""
    head, _, claims = data.partition(b"\n")
    signed = jws.serialize_compact(
        {"alg": "Ed25519", "kid": "k"}, claims, _KEY, algorithms=["Ed25519"]
    )
    _, payload, signature = signed.split(".")
    other = urlsafe_b64encode(head).rstrip(b"=").decode()
    for token in (signed, f"{other}.{payload}.{signature}"):
        request = AuthRequest({"Authorization": f"Bearer {token}"})
        with contextlib.suppress(Refusal, StopIteration):
            _RULE.authenticate(request).send(None)


def read_small_ones(data: bytes) -> None:
    """Event ids, bearer tokens, and URIs against templates."""
    text = data.decode("utf-8", "surrogateescape")
    parse_event_id(text)
    with contextlib.suppress(Refusal):
        bearer_token(CIMultiDict({"Authorization": text}))
    for template in ("shop://cities/{city}", "x://{+path}/{a,b}{?q*}", "{/list*}{#f}"):
        match(template, text)


def read_any(data: bytes) -> None:
    """One of the above, as the first byte says."""
    others = [target for name, target in TARGETS.items() if name != "any"]
    if data:
        others[data[0] % len(others)](data[1:])


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "body": read_body,
    "envelope": read_envelope,
    "header": read_header,
    "proxies": read_proxies,
    "state": read_state,
    "token": read_token,
    "small": read_small_ones,
    "any": read_any,
}


_BODIES: Final = [json.dumps(message).encode() for message in proper()]
_FOREIGN: Final = StateSealer(["another key of thirty-two characters"], 60)

SEEDS: Final[Mapping[str, Sequence[bytes]]] = {
    "body": [*_BODIES, b'{"a":1e400}', b'{"a":{"b":1,"b":2}}', b'["\\u003a"]'],
    "envelope": [b"tools/call\n" + body for body in _BODIES],
    "header": [b"=?base64?w7Y=?=", b"plain text", b"=?base64?"],
    "proxies": [
        b'localhost:80\nfor=192.0.2.1;proto=https;host=a.b, for="[2001:db8::1]:80"\n'
        b"192.0.2.1, 10.0.0.2\na.b:443"
    ],
    "state": [_FOREIGN.seal(State({}, {}), b"request").encode()],
    "token": [
        b'{"alg":"Ed25519","kid":"k","typ":"at+jwt"}\n{"iss":"https://issuer.example",'
        b'"aud":["https://a.example/mcp"],"exp":9e9,"nbf":1,"iat":1,"sub":"s",'
        b'"client_id":"c","scope":"a b","cnf":{"x5t#S256":"t"}}',
        b'"alg"\n[]',
    ],
    "small": [b"1-2", b"Bearer abc.def", b"shop://cities/Oslo", b"x://a/b,c?q=1&q=2"],
}
"""Where the search begins."""


def main() -> None:
    """Fuzz one of them; the process ends with an exit code other than 0 on a failure."""
    name, folder = sys.argv.pop(1), Path(sys.argv[-1])
    for number, seed in enumerate(SEEDS.get(name, ())):
        (folder / str(number)).write_bytes(seed)
    atheris.Setup([*sys.argv, f"-artifact_prefix={folder}/"], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
