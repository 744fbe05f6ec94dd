"""What the awkward server does: it gives back what it was given."""

from __future__ import annotations

from .generated import AwkwardService, Context, models


class Awkward(AwkwardService):
    """A handler for every name that is legal and hard to say in Python."""

    async def class_(self, args: models.ClassInput, ctx: Context) -> str:
        """The arguments by their wire names, exactly as they came."""
        return args.model_dump_json()

    async def get_item(self, args: models.GetItemInput, ctx: Context) -> str:
        """Says which of the two it is."""
        return "get-item"

    async def get_item_2(
        self, args: models.GetItem_2Input, ctx: Context
    ) -> models.GetItem_2Output:
        """A list in place of an object, with an item inside an item."""
        parent = models.GetItem_2OutputItem(id="0b2e", price=50)
        return [parent, models.GetItem_2OutputItem(id="0B2E", parent=parent)]

    async def list_tools_(self, args: models.ListToolsInput, ctx: Context) -> str:
        """Which member of the union it was, told by its class."""
        return type(args.shape).__name__

    def tree_walk(self, args: models.TreeWalkInput, ctx: Context) -> str:
        """The names of a tree, depth first; a plain function runs in a thread."""
        return " ".join(names(args.root))

    async def 天気(self, args: models.天気Input, ctx: Context) -> str:
        """A name outside ASCII is as good as any."""
        return f"{args.都市}: 晴れ"

    async def class_prompt(self, args: models.ClassArguments, ctx: Context) -> str:
        """Who writes to whom."""
        return f"{args.from_} to {args.to_whom or 'everyone'}"

    async def read_a_name_with_spaces(self, ctx: Context) -> str:
        """The first of two resources whose names look alike."""
        return "first"

    async def read_a_name_with_spaces_2(self, ctx: Context) -> str:
        """The second one."""
        return "second"

    async def read_page(self, args: models.PageVariables, ctx: Context) -> str:
        """The variables of the address."""
        return args.model_dump_json()


def names(node: models.TreeWalkInputNode) -> list[str]:
    """The node's name and those below it."""
    below = [name for child in node.children or [] for name in names(child)]
    return [node.name, *below]
