"""How many files of the runtime one call passes through: what a reader has to open."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from tests.test_layers import RUNTIME

from .weather import WeatherClient, weather_app

MOST = 10


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_one_call_touches_few_files(era: str) -> None:
    files: set[str] = set()

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    async with WeatherClient.in_memory(weather_app(era), era=era) as weather:
        await weather.get_forecast(city="Oslo")
        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            await weather.get_forecast(city="Oslo")
        finally:
            sys.setprofile(before)

    touched = sorted(file for file in files if file.startswith(str(RUNTIME)))
    assert 0 < len(touched) <= MOST, touched
