"""What an import of a generated client loads, and what it leaves until it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.pace import patient

CLIENT = Path(__file__).parents[2] / "generated_examples/weather/client"
HEAVY = ("aiohttp", "pydantic", "jsonschema_rs", "weather_client.models")


def loaded(code: str) -> set[str]:
    """Which of the heavy modules a new process holds after some code."""
    report = f"import sys; print(*(set({HEAVY!r}) & sys.modules.keys()))"
    printed = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"],
        cwd=CLIENT,
        check=True,
        capture_output=True,
        text=True,
        timeout=patient(60),
    ).stdout
    return set(printed.split())


def test_importing_a_client_loads_no_http_and_no_models() -> None:
    assert (
        loaded("import weather_client; weather_client.WeatherClient.call_tool") == set()
    )


def test_making_one_loads_http() -> None:
    made = "weather_client.WeatherClient('http://127.0.0.1:1/mcp')"

    assert loaded(f"import weather_client; {made}") == {"aiohttp"}
