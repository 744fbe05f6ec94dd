"""A server written with FastMCP, as a program; runs in an environment of its own."""

from __future__ import annotations

from dataclasses import dataclass

from fastmcp import Context, FastMCP

server = FastMCP("desk", instructions="Ask for the weather.")


@dataclass
class Report:
    """What a tool gives."""

    city: str
    degrees: float


@server.tool
async def report(city: str, ctx: Context) -> Report:
    """The weather of a city."""
    await ctx.report_progress(1, 2, "looking")
    await ctx.report_progress(2, 2)
    return Report(city, 12.5)


@server.tool
async def confirm(ctx: Context) -> str:
    """Asks a person."""
    answer = await ctx.elicit("Which one?", response_type=str)
    return f"{answer.action}: {getattr(answer, 'data', None)}"


@server.tool
def fail() -> str:
    """Fails."""
    raise ValueError("broken")


@server.resource("desk://hours")
def hours() -> str:
    """When it is open."""
    return "9 to 5"


@server.resource("desk://city/{name}")
def city(name: str) -> str:
    """A city by its name."""
    return f"about {name}"


@server.prompt
def ask(topic: str) -> str:
    """Asks about a topic."""
    return f"Tell me about {topic}"


server.run(transport="stdio", show_banner=False)
