"""The weather example answers with reasons, over HTTP and in both eras."""

from __future__ import annotations

from pathlib import Path

from aiohttp import ClientSession

from tests.runtime.server.wire import LegacyWire, ModernWire
from tests.servers import running_server

HOME = Path(__file__).parents[2] / "generated_examples/weather"


async def test_a_prompt_for_an_unknown_city_says_which_ones_are_similar() -> None:
    params = {"name": "plan_trip", "arguments": {"city": "Osloo"}}
    async with (
        running_server(HOME / "server", "weather_server") as url,
        ClientSession() as http,
    ):
        legacy = LegacyWire(http, url)
        await legacy.initialize()
        for wire in (ModernWire(http, url), legacy):
            reply = await wire.call("prompts/get", params)
            assert "'Osloo': did you mean Oslo or London?" in reply.error["message"]
