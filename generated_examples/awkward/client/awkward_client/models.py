"""The types of what the awkward server takes and gives.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict

from pydantic import Field

from .runtime.core.model import Model, absent


class ClassInput(Model):
    from_: Annotated[str, Field(alias="from")]
    """A keyword, with ""\"quotes""\"."""
    self_: Annotated[str | None, Field(alias="self")] = absent()
    schema_: Annotated[str, Field(alias="schema")]
    """A name of pydantic's own."""
    model_config_: Annotated[int | None, Field(alias="model_config")] = absent()
    meta: Annotated[dict[str, Any] | None, Field(alias="_meta")] = absent()
    """Starts with an underscore."""
    if_match: Annotated[str | None, Field(alias="If-Match")] = absent()
    user_name: Annotated[str | None, Field(alias="{{userName}}")] = absent()
    eq: Annotated[str | int | float | bool | None, Field(alias="$eq")] = None
    größe: int | float | None = absent()
    """A name that is an identifier outside ASCII."""
    field_2nd: Annotated[int | None, Field(alias="2nd")] = absent()
    camel_case_2: Annotated[str | None, Field(alias="camelCase")] = absent()
    camel_case: str | None = absent()
    """Collides with camelCase after renaming."""


class GetItemInput(Model):
    pass


class GetItem_2Input(Model):
    pass


class GetItem_2OutputItem(Model):
    id: str
    parent: GetItem_2OutputItem | None = absent()
    price: int | float = 50


GetItem_2Output: TypeAlias = list[GetItem_2OutputItem]


class ListToolsInputShapeCircle(Model):
    kind: Literal["circle"] = "circle"
    radius: int | float


class ListToolsInputShapeSquare(Model):
    kind: Literal["square"] = "square"
    side: int | float


class ListToolsInput(Model):
    shape: Annotated[
        ListToolsInputShapeCircle | ListToolsInputShapeSquare,
        Field(discriminator="kind"),
    ]
    mode: Literal["fast", 'slow "and" safe', 3] | None = None
    tags: dict[str, str] | None = absent()
    nullable: str | None = None


class TreeWalkInputNode(Model):
    name: str
    children: list[TreeWalkInputNode] | None = absent()


class TreeWalkInput(Model):
    root: TreeWalkInputNode


class 天気Input(Model):
    都市: str


class ClassArguments(Model):
    from_: Annotated[str, Field(alias="from")]
    to_whom: Annotated[str | None, Field(alias="to-whom")] = absent()


class PageVariables(Model):
    kind: str
    id: str
    page: str | None = absent()
    class_: Annotated[str | None, Field(alias="class")] = absent()


class ListToolsInputShapeCircleDict(TypedDict):
    """A `ListToolsInputShapeCircle` as a plain dict, with the keys of the JSON."""

    kind: Literal["circle"]
    radius: int | float


class ListToolsInputShapeSquareDict(TypedDict):
    """A `ListToolsInputShapeSquare` as a plain dict, with the keys of the JSON."""

    kind: Literal["square"]
    side: int | float


class TreeWalkInputNodeDict(TypedDict):
    """A `TreeWalkInputNode` as a plain dict, with the keys of the JSON."""

    name: str
    children: NotRequired[Sequence[TreeWalkInputNode | TreeWalkInputNodeDict]]
