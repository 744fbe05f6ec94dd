"""What a server says about itself, per revision: versions, capabilities, identity.

Declares only what works; the revision's table decides what exists in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...core.catalog import Json, JsonObject
from ...core.revision import Revision
from ...protocol.revisions import select
from ..service import Service

_FEATURE_OF: Final = {
    "tools": "tools",
    "prompts": "prompts",
    "resources": "resources",
    "completion": "completions",
    "logging": "logging",
}
"""The capability behind the first part of a method's name."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one server offers.

    Attributes:
        server: Its `Implementation` object.
        instructions: Guidance for models, or None.
        revisions: The revisions that it serves, newest first.
        capabilities: Its capabilities, before a revision leaves some out.
    """

    server: JsonObject
    instructions: str | None
    revisions: Mapping[str, Revision]
    capabilities: Mapping[str, JsonObject]

    @property
    def modern(self) -> dict[str, Revision]:
        """The modern revisions that are served, newest first."""
        return {v: r for v, r in self.revisions.items() if r.era == "modern"}

    @property
    def legacy(self) -> dict[str, Revision]:
        """The legacy revisions that are served, newest first."""
        return {v: r for v, r in self.revisions.items() if r.era == "legacy"}

    def capabilities_in(self, revision: Revision) -> dict[str, Json]:
        """The capabilities to declare to clients of a revision."""
        known = revision.server_capabilities
        return {key: value for key, value in self.capabilities.items() if key in known}

    def requests_in(self, revision: Revision) -> frozenset[str]:
        """The requests of a revision that go with what is offered."""
        return frozenset(
            method for method in revision.client_requests if self._answers(method)
        )

    def _answers(self, method: str) -> bool:
        first, _, _ = method.partition("/")
        if method in ("resources/subscribe", "resources/unsubscribe"):
            return self.capabilities.get("resources", {}).get("subscribe") is True
        if method == "subscriptions/listen":
            return any(self.capabilities.values())
        if first in _FEATURE_OF:
            return _FEATURE_OF[first] in self.capabilities
        return method in ("initialize", "ping", "server/discover")


def offer(service: Service) -> Offer:
    """What a service offers.

    Raises:
        ValueError: The contract names a revision that is not known.
    """
    contract = service.contract
    catalog = contract.catalog
    revisions = select(contract.revisions)
    return Offer(
        catalog.server,
        catalog.instructions,
        {version: revisions[version] for version in reversed(revisions)},
        _capabilities(service),
    )


def _capabilities(service: Service) -> dict[str, JsonObject]:
    contract, announces = service.contract, service.announces
    catalog = contract.catalog
    declared: dict[str, JsonObject] = {"logging": {}}
    if any(prompt.complete for prompt in contract.prompts.values()) or any(
        template.complete for template in contract.resource_templates.values()
    ):
        declared["completions"] = {}
    if catalog.prompts or "prompts" in announces:
        declared["prompts"] = {"listChanged": True} if "prompts" in announces else {}
    if (
        catalog.resources
        or catalog.resource_templates
        or announces & {"resources", "updates"}
    ):
        resources: dict[str, Json] = {}
        if "updates" in announces:
            resources["subscribe"] = True
        if "resources" in announces:
            resources["listChanged"] = True
        declared["resources"] = resources
    if catalog.tools or "tools" in announces:
        declared["tools"] = {"listChanged": True} if "tools" in announces else {}
    return declared
