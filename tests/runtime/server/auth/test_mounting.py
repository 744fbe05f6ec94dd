"""A server below a prefix of an application of one's own."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession, web

from mcpgen.runtime.server import Settings, add_metadata_route, create_app
from mcpgen.runtime.server.features.auth.fetch import shown

from ..conftest import serving
from ..sse.wire import over_sse as over_sse_too
from ..workshop import Workshop
from .conftest import ISSUER

PREFIXES = ("/tools/one", "/tools/two")


async def test_clients_find_the_metadata_of_mounted_servers() -> None:
    root = web.Application()
    for prefix in PREFIXES:
        settings = Settings(
            auth="jwt",
            auth_issuer=ISSUER,
            public_url=f"https://mcp.example.com{prefix}/mcp",
        )
        app = create_app(over_sse_too(Workshop()), settings)
        root.add_subapp(prefix, app)
        add_metadata_route(root, app)

    async with serving(root, "") as url, ClientSession() as http:
        for prefix in PREFIXES:
            async with http.post(f"{url}{prefix}/mcp", json={}) as refusal:
                assert refusal.status == 401
                named = refusal.headers["WWW-Authenticate"]
            async with http.get(f"{url}{prefix}/sse") as refusal:
                assert refusal.status == 401
                over_sse = refusal.headers["WWW-Authenticate"]
            for own, challenge in (("/mcp", named), ("/sse", over_sse)):
                path = f"/.well-known/oauth-protected-resource{prefix}{own}"
                metadata_url = f'"https://mcp.example.com{path}"'
                assert f"resource_metadata={metadata_url}" in challenge
                async with http.get(url + path) as response:
                    assert response.status == 200
                    metadata = await response.json()
                assert metadata["resource"] == f"https://mcp.example.com{prefix}{own}"
                assert metadata["authorization_servers"] == [ISSUER]


async def test_a_server_without_metadata_adds_nothing() -> None:
    root, app = web.Application(), create_app(Workshop())
    root.add_subapp("/tools", app)
    before = len(root.router.routes())

    add_metadata_route(root, app)

    assert len(root.router.routes()) == before


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://u:p@issuer.example:8443/a?b", "https://issuer.example:8443/a"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
    ],
)
def test_a_logged_issuer_keeps_its_port(url: str, text: str) -> None:
    assert shown(url) == text
