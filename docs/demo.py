"""What mcpgen does, in ten seconds: generate, serve, call over HTTP and stdio. `make demo`."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import indent
from typing import Any

from rich.console import Console
from rich.rule import Rule

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / ".demo" / "weather"
START_SECONDS = 20
console = Console(highlight=False)


def generate() -> None:
    """Make the example project with the command that users type."""
    shutil.rmtree(PROJECT.parent, ignore_errors=True)
    PROJECT.parent.mkdir()
    console.print(Rule("mcpgen new server weather", align="left"))
    command = [sys.executable, "-m", "mcpgen", "new", "server", "weather"]
    subprocess.run(command, cwd=PROJECT.parent, check=True)


def import_client() -> Any:
    """The generated client package."""
    sys.path.insert(0, str(PROJECT / "client"))
    return importlib.import_module("weather_client")


def start_server() -> subprocess.Popen[str]:
    """Start the generated server on a free port, with only its own packages."""
    console.print(Rule("python -m weather_server --port 0", align="left"))
    return subprocess.Popen(
        [sys.executable, "-m", "weather_server", "--port", "0"],
        cwd=PROJECT / "server",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


async def read_url(server: subprocess.Popen[str]) -> str:
    """The address that the server prints when it listens."""
    if server.stdout is None:
        raise RuntimeError("the server was started without a pipe")
    line = await asyncio.wait_for(
        asyncio.to_thread(server.stdout.readline), START_SECONDS
    )
    console.print(line.strip())
    return next(word for word in line.split() if word.startswith("http://"))


async def call(package: Any, url: str) -> None:
    """A plain call, a call that streams its progress, and a tool's error."""
    async with package.WeatherClient(url) as weather:
        console.print(Rule("a plain call, typed in and out", align="left"))
        console.print('await weather.get_forecast(city="Oslo", days=3)')
        forecast = await weather.get_forecast(city="Oslo", days=3)
        for day in forecast.days:
            console.print(f"  {day.date}  {day.low:5} to {day.high:5} °C  {day.sky}")

        console.print(Rule("a call that streams its progress", align="left"))
        console.print(
            "await weather.with_options(progress=show)"
            '.compare_cities(cities=["Oslo", "Cairo", "Lima"])'
        )
        result = await weather.with_options(progress=show).compare_cities(
            cities=["Oslo", "Cairo", "Lima"]
        )
        for block in result.content:
            console.print(indent(block.text, "  "))

        console.print(Rule("a tool's error", align="left"))
        console.print('await weather.get_forecast(city="Atlantis")')
        try:
            await weather.get_forecast(city="Atlantis")
        except package.ToolError as error:
            console.print(f"  ToolError: {error}")
        console.print(Rule(f"protocol {weather.protocol_version}", align="left"))


async def call_over_stdio(package: Any) -> None:
    """The same server as a program that the client starts: the call that streams."""
    console.print(Rule("the same over stdio", align="left"))
    console.print('WeatherClient.stdio(["python", "-m", "weather_server", "--stdio"])')
    command = [sys.executable, "-m", "weather_server", "--stdio"]
    client = package.WeatherClient.stdio(command, cwd=PROJECT / "server", progress=show)
    async with client as weather:
        result = await weather.compare_cities(cities=["Oslo", "Cairo", "Lima"])
        for block in result.content:
            console.print(indent(block.text, "  "))


def show(progress: Any) -> None:
    """One line for each progress notification."""
    done, total = f"{progress.progress:g}", f"{progress.total:g}"
    console.print(f"  progress {done} of {total}: {progress.message}")


async def main() -> None:
    """Run the whole demonstration; the server is stopped whatever happens."""
    generate()
    package = import_client()
    server = start_server()
    try:
        await call(package, await read_url(server))
    finally:
        server.terminate()
        server.wait(timeout=10)
    await call_over_stdio(package)
    console.print(f"The project is in {PROJECT.relative_to(Path.cwd())}: look around.")


if __name__ == "__main__":
    os.chdir(ROOT)
    asyncio.run(main())
