"""GitHub tokens of the allowed users and of members of the allowed organizations.

https://docs.github.com/en/rest/users/users, https://docs.github.com/en/rest/apps/oauth-applications
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote

from ...options.section import url as is_url
from ...principal import Principal
from .authenticator import Deployment, Refusal, Unavailable
from .fetch import Answer, AskingAuthenticator, ClientSettings, basic, checked_url
from .settings import UserSettings

API: Final = "https://api.github.com"
ISSUER: Final = "https://github.com/login/oauth"


@dataclass(frozen=True, kw_only=True)
class GitHubSettings(ClientSettings, UserSettings):
    """Which accounts of GitHub are allowed."""

    title = "GitHub"
    feature = "github"

    auth_organizations: Annotated[
        tuple[str, ...], "GitHub organizations whose members are allowed"
    ] = ()
    auth_github_url: Annotated[str, "base URL of GitHub's API", is_url] = API


class GitHubAuthenticator(AskingAuthenticator):
    """Accepts GitHub tokens of some people.

    GitHub tokens name no audience: without `client_id` and `client_secret`, a token
    that an allowed person gave to any application is accepted. With them, only tokens
    of that one OAuth application are.
    """

    def __init__(
        self,
        *,
        users: Collection[str] = (),
        organizations: Collection[str] = (),
        grants: frozenset[str] = frozenset(),
        client_id: str = "",
        client_secret: str = "",
        url: str = API,
        remember: float = 60.0,
    ) -> None:
        """Prepare; nothing is asked before the first token.

        Args:
            users: Logins that are allowed.
            organizations: Organisations whose active members are allowed; their
                tokens need the scope `read:org`.
            grants: The scopes that an allowed person has.
            client_id: The OAuth application whose tokens count; empty: any.
            client_secret: Its secret.
            url: The API's base URL, for GitHub Enterprise.
            remember: Seconds for which an answer is not asked for again.

        Raises:
            ValueError: Nobody would be allowed, or a value can't be used.
        """
        if not (users or organizations):
            raise ValueError("github needs auth_users or auth_organizations")
        if bool(client_id) != bool(client_secret):
            raise ValueError("auth_client_id and auth_client_secret go together")
        super().__init__(remember)
        self._users = frozenset(user.lower() for user in users)
        self._organizations = tuple(organizations)
        self._grants = grants
        self._client_id = client_id
        self._basic = {"Authorization": basic(client_id, client_secret)}
        self._url = checked_url(url, "auth_github_url").rstrip("/")

    async def _ask(self, token: str, _: tuple[str, ...]) -> Principal:
        headers = {
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        if self._client_id and not await self._is_ours(token):
            raise Refusal("the token is meant for another application")
        answer = await self._fetcher.send("GET", f"{self._url}/user", headers)
        if answer.status == 401:
            raise Refusal("GitHub does not know the token")
        user = _body(answer)
        login, number = user.get("login"), user.get("id")
        if not isinstance(login, str) or not isinstance(number, int):
            raise Unavailable("GitHub does not answer as it should")
        if not await self._is_allowed(login, headers):
            raise Refusal("this GitHub user is not allowed here")
        return Principal(str(number), ISSUER, self._client_id, self._grants, user)

    async def _is_ours(self, token: str) -> bool:
        answer = await self._fetcher.send(
            "POST",
            f"{self._url}/applications/{quote(self._client_id, safe='')}/token",
            self._basic,
            json={"access_token": token},
        )
        if answer.status in (404, 422):
            return False
        _body(answer)
        return True

    async def _is_allowed(self, login: str, headers: Mapping[str, str]) -> bool:
        if login.lower() in self._users:
            return True
        for organization in self._organizations:
            name = quote(organization, safe="")
            answer = await self._fetcher.send(
                "GET", f"{self._url}/user/memberships/orgs/{name}", headers
            )
            if answer.status == 200 and (answer.body or {}).get("state") == "active":
                return True
            if answer.status >= 500 or _is_too_much(answer):
                raise Unavailable("GitHub does not answer as it should")
        return False


def _is_too_much(answer: Answer) -> bool:
    """Whether GitHub answers no more for now, rather than saying no.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    return answer.status == 429 or (
        answer.status == 403
        and (
            "Retry-After" in answer.headers
            or answer.headers.get("X-RateLimit-Remaining") == "0"
        )
    )


def _body(answer: Answer) -> dict[str, Any]:
    if answer.status != 200 or answer.body is None:
        raise Unavailable("GitHub does not answer as it should")
    return answer.body


def configured(settings: GitHubSettings, server: Deployment) -> GitHubAuthenticator:
    """The authenticator that settings ask for."""
    return GitHubAuthenticator(
        users=settings.auth_users,
        organizations=settings.auth_organizations,
        grants=server.scopes,
        client_id=settings.auth_client_id,
        client_secret=settings.client_secret(),
        url=settings.auth_github_url,
        remember=settings.auth_cache,
    )
