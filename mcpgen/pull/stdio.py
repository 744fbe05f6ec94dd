"""A link to a server that is a program, over its standard streams.

Part of the pull stage. The client runtime does the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from mcpgen.diagnostics import MCPGenError
from mcpgen.runtime.client.features.terminal.credentials import variables
from mcpgen.runtime.client.options import Settings
from mcpgen.runtime.client.transports.stdio import program

from .link import ConnectionLink, client_info, opened
from .live import CAPABILITIES


def start(
    command: Sequence[str],
    *,
    seconds: float,
    era: str,
    env: Sequence[str] = (),
    cwd: str | None = None,
) -> AbstractAsyncContextManager[ConnectionLink]:
    """Run a program and find out what it speaks.

    Args:
        command: The program and its arguments.
        seconds: Seconds for one request, and for connecting as a whole.
        era: "auto" finds out what the server speaks; the others insist.
        env: Names of environment variables for it, beside those without secrets.
        cwd: Where it runs.

    Raises:
        MCPGenError: There is no such variable (MG701).
    """
    try:
        environment = variables(env)
    except ValueError as error:
        raise MCPGenError.of("MG701", str(error)) from None
    settings = Settings(
        timeout=seconds,
        era=era,
        client_info=client_info(),
        capabilities=CAPABILITIES,
    )
    transport = program(
        command,
        env=environment,
        cwd=cwd,
        stderr=None,
        max_bytes=settings.max_bytes,
    )
    return opened(transport, settings)
