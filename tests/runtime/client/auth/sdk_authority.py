"""An authorization server and an MCP server of the official Python SDK in one.

It registers clients without default scopes: a client that names none may ask for none.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import (
    AuthSettings,
    ClientRegistrationOptions,
    RevocationOptions,
)
from mcp.server.mcpserver import MCPServer
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from pydantic import AnyHttpUrl

from ..wire import LIMIT


@dataclass
class SdkAuthority(
    OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]
):
    """Everything in memory; each user consents at once."""

    clients: dict[str, OAuthClientInformationFull] = field(default_factory=dict)
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    refreshes: dict[str, RefreshToken] = field(default_factory=dict)
    tokens: dict[str, AccessToken] = field(default_factory=dict)
    consents: int = 0
    registrations: int = 0

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self.clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        self.registrations += 1
        self.clients[str(client_info.client_id)] = client_info

    async def authorize(
        self, client: OAuthClientInformationFull, params: AuthorizationParams
    ) -> str:
        self.consents += 1
        code = secrets.token_urlsafe(32)
        self.codes[code] = AuthorizationCode(
            code=code,
            scopes=params.scopes or [],
            expires_at=time.time() + 60,
            client_id=str(client.client_id),
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        uri = str(params.redirect_uri)
        return construct_redirect_uri(uri, code=code, state=params.state)

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        del self.codes[authorization_code.code]
        return self._issue(client, authorization_code.scopes)

    async def load_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: str
    ) -> RefreshToken | None:
        return self.refreshes.get(refresh_token)

    async def exchange_refresh_token(
        self,
        client: OAuthClientInformationFull,
        refresh_token: RefreshToken,
        scopes: list[str],
    ) -> OAuthToken:
        del self.refreshes[refresh_token.token]
        return self._issue(client, scopes)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self.tokens.get(token)

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        self.tokens.clear()
        self.refreshes.clear()

    def _issue(
        self, client: OAuthClientInformationFull, scopes: list[str]
    ) -> OAuthToken:
        access, refresh = secrets.token_urlsafe(), secrets.token_urlsafe()
        client_id = str(client.client_id)
        self.tokens[access] = AccessToken(
            token=access, client_id=client_id, scopes=scopes
        )
        self.refreshes[refresh] = RefreshToken(
            token=refresh, client_id=client_id, scopes=scopes
        )
        return OAuthToken(
            access_token=access,
            refresh_token=refresh,
            expires_in=3600,
            scope=" ".join(scopes),
        )


@asynccontextmanager
async def sdk_server(authority: SdkAuthority) -> AsyncIterator[str]:
    """An MCP server with a tool `echo`, behind the authorization server; gives its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = AuthSettings(
        issuer_url=AnyHttpUrl(origin),
        resource_server_url=AnyHttpUrl(f"{origin}/mcp"),
        required_scopes=["read"],
        client_registration_options=ClientRegistrationOptions(enabled=True),
        revocation_options=RevocationOptions(enabled=True),
        validate_token_resource=False,
    )
    server = MCPServer("sdk", auth_server_provider=authority, auth=settings)

    @server.tool()
    def echo(a: int) -> str:
        return str(a)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        app = server.streamable_http_app()
    config = uvicorn.Config(
        app, log_level="error", ws="none", timeout_graceful_shutdown=1
    )
    runner = uvicorn.Server(config)
    serving = asyncio.create_task(runner.serve([listener]))
    try:
        async with asyncio.timeout(LIMIT):
            while not runner.started:  # noqa: ASYNC110, uvicorn has no event for it
                await asyncio.sleep(0.01)
        yield f"{origin}/mcp"
    finally:
        runner.should_exit = True
        await asyncio.wait_for(serving, LIMIT)
