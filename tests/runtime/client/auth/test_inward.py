"""A server on the internet cannot lead a client to hosts inside while it signs in.

Names and places are made up: 127.0.0.2 counts as public and 127.0.0.3 as private.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from mcpgen.runtime.client import AuthError, Client, OAuth
from mcpgen.runtime.client.features.oauth import web as oauth_web
from mcpgen.runtime.client.features.oauth.discovery import (
    Resource,
    find_authorization_server,
    find_resource,
)
from mcpgen.runtime.client.features.oauth.web import Place, literal, place_of
from tests.runtime.server.certificates import self_signed

from .authority import Authority, Guarded

HOSTS = {
    "mcp.example": "127.0.0.2",
    "auth.example": "127.0.0.2",
    "inside.example": "127.0.0.3",
    "local.example": "127.0.0.1",
}
PLACES = {"127.0.0.2": Place.PUBLIC, "127.0.0.3": Place.PRIVATE}
SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0.0.0.0",
    "0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost.",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "\N{FULLWIDTH DIGIT ONE}27.0.0.1",
]
INSIDE = [
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "192.168.1.1",
    "3232235777",
    "100.64.0.1",
    "[fd00::1]",
    "[::ffff:10.0.0.1]",
    "169.254.169.254",
    "[fe80::1]",
    "[::ffff:169.254.169.254]",
    "2852039166",
    "224.0.0.1",
]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", SPELLINGS + INSIDE)
async def test_an_inward_address_is_refused_in_every_spelling(
    host: str, scheme: str
) -> None:
    address = f"{scheme}://{host}:9/x"
    url = "https://203.0.114.1/mcp"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(AuthError, match="and the server is not"):
            await find_resource(session, url, address)
        with pytest.raises(AuthError, match="and the server is not"):
            await find_authorization_server(Resource(session, url), address)


@pytest.mark.parametrize("host", SPELLINGS)
def test_this_machine_is_recognized(host: str) -> None:
    assert oauth_web.is_loopback(host)


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "example.com", "127.example", "2606:4700::1111", "1e100.net"]
)
def test_other_hosts_are_not_this_machine(host: str) -> None:
    assert not oauth_web.is_loopback(host)
    found = literal(host)
    assert found is None or place_of(found) is Place.PUBLIC


@dataclass
class World(AbstractResolver):
    """Sites with names of their own, over TLS.

    Attributes:
        names: What a name resolves to when it is checked.
        rebound: What it resolves to when it is connected to, if that differs.
        asked: What reached the sites: host and path.
    """

    context: ssl.SSLContext
    stack: AsyncExitStack
    names: dict[str, str] = field(default_factory=lambda: dict(HOSTS))
    rebound: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def site(self, name: str, app: web.Application) -> str:
        """Serve an application under a name; gives its origin."""

        @web.middleware
        async def note(
            request: web.Request,
            handler: Callable[[web.Request], web.StreamResponse],
        ) -> web.StreamResponse:
            self.asked.append(f"{name}{request.path}")
            return await handler(request)  # type: ignore[misc,no-any-return]

        app.middlewares.insert(0, note)  # type: ignore[arg-type]
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self.stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, self.names[name], 0, ssl_context=self.context)
        await site.start()
        return f"https://{name}:{runner.addresses[0][1]}"

    async def document(self, name: str, *members: object) -> str:
        """Serve one document under every path."""
        body = dict(zip(members[::2], members[1::2], strict=True))
        app = web.Application()

        async def answer(request: web.Request) -> web.Response:
            return web.json_response(body)

        app.router.add_get("/{path:.*}", answer)
        return await self.site(name, app)

    def session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=False, resolver=self, use_dns_cache=False)
        return aiohttp.ClientSession(connector=connector)

    async def resolved(self, host: str) -> tuple[str, ...]:
        return (self.names[host],) if host in self.names else ()

    async def resolve(
        self, host: str, port: int = 0, family: int = 0
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=self.rebound.get(host, self.names[host]),
                port=port,
                family=2,
                proto=0,
                flags=0,
            )
        ]

    async def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture
async def world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[World]:
    certificate, key = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    real = oauth_web.place_of

    def place(found: oauth_web.IpAddress) -> Place:
        return PLACES[str(found)] if str(found) in PLACES else real(found)

    monkeypatch.setattr(oauth_web, "place_of", place)
    async with AsyncExitStack() as stack:
        made = World(context, stack)
        monkeypatch.setattr(oauth_web, "resolved", made.resolved)
        yield made


def metadata(issuer: str, **members: object) -> dict[str, object]:
    return {"issuer": issuer, "token_endpoint": f"{issuer}/token", **members}


async def authorization_server(world: World, name: str, **members: object) -> str:
    app = web.Application()

    async def describe(request: web.Request) -> web.Response:
        return web.json_response(metadata(f"https://{request.host}", **members))

    app.router.add_get("/.well-known/oauth-authorization-server", describe)
    return await world.site(name, app)


async def found(world: World, server: str, issuer: str, *exceptions: str) -> str:
    """The issuer that discovery ends with."""
    allowed = oauth_web.read_exceptions(exceptions)
    async with world.session() as session:
        app = web.Application()

        async def describe(request: web.Request) -> web.Response:
            return web.json_response(
                {
                    "resource": f"https://{request.host}/mcp",
                    "authorization_servers": [issuer],
                }
            )

        app.router.add_get("/.well-known/oauth-protected-resource/mcp", describe)
        origin = await world.site(server, app)
        resource = await find_resource(session, f"{origin}/mcp", None, allowed)
        issuer_named = resource.issuers[0]
        found = await find_authorization_server(resource, issuer_named, allowed)
        return found.issuer


@pytest.mark.parametrize(
    ("server", "issuer"),
    [
        ("mcp.example", "auth.example"),
        ("inside.example", "auth.example"),
        ("inside.example", "inside.example"),
        ("local.example", "local.example"),
        ("local.example", "inside.example"),
    ],
)
async def test_what_a_server_may_name(world: World, server: str, issuer: str) -> None:
    named = await authorization_server(world, issuer)
    assert await found(world, server, named) == named


@pytest.mark.parametrize(
    ("server", "issuer", "place"),
    [
        ("mcp.example", "inside.example", "in a private network"),
        ("mcp.example", "local.example", "on this machine"),
        ("inside.example", "local.example", "on this machine"),
    ],
)
async def test_a_name_that_resolves_inward_is_not_connected_to(
    world: World, server: str, issuer: str, place: str
) -> None:
    named = await authorization_server(world, issuer)
    with pytest.raises(AuthError, match=f"is {place}, and the server is not"):
        await found(world, server, named)
    assert [each for each in world.asked if each.startswith(issuer)] == []


@pytest.mark.parametrize("target", ["127.0.0.1", "127.0.0.3"])
async def test_a_name_that_is_bound_anew_meanwhile_gets_no_request(
    world: World, target: str
) -> None:
    world.names["evil.example"] = target
    named = await authorization_server(world, "evil.example")
    world.names["evil.example"] = "127.0.0.2"
    world.rebound["evil.example"] = target
    with pytest.raises(AuthError, match="and the server is not"):
        await found(world, "mcp.example", named)
    assert [each for each in world.asked if each.startswith("evil")] == []


@pytest.mark.parametrize(
    "member",
    [
        "token_endpoint",
        "authorization_endpoint",
        "registration_endpoint",
        "revocation_endpoint",
    ],
)
async def test_an_authorization_server_names_no_endpoint_inside(
    world: World, member: str
) -> None:
    members = {member: "https://inside.example/x"}
    named = await authorization_server(world, "auth.example", **members)
    with pytest.raises(AuthError, match=f"{member[:5]}.* is in a private network"):
        await found(world, "mcp.example", named)


async def test_a_redirect_inward_is_not_followed(world: World) -> None:
    inside = await world.document("inside.example", "issuer", "x")
    app = web.Application()

    async def lead(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"{inside}/secret")

    app.router.add_get("/{path:.*}", lead)
    named = await world.site("auth.example", app)
    with pytest.raises(AuthError, match="publishes no metadata"):
        await found(world, "mcp.example", named)
    assert [each for each in world.asked if each.startswith("inside")] == []


async def test_a_hint_of_a_named_server_never_leads_to_this_machine(
    world: World,
) -> None:
    """Its name may have been bound to this machine just for that."""
    async with world.session() as session:
        with pytest.raises(AuthError, match="is on this machine"):
            await find_resource(
                session, "https://local.example/mcp", "http://127.0.0.1:9/x"
            )


@pytest.mark.parametrize("exception", ["inside.example", "127.0.0.3", "127.0.0.2/31"])
async def test_exceptions_are_named(world: World, exception: str) -> None:
    named = await authorization_server(world, "inside.example")
    assert await found(world, "mcp.example", named, exception) == named


@pytest.mark.parametrize("entry", ["", "https://sso.example", "a b", "*.example"])
def test_an_exception_is_a_host_or_a_network(entry: str) -> None:
    with pytest.raises(ValueError, match="allow_private takes host names"):
        OAuth(allow_private=[entry])


class Visit:
    """A browser of this world that consents to everything."""

    uri = "https://app.example/callback"

    def __init__(self, world: World) -> None:
        self._world = world

    @asynccontextmanager
    async def open(self, known: Sequence[str]) -> AsyncGenerator[Visit]:
        yield self

    async def answer(self, authorization_url: str) -> str:
        async with (
            self._world.session() as session,
            session.get(authorization_url, allow_redirects=False) as response,
        ):
            return response.headers["Location"]


async def test_a_user_names_the_company_s_authorization_server(world: World) -> None:
    authority = Authority()
    guard = Guarded(authority)
    authority.issuer = await world.site("inside.example", authority.app())
    guard.origin = await world.site("mcp.example", guard.app())

    async def call(*exceptions: str) -> None:
        auth = OAuth(redirect=Visit(world), allow_private=exceptions)
        async with Client(
            guard.url, auth=auth, session_factory=world.session
        ) as client:
            await client.call_tool("echo", {})

    with pytest.raises(AuthError, match="name the host in `allow_private`"):
        await call()
    assert [each for each in world.asked if each.startswith("inside")] == []
    await call("inside.example")


async def test_behind_a_proxy_its_own_address_is_no_matter(world: World) -> None:
    """The proxy is on this machine, and the only one who can resolve the names."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def connect(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        name, _, port = head.split()[1].decode().partition(":")
        up = await asyncio.open_connection(names[name], int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pipe(reader, up[1]), pipe(up[0], writer))

    names = dict(world.names)
    authority = Authority()
    guard = Guarded(authority)
    authority.issuer = await world.site("auth.example", authority.app())
    guard.origin = await world.site("mcp.example", guard.app())
    world.names.clear()
    proxy = await asyncio.start_server(connect, "127.0.0.1", 0)
    world.stack.callback(proxy.close)
    port = proxy.sockets[0].getsockname()[1]

    class Proxied(World):
        def session(self) -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(ssl=False)
            return aiohttp.ClientSession(
                connector=connector, proxy=f"http://127.0.0.1:{port}"
            )

    behind = Proxied(world.context, world.stack)
    auth = OAuth(redirect=Visit(behind))
    async with Client(guard.url, auth=auth, session_factory=behind.session) as client:
        await client.call_tool("echo", {})
