"""A person's way to one MCP server, in a terminal: `python -m weather_client URL`.

Uses the client as any program would. `rich` draws; it is an optional extra, imported
where something is drawn and nowhere else.
"""

from .main import main, use

__all__ = ["main", "use"]
