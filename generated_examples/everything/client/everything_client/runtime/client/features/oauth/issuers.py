"""What authorization servers need that do not follow the specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Final
from urllib.parse import urlsplit

_RESERVED: Final = frozenset(
    [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "redirect_uri",
        "resource",
        "response_type",
        "scope",
        "state",
    ]
)


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """Exceptions for one authorization server, all off by default.

    Attributes:
        assume_pkce: Use PKCE although the metadata does not list S256 among
            `code_challenge_methods_supported` (Entra, Cognito).
        resource: What to send as `resource` (RFC 8707); None leaves it out, which Entra
            needs; `...` sends what the MCP server publishes.
        parameters: Further parameters of the authorization request, such as
            `{"audience": "https://api.example"}`.

    Raises:
        ValueError: A parameter is one that this client sets itself.
    """

    assume_pkce: bool = False
    resource: str | EllipsisType | None = ...
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        reserved = sorted(_RESERVED & self.parameters.keys())
        if reserved:
            raise ValueError(
                f"`parameters` cannot set {', '.join(reserved)}: "
                "the client sets that itself"
            )

    def resource_for(self, identifier: str) -> str | None:
        """What to send as `resource` for a server with this identifier."""
        return identifier if isinstance(self.resource, EllipsisType) else self.resource


def normal_issuer(issuer: str) -> str:
    """An issuer without the slash after a bare host (RFC 8414, section 3.1)."""
    parts = urlsplit(issuer)
    is_bare = parts.path == "/" and not parts.query and not parts.fragment
    return issuer.removesuffix("/") if is_bare else issuer


def same_issuer(one: str, other: str) -> bool:
    """Whether two identifiers name one issuer; only that slash may differ."""
    return normal_issuer(one) == normal_issuer(other)
