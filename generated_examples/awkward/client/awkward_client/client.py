"""Typed access to the awkward server.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .catalog import CATALOG
from .revisions import REVISIONS
from .runtime.client import OMIT, Client, Codec, Omit, SyncClient

if TYPE_CHECKING:
    from typing import TypeAlias, Unpack

    from . import models
    from .runtime.client import ClientOptions
    from .runtime.protocol.types import (
        CallToolResult,
        GetPromptResult,
        ReadResourceResult,
    )

    ListToolsShape: TypeAlias = (
        models.ListToolsInputShapeCircle
        | models.ListToolsInputShapeCircleDict
        | models.ListToolsInputShapeSquare
        | models.ListToolsInputShapeSquareDict
    )
else:
    from .runtime.core.lazy import LazyModule

    models = LazyModule(__package__, "models")


class AwkwardClient(Client):
    """A server whose texts try to break out: ""\" \\ {{ braces }} {% block %}
    \\N{BULLET} $(date)
    """

    catalog = CATALOG
    _revisions = REVISIONS

    @classmethod
    def sync(cls, url: str, **options: Unpack[ClientOptions]) -> SyncAwkwardClient:
        """The same client without asyncio: each method waits for its result."""
        return SyncAwkwardClient(cls(url, **options))

    async def class_(
        self,
        *,
        from_: str,
        self_: str | Omit = OMIT,
        schema_: str,
        model_config_: int | Omit = OMIT,
        meta: dict[str, Any] | Omit = OMIT,
        if_match: str | Omit = OMIT,
        user_name: str | Omit = OMIT,
        eq: str | int | float | bool | Omit | None = OMIT,
        größe: int | float | Omit = OMIT,
        field_2nd: int | Omit = OMIT,
        camel_case_2: str | Omit = OMIT,
        camel_case: str | Omit = OMIT,
    ) -> CallToolResult:
        """A tool named like a keyword. It ends in a backslash \\

        Args:
            from_: A keyword, with ""\"quotes""\".
            schema_: A name of pydantic's own.
            meta: Starts with an underscore.
            größe: A name that is an identifier outside ASCII.
            camel_case: Collides with camelCase after renaming.
        """
        return await self._call(
            "class",
            {
                "from": from_,
                "self": self_,
                "schema": schema_,
                "model_config": model_config_,
                "_meta": meta,
                "If-Match": if_match,
                "{{userName}}": user_name,
                "$eq": eq,
                "größe": größe,
                "2nd": field_2nd,
                "camelCase": camel_case_2,
                "camel_case": camel_case,
            },
        )

    async def get_item(self) -> CallToolResult:
        """Collides with the next tool after renaming."""
        return await self._call("get-item", {})

    async def get_item_2(self) -> models.GetItem_2Output:
        """Takes no arguments and returns a list."""
        return await self._call(
            "get_item", {}, Codec[models.GetItem_2Output](models.GetItem_2Output)
        )

    async def list_tools_(
        self,
        *,
        shape: ListToolsShape,
        mode: Literal["fast", 'slow "and" safe', 3] | Omit | None = OMIT,
        tags: dict[str, str] | Omit = OMIT,
        nullable: str | Omit | None = OMIT,
    ) -> CallToolResult:
        """Named like a method of the client."""
        return await self._call(
            "list_tools",
            {"shape": shape, "mode": mode, "tags": tags, "nullable": nullable},
        )

    async def tree_walk(
        self, *, root: models.TreeWalkInputNode | models.TreeWalkInputNodeDict
    ) -> CallToolResult:
        """A recursive argument, and a name with a slash."""
        return await self._call("tree/walk", {"root": root})

    async def 天気(self, *, 都市: str) -> CallToolResult:
        """A name outside ASCII."""
        return await self._call("天気", {"都市": 都市})

    async def class_prompt(
        self, *, from_: str, to_whom: str | Omit = OMIT
    ) -> GetPromptResult:
        """Named like a tool and like a keyword."""
        return await self._get_prompt("class", {"from": from_, "to-whom": to_whom})

    async def read_a_name_with_spaces(self) -> ReadResourceResult:
        """`A name with spaces`, without a description in the manifest."""
        return await self._read_resource("awkward://a%20b/c?d=e#f")

    async def read_a_name_with_spaces_2(self) -> ReadResourceResult:
        """`a-name-with spaces`, without a description in the manifest."""
        return await self._read_resource("awkward://second")

    async def read_page(
        self, *, kind: str, id: str, page: str | Omit = OMIT, class_: str | Omit = OMIT
    ) -> ReadResourceResult:
        """`page`, without a description in the manifest."""
        return await self._read_template(
            "awkward://{kind}/{id}{?page,class}",
            {"kind": kind, "id": id, "page": page, "class": class_},
        )


class SyncAwkwardClient(SyncClient):
    """The same methods without asyncio: each waits for its result."""

    _client_class = AwkwardClient

    def class_(
        self,
        *,
        from_: str,
        self_: str | Omit = OMIT,
        schema_: str,
        model_config_: int | Omit = OMIT,
        meta: dict[str, Any] | Omit = OMIT,
        if_match: str | Omit = OMIT,
        user_name: str | Omit = OMIT,
        eq: str | int | float | bool | Omit | None = OMIT,
        größe: int | float | Omit = OMIT,
        field_2nd: int | Omit = OMIT,
        camel_case_2: str | Omit = OMIT,
        camel_case: str | Omit = OMIT,
    ) -> CallToolResult:
        """A tool named like a keyword. It ends in a backslash \\

        Args:
            from_: A keyword, with ""\"quotes""\".
            schema_: A name of pydantic's own.
            meta: Starts with an underscore.
            größe: A name that is an identifier outside ASCII.
            camel_case: Collides with camelCase after renaming.
        """
        return self._call(
            "class",
            {
                "from": from_,
                "self": self_,
                "schema": schema_,
                "model_config": model_config_,
                "_meta": meta,
                "If-Match": if_match,
                "{{userName}}": user_name,
                "$eq": eq,
                "größe": größe,
                "2nd": field_2nd,
                "camelCase": camel_case_2,
                "camel_case": camel_case,
            },
        )

    def get_item(self) -> CallToolResult:
        """Collides with the next tool after renaming."""
        return self._call("get-item", {})

    def get_item_2(self) -> models.GetItem_2Output:
        """Takes no arguments and returns a list."""
        return self._call(
            "get_item", {}, Codec[models.GetItem_2Output](models.GetItem_2Output)
        )

    def list_tools_(
        self,
        *,
        shape: ListToolsShape,
        mode: Literal["fast", 'slow "and" safe', 3] | Omit | None = OMIT,
        tags: dict[str, str] | Omit = OMIT,
        nullable: str | Omit | None = OMIT,
    ) -> CallToolResult:
        """Named like a method of the client."""
        return self._call(
            "list_tools",
            {"shape": shape, "mode": mode, "tags": tags, "nullable": nullable},
        )

    def tree_walk(
        self, *, root: models.TreeWalkInputNode | models.TreeWalkInputNodeDict
    ) -> CallToolResult:
        """A recursive argument, and a name with a slash."""
        return self._call("tree/walk", {"root": root})

    def 天気(self, *, 都市: str) -> CallToolResult:
        """A name outside ASCII."""
        return self._call("天気", {"都市": 都市})

    def class_prompt(
        self, *, from_: str, to_whom: str | Omit = OMIT
    ) -> GetPromptResult:
        """Named like a tool and like a keyword."""
        return self._get_prompt("class", {"from": from_, "to-whom": to_whom})

    def read_a_name_with_spaces(self) -> ReadResourceResult:
        """`A name with spaces`, without a description in the manifest."""
        return self._read_resource("awkward://a%20b/c?d=e#f")

    def read_a_name_with_spaces_2(self) -> ReadResourceResult:
        """`a-name-with spaces`, without a description in the manifest."""
        return self._read_resource("awkward://second")

    def read_page(
        self, *, kind: str, id: str, page: str | Omit = OMIT, class_: str | Omit = OMIT
    ) -> ReadResourceResult:
        """`page`, without a description in the manifest."""
        return self._read_template(
            "awkward://{kind}/{id}{?page,class}",
            {"kind": kind, "id": id, "page": page, "class": class_},
        )
