"""The handlers of the measured server, as a user would write them."""

from __future__ import annotations

from .generated import Context, SearchService, models


class Search(SearchService):
    """Finds something for every query."""

    async def search(
        self, args: models.SearchInput, ctx: Context
    ) -> models.SearchOutput:
        """Make as many matches as were asked for."""
        items = [
            models.SearchOutputItemsItem(
                id=n, title=f"{args.query} {n}", score=1.0 / (n + 1)
            )
            for n in range(args.limit)
        ]
        return models.SearchOutput(total=len(items), items=items)

    async def count(self, args: models.CountInput, ctx: Context) -> str:
        """Report three steps."""
        for step in range(1, 4):
            await ctx.progress(step, 3)
        return "three"
