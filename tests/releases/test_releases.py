"""Code that earlier releases generated works with the runtime of this one."""

from __future__ import annotations

import importlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mcpgen.render import runtime_distribution
from mcpgen.runtime.version import RUNTIME_VERSION
from tests import formatting
from tests.releases import FOLDER
from tests.render.projects import importable

MAJOR = RUNTIME_VERSION.partition(".")[0]
RELEASES = sorted(FOLDER.glob(f"{MAJOR}.*.zip"))


def test_there_is_a_release_to_try() -> None:
    assert RELEASES


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_what_a_release_generated_works(
    era: str, release: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(release) as archive:
        archive.extractall(tmp_path)
    formatting.write(tmp_path / "runtime", runtime_distribution())
    places = (tmp_path / part for part in ("server", "client", "runtime"))
    with importable(*places):
        generated = importlib.import_module("old_server.generated")
        package = importlib.import_module("old_client")
        models = generated.models

        class Old(generated.OldService):  # type: ignore[name-defined,misc]  # imported at run time
            def greet(self, args: Any, ctx: Any) -> Any:
                return models.GreetOutput(text=f"Hello {args.name}")

            def wave(self, args: Any, ctx: Any) -> str:
                raise generated.ToolError("no hands")

            def write_prompt(self, args: Any, ctx: Any) -> str:
                return f"Write to {args.to}"

            def complete_write_to(self, value: str, ctx: Any) -> list[str]:
                return [f"{value}da"]

            def read_names(self, ctx: Any) -> str:
                return "Ada"

            def read_one(self, args: Any, ctx: Any) -> str:
                return str(args.name)

        app = generated.create_app(Old())
        async with package.OldClient.in_memory(app, era=era) as client:
            assert client.era == era
            assert (await client.greet(name="Ada")).text == "Hello Ada"
            with pytest.raises(package.ToolError, match="no hands"):
                await client.wave()
            prompt = await client.write_prompt(to="Ada")
            assert prompt.messages[0].content.text == "Write to Ada"
            found = await client.read_one(name="Ada")
            assert found.contents[0].text == "Ada"
            assert {each.name for each in await client.list_tools()} == {
                "greet",
                "wave",
            }
        assert package.RUNTIME_VERSION == RUNTIME_VERSION

        mock = generated.create_app(Old(), generated.Settings(mock=True))
        async with package.OldClient.in_memory(mock, era=era) as client:
            # This release made results up while the server ran, and generated none.
            with pytest.raises(package.ToolError, match="run `mcpgen generate`"):
                await client.greet(name="Ada")
            assert (await client.wave()).content[0].text == "A made-up result of wave."
