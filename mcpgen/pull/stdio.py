"""A link to a server that is a program, over its standard streams.

Part of the pull stage. The client runtime does the work; the program is the user's own
command line, so it gets the whole environment.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from mcpgen.runtime.client.options import Settings
from mcpgen.runtime.client.transports.stdio import program

from .link import ConnectionLink, client_info, opened
from .live import CAPABILITIES, Era


def start(
    command: Sequence[str], *, seconds: float, era: Era
) -> AbstractAsyncContextManager[ConnectionLink]:
    """Run a program and find out what it speaks.

    Args:
        command: The program and its arguments.
        seconds: Seconds for one request, and for connecting as a whole.
        era: "auto" finds out what the server speaks; the others insist.
    """
    settings = Settings(
        timeout=seconds,
        era=era,
        client_info=client_info(),
        capabilities=CAPABILITIES,
    )
    transport = program(
        command, env=os.environ, cwd=None, stderr=None, max_bytes=settings.max_bytes
    )
    return opened(transport, settings)
