"""What the awkward server offers: implement `AwkwardService`.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from . import models
from .catalog import CATALOG
from .examples import EXAMPLES
from .revisions import REVISIONS
from .runtime.server import (
    Context,
    Contract,
    MaybeAwaitable,
    PromptBinding,
    PromptReturn,
    ResourceBinding,
    ResourceReturn,
    Service,
    StructuredReturn,
    TemplateBinding,
    ToolBinding,
    ToolReturn,
)


class AwkwardService(Service):
    """A server whose texts try to break out: ""\" \\ {{ braces }} {% block %}
    \\N{BULLET} $(date)
    """

    @abstractmethod
    def class_(
        self, args: models.ClassInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """A tool named like a keyword. It ends in a backslash \\."""

    @abstractmethod
    def get_item(
        self, args: models.GetItemInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Collides with the next tool after renaming."""

    @abstractmethod
    def get_item_2(
        self, args: models.GetItem_2Input, ctx: Context
    ) -> MaybeAwaitable[StructuredReturn[models.GetItem_2Output]]:
        """Takes no arguments and returns a list."""

    @abstractmethod
    def list_tools_(
        self, args: models.ListToolsInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Named like a method of the client."""

    @abstractmethod
    def tree_walk(
        self, args: models.TreeWalkInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """A recursive argument, and a name with a slash."""

    @abstractmethod
    def 天気(self, args: models.天気Input, ctx: Context) -> MaybeAwaitable[ToolReturn]:
        """A name outside ASCII."""

    @abstractmethod
    def class_prompt(
        self, args: models.ClassArguments, ctx: Context
    ) -> MaybeAwaitable[PromptReturn]:
        """Named like a tool and like a keyword."""

    @abstractmethod
    def read_a_name_with_spaces(self, ctx: Context) -> MaybeAwaitable[ResourceReturn]:
        """`A name with spaces`, without a description in the manifest."""

    @abstractmethod
    def read_a_name_with_spaces_2(self, ctx: Context) -> MaybeAwaitable[ResourceReturn]:
        """`a-name-with spaces`, without a description in the manifest."""

    @abstractmethod
    def read_page(
        self, args: models.PageVariables, ctx: Context
    ) -> MaybeAwaitable[ResourceReturn]:
        """`page`, without a description in the manifest."""

    contract: ClassVar[Contract] = Contract(
        CATALOG,
        models,
        tools={
            "class": ToolBinding("class_", "ClassInput"),
            "get-item": ToolBinding("get_item", "GetItemInput"),
            "get_item": ToolBinding("get_item_2", "GetItem_2Input", "GetItem_2Output"),
            "list_tools": ToolBinding("list_tools_", "ListToolsInput"),
            "tree/walk": ToolBinding("tree_walk", "TreeWalkInput"),
            "天気": ToolBinding("天気", "天気Input"),
        },
        prompts={"class": PromptBinding("class_prompt", "ClassArguments")},
        resources={
            "awkward://a%20b/c?d=e#f": ResourceBinding("read_a_name_with_spaces"),
            "awkward://second": ResourceBinding("read_a_name_with_spaces_2"),
        },
        resource_templates={
            "awkward://{kind}/{id}{?page,class}": TemplateBinding(
                "read_page", "PageVariables"
            ),
        },
        revisions=REVISIONS,
        examples=EXAMPLES,
    )
