"""What importing a client brings along: as little as can be."""

from __future__ import annotations

import subprocess
import sys

from tests.pace import patient

PROGRAM = """
import sys
import mcpgen.runtime.client as client
print(*sorted(sys.modules))
print(client.OAuth.__module__, client.Codec.__module__, "OAuth" in dir(client))
"""


def test_classes_of_pydantic_and_signing_in_are_imported_when_they_are_used() -> None:
    loaded, later = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        check=True,
        capture_output=True,
        text=True,
        timeout=patient(60),
    ).stdout.splitlines()

    unused = {
        "pydantic.main",
        "jsonschema_rs",
        "mcpgen.runtime.client.features.oauth.provider",
    }
    assert not unused & set(loaded.split())
    assert later == (
        "mcpgen.runtime.client.features.oauth.provider mcpgen.runtime.core.model True"
    )
