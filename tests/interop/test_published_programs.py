"""Published servers that are programs, with clients that mcpgen makes from them.

From npm and PyPI, as their users start them: calls, resources, prompts and `check()`.
"""

from __future__ import annotations

import asyncio
import importlib
import shlex
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mcpgen import cli
from tests.peers import SERVERS, environment, node, node_modules

from .everything import SECONDS

HERE = Path(__file__).parent
FILLED_IN = {"name": "Ada", "email": "ada@example.com", "check": True, "value": "both"}
ANSWERS: dict[str, Any] = {
    "elicitation": lambda question: FILLED_IN,
    "sampling": lambda wanted: "Hi!",
    "roots": ["file:///home/ada"],
}


class Made:
    """A server's command, and the client package that was made from it."""

    def __init__(self, package: ModuleType, name: str, command: list[str]) -> None:
        self.package = package
        self.client: Any = getattr(package, f"{name.title()}Client")
        self.models: Any = package.models
        self.command = command

    def connect(self, **options: Any) -> Any:
        """The client, over stdio."""
        return self.client.stdio(self.command, timeout=SECONDS, **options)


Make = Callable[..., Coroutine[Any, Any, Made]]


@pytest.fixture(scope="module")
def python() -> str:
    """The Python with the servers of PyPI."""
    return str(environment("servers", *SERVERS))


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a client with `mcpgen new client NAME --command ...`."""

    async def made(name: str, *command: str) -> Made:
        folder = tmp_path / name
        arguments = [
            *("new", "client", name, "--command", shlex.join(command)),
            *("--directory", str(folder)),
        ]
        assert await asyncio.to_thread(cli.run, arguments) == 0
        sys.path.insert(0, str(folder / "client"))
        try:
            package = importlib.import_module(f"{name}_client")
        finally:
            sys.path.pop(0)
        return Made(package, name, list(command))

    return made


def of_npm(name: str) -> list[str]:
    """The command of a server that npm installed."""
    servers = node_modules(HERE / "package.json") / "@modelcontextprotocol"
    return [str(node()), str(servers / f"server-{name}" / "dist/index.js")]


async def test_everything(make: Make) -> None:
    made = await make("showcase", *of_npm("everything"))
    steps: list[float] = []

    async with made.connect(**ANSWERS) as client:
        # These two are listed for clients alone that run questions as tasks.
        assert {(each.name, each.change) for each in await client.check()} == {
            ("trigger-sampling-request-async", "missing"),
            ("trigger-elicitation-request-async", "missing"),
        }
        assert (await client.get_sum(a=1, b=2)).content[0].text.endswith("is 3.")
        weather = await client.get_structured_content(location="Chicago")
        assert weather.temperature == 36
        await client.with_options(
            progress=lambda each: steps.append(each.progress)
        ).trigger_long_running_operation(duration=0.2, steps=2)
        assert steps == [1, 2]
        answer = await client.trigger_elicitation_request()
        assert "Ada" in str(answer.content)
        answer = await client.trigger_sampling_request(prompt="Hello", max_tokens=5)
        assert "Hi!" in answer.content[0].text
        answer = await client.get_roots_list()
        assert "file:///home/ada" in answer.content[0].text
        prompt = await client.args_prompt_prompt(city="Oslo")
        assert "Oslo" in prompt.messages[0].content.text
        document = await client.read_architecture_md()
        assert document.contents[0].text
        (note,) = (await client.read_dynamic_text_resource(resource_id="3")).contents
        assert note.text.startswith("Resource 3")


async def test_filesystem(make: Make, tmp_path: Path) -> None:
    home = (tmp_path / "files").resolve()
    home.mkdir()
    made = await make("filesystem", *of_npm("filesystem"), str(home))
    file = str(home / "note.txt")

    async with made.connect() as client:
        assert await client.check() == ()
        await client.write_file(path=file, content="Grüße")
        assert (await client.read_text_file(path=file)).content == "Grüße"
        assert "note.txt" in (await client.list_directory(path=str(home))).content
        with pytest.raises(made.package.ToolError, match="Access denied"):
            await client.read_text_file(path=str(tmp_path))

    assert (home / "note.txt").read_text("utf-8") == "Grüße"


async def test_memory(make: Make, tmp_path: Path) -> None:
    made = await make("memory", *of_npm("memory"))
    entity = made.models.CreateEntitiesInputEntitiesItem(
        name="Ada", entity_type="person", observations=["likes numbers"]
    )
    file = {"MEMORY_FILE_PATH": str(tmp_path / "memory.jsonl")}

    async with made.connect(env=file) as client:
        assert await client.check() == ()
        await client.create_entities(entities=[entity])
        found = await client.search_nodes(query="numbers")
        assert [each.name for each in found.entities] == ["Ada"]
        graph = await client.read_knowledge_graph()
        assert "likes numbers" in graph.contents[0].text
    async with made.connect(env=file) as client:
        assert [each.name for each in (await client.read_graph()).entities] == ["Ada"]


async def test_sequential_thinking(make: Make) -> None:
    made = await make("thinking", *of_npm("sequential-thinking"))

    async with made.connect() as client:
        assert await client.check() == ()
        for number in (1, 2):
            thought = await client.sequentialthinking(
                thought="So.",
                next_thought_needed=number == 1,
                thought_number=number,
                total_thoughts=2,
            )
            assert thought.thought_history_length == number


async def test_git(make: Make, python: str, tmp_path: Path) -> None:
    home = tmp_path / "repository"
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for arguments in (
        ("init", "-q", str(home)),
        ("-C", str(home), *identity, "commit", "-q", "--allow-empty", "-m", "Begin"),
    ):
        subprocess.run(["git", *arguments], check=True, timeout=SECONDS)  # noqa: ASYNC221
    made = await make("git", python, "-m", "mcp_server_git", "--repository", str(home))

    async with made.connect() as client:
        assert client.era == "modern"
        assert await client.check() == ()
        status = await client.git_status(repo_path=str(home))
        assert "nothing to commit" in status.content[0].text
        log = await client.git_log(repo_path=str(home), max_count=1)
        assert "Begin" in log.content[0].text


async def test_time(make: Make, python: str) -> None:
    made = await make(
        "time", python, "-m", "mcp_server_time", "--local-timezone", "UTC"
    )

    async with made.connect() as client:
        assert await client.check() == ()
        found = await client.get_current_time(timezone="Europe/Oslo")
        assert found.timezone == "Europe/Oslo"
        with pytest.raises(made.package.ToolError, match="nowhere"):
            await client.get_current_time(timezone="nowhere")


def test_time_without_asyncio(make: Make, python: str) -> None:
    command = (python, "-m", "mcp_server_time", "--local-timezone", "UTC")
    made = asyncio.run(make("times", *command))

    with made.package.SyncTimesClient.stdio(
        made.command, timeout=SECONDS, era="legacy"
    ) as client:
        found = client.get_current_time(timezone="Europe/Oslo")

    assert found.timezone == "Europe/Oslo"


async def test_fastmcp(make: Make, python: str) -> None:
    made = await make("desk", python, str(HERE / "fastmcp_server.py"))

    for era in ("modern", "legacy"):
        steps: list[float] = []
        async with made.connect(era=era, **ANSWERS) as client:
            assert await client.check() == ()
            counting = client.with_options(
                progress=lambda each, steps=steps: steps.append(each.progress)
            )
            found = await counting.report(city="Oslo")
            assert found == made.models.ReportOutput(city="Oslo", degrees=12.5)
            assert steps == [1, 2]
            with pytest.raises(made.package.ToolError, match="broken"):
                await client.fail()
            assert (await client.read_hours()).contents[0].text == "9 to 5"
            (about,) = (await client.read_city(name="Oslo")).contents
            assert about.text == "about Oslo"
            prompt = await client.ask_prompt(topic="rain")
            assert prompt.messages[0].content.text == "Tell me about rain"
            if era == "legacy":
                # In the modern era, this FastMCP asks nothing.
                assert (await client.confirm()).result == "accept: both"
