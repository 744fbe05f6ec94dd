"""The everything example passes every scenario of both revisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import suite
from tests.servers import running_server

SERVER = Path(__file__).parents[2] / "generated_examples/everything/server"


@pytest.mark.parametrize("revision", sorted(suite.FLOOR["server"]))
async def test_the_generated_server_passes_the_official_suite(
    revision: str, tmp_path: Path
) -> None:
    async with running_server(SERVER, "everything_server") as url:
        found = await suite.run_server(
            url.replace("127.0.0.1", "localhost"), revision, tmp_path
        )

    floor = suite.FLOOR["server"][revision]
    assert suite.shortcomings(found, floor) == []
    assert suite.unexpected(found, floor) == []
