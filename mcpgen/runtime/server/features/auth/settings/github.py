"""Settings of the kind `github` of authentication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ....options.checks import url
from .shared import ClientSettings, UserSettings


@dataclass(frozen=True, kw_only=True)
class GitHubSettings(ClientSettings, UserSettings):
    """Which accounts of GitHub are allowed."""

    title: ClassVar[str] = "GitHub"
    feature: ClassVar[str] = "github"

    auth_organizations: Annotated[
        tuple[str, ...], "GitHub organizations whose members are allowed"
    ] = ()
    auth_github_url: Annotated[str, "base URL of GitHub's API", url] = (
        "https://api.github.com"
    )
