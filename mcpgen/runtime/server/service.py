"""What users implement: the base of generated services, and of features, which a server has
beside what its manifest lists.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from ..core.catalog import Json, JsonObject
from .features.auth.authenticator import Authenticates  # feature: auth
from .handlers.contract import Announcement, Contract
from .handlers.invoke import called, contained
from .methods.steps import Answer
from .middleware import Around, Middleware, Next, Request, from_users
from .options.section import S, Section, extended

if TYPE_CHECKING:
    from .handlers.context import Context
    from .methods.registry import LiveCatalog

CustomMethod: TypeAlias = Callable[[JsonObject, "Context"], Awaitable[Any]]
"""Takes parameters and context; returns the result as JSON, or an `Answer`."""


class Service(
    Authenticates,  # feature: auth
    ABC,
):
    """What a server does. A missing method fails at construction, with its name.

    Generated subclasses set `contract`. Yours may set `announces` and override
    `on_startup` and `on_shutdown`.
    """

    contract: ClassVar[Contract]

    announces: ClassVar[frozenset[Announcement]] = frozenset()
    """What clients are notified of when it changes: the lists of `tools`, `prompts` and
    `resources`, and `updates` of single resources. Declared as capabilities."""

    async def on_startup(self, catalog: LiveCatalog) -> None:
        """Called once before the first request; `catalog` announces changes."""
        return

    async def on_shutdown(self) -> None:
        """Called once, after the last request was answered."""
        return


class Feature:
    """The base of features: override what yours brings; `create_app(features=[...])`."""

    name: ClassVar[str] = ""
    """What it is called in messages and in the list of middleware."""

    settings: ClassVar[type[Section] | None] = None
    """Its settings. `main` takes them from options and variables like those of the server,
    and `--help` shows them under their title."""

    def configure(self, settings: Any) -> None:
        """Called first, with the values of its settings: an instance of `settings`."""
        return

    def capabilities(self) -> Mapping[str, JsonObject]:
        """What it adds to the server's capabilities, such as `{"experimental": ...}`.

        Clients of a revision that lacks a key of the first level do not get it.
        """
        return {}

    def methods(self) -> Mapping[str, CustomMethod]:
        """Further requests that clients may send, by method."""
        return {}

    def middleware(self) -> Sequence[Middleware]:
        """Code around every call, inside of the hooks."""
        return ()

    async def on_startup(self, catalog: LiveCatalog) -> None:
        """Called once before the first request."""
        return

    async def on_shutdown(self) -> None:
        """Called once, after the last request was answered."""
        return


def with_features(settings: S, features: Sequence[Feature]) -> S:
    """Settings that have those of features as well, at their defaults where they are absent.

    Raises:
        SettingsError: A feature has a setting that exists already.
    """
    sections = [each.settings for each in features if each.settings is not None]
    return extended(settings, list(dict.fromkeys(sections)))


def configure(features: Sequence[Feature], settings: Section) -> None:
    """Hand features their settings.

    Raises:
        SettingsError: A feature has a setting that exists already.
    """
    complete = with_features(settings, features)
    for feature in features:
        if feature.settings is not None:
            feature.configure(complete)


def custom_methods(
    features: Sequence[Feature], taken: Mapping[str, object]
) -> dict[str, Next]:
    """The methods that features bring.

    Raises:
        ValueError: A method exists already.
    """
    found: dict[str, Next] = {}
    for feature in features:
        for method, function in feature.methods().items():
            if method in taken or method in found:
                raise ValueError(
                    f"{_name(feature)}: the method {method!r} exists already"
                )
            found[method] = _answering(function)
    return found


def middleware_of(features: Sequence[Feature]) -> list[tuple[str, Around]]:
    """The middleware that features bring, with their names."""
    return [
        (_name(feature), from_users(each))
        for feature in features
        for each in feature.middleware()
    ]


def with_capabilities(
    declared: Mapping[str, JsonObject], features: Sequence[Feature]
) -> dict[str, JsonObject]:
    """Capabilities with those of features, joined key by key."""
    joined: dict[str, JsonObject] = dict(declared)
    for feature in features:
        for key, value in feature.capabilities().items():
            both: dict[str, Json] = {**joined.get(key, {}), **value}
            joined[key] = both
    return joined


def _name(feature: Feature) -> str:
    return feature.name or type(feature).__name__


def _answering(function: CustomMethod) -> Next:
    async def method(request: Request) -> Answer:
        result = await contained(called(function, request.params, request.ctx))
        return result if isinstance(result, Answer) else Answer.of(result)

    return method
