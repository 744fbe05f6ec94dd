"""The same client without asyncio: a thread runs the loop, each method waits.

Adds no behaviour of its own: every method is the asynchronous one's.
"""

# The asynchronous client's methods for generated code are for this face of it too.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import (
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    ParamSpec,
    TypeVar,
    overload,
)

from .calls import ToolCall
from .client import Client
from .errors import ClientStateError
from .threads import LoopThread

if TYPE_CHECKING:
    import os
    from typing import Self, TextIO, Unpack

    from aiohttp import web

    from ..core.connection import Connection
    from ..core.model import Codec
    from ..core.revision import Era
    from ..protocol.types import CallToolResult, Implementation, ServerCapabilities
    from .options import CallOptions, ClientOptions, Notification
    from .subscriptions import Subscription

P = ParamSpec("P")
T = TypeVar("T")


def _waiting(
    method: Callable[Concatenate[Client, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[SyncClient, P], T]:
    """The synchronous face of an asynchronous method."""

    @functools.wraps(method)
    def run(self: SyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        found = getattr(self._client, method.__name__)
        work: Coroutine[Any, Any, T] = found(*args, **kwargs)
        return self._wait(work)

    return run


class SyncClient:
    """A connection to one MCP server, for use in `with`.

    Handlers and callbacks run in threads of the client's, not in the caller's; they may
    use the client. Several threads may share one client, forked processes may not. A
    client that is dropped without having been closed is closed, with a ResourceWarning.
    """

    _client_class: ClassVar[type[Client]] = Client
    """The asynchronous client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._thread = LoopThread()

    @classmethod
    def in_memory(
        cls,
        app: web.Application,
        *,
        path: str = "/mcp",
        **options: Unpack[ClientOptions],
    ) -> Self:
        """A client of an aiohttp application in this process; see `Client.in_memory`.

        The application runs in the client's thread.
        """
        return cls(cls._client_class.in_memory(app, path=path, **options))

    @classmethod
    def over(
        cls,
        connect: Callable[[], Awaitable[Connection]],
        *,
        name: str = "the connection",
        **options: Unpack[ClientOptions],
    ) -> Self:
        """A client over connections of your own; see `Client.over`.

        The connections belong to the event loop of the client's thread.
        """
        return cls(cls._client_class.over(connect, name=name, **options))

    @classmethod
    def stdio(
        cls,
        command: Sequence[str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        stderr: TextIO | None = None,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """A client of a program that it starts; see `Client.stdio`."""
        made = cls._client_class.stdio(
            command, env=env, cwd=cwd, stderr=stderr, **options
        )
        return cls(made)

    @classmethod
    def from_config(
        cls, path: str | os.PathLike[str], name: str, **options: Unpack[ClientOptions]
    ) -> Self:
        """A client of a server in a host's file; see `Client.from_config`."""
        return cls(cls._client_class.from_config(path, name, **options))

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """This client with other options for its calls; the connection is shared."""
        changed = copy.copy(self)
        changed._client = self._client.with_options(**options)
        return changed

    def open(self) -> None:
        """Connects. `with` does it for you."""
        self._thread.start(self._client._connection.url, self._client.close)
        try:
            self._wait(self._client.open())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the session, every stream, and the thread. `with` does it for you.

        Calls of other threads end with an error.
        """
        self._thread.stop()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def protocol_version(self) -> str:
        """The protocol revision that is spoken, such as "2026-07-28"."""
        return self._client.protocol_version

    @property
    def era(self) -> Era:
        """ "modern" for stateless revisions, "legacy" for those with `initialize`."""
        return self._client.era

    @property
    def server_info(self) -> Implementation:
        """The server's name, version and more; the name is empty if it has not said it."""
        return self._client.server_info

    @property
    def capabilities(self) -> ServerCapabilities:
        """The server's capabilities."""
        return self._client.capabilities

    @property
    def instructions(self) -> str | None:
        """The server's guidance for models that use it."""
        return self._client.instructions

    @property
    def middleware(self) -> tuple[str, ...]:
        """The names of all middleware, the outermost first."""
        return self._client.middleware

    list_tools = _waiting(Client.list_tools)
    list_prompts = _waiting(Client.list_prompts)
    list_resources = _waiting(Client.list_resources)
    list_resource_templates = _waiting(Client.list_resource_templates)
    check = _waiting(Client.check)
    call_tool = _waiting(Client.call_tool)
    get_prompt = _waiting(Client.get_prompt)
    read_resource = _waiting(Client.read_resource)
    complete_prompt = _waiting(Client.complete_prompt)
    complete_template = _waiting(Client.complete_template)
    ping = _waiting(Client.ping)
    roots_changed = _waiting(Client.roots_changed)
    set_logging_level = _waiting(Client.set_logging_level)
    _get_prompt = _waiting(Client._get_prompt)
    _read_resource = _waiting(Client._read_resource)
    _read_template = _waiting(Client._read_template)

    def subscribe(
        self,
        *,
        resources: Iterable[str] = (),
        tools_changed: bool = False,
        prompts_changed: bool = False,
        resources_changed: bool = False,
    ) -> SyncSubscription:
        """The server's notifications of changes, for `with` and `for`."""
        subscription = self._client.subscribe(
            resources=resources,
            tools_changed=tools_changed,
            prompts_changed=prompts_changed,
            resources_changed=resources_changed,
        )
        return SyncSubscription(subscription, self._thread)

    @overload
    def _call(self, tool: str, arguments: Mapping[str, Any]) -> CallToolResult: ...

    @overload
    def _call(
        self, tool: str, arguments: Mapping[str, Any], output: type[T] | Codec[T]
    ) -> T: ...

    def _call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        output: type[Any] | Codec[Any] | None = None,
    ) -> Any:
        if output is None:
            return self._wait(self._client._call(tool, arguments))
        return self._wait(self._client._call(tool, arguments, output))

    def _call_tool(self, call: ToolCall[T], arguments: Mapping[str, Any]) -> T:
        return self._wait(self._client._call_tool(call, arguments))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._thread.call(work)


class SyncSubscription:
    """A server's notifications of changes, for `with` and `for`.

    Another thread may leave the block, or call `close`, to end an iteration.
    """

    def __init__(self, subscription: Subscription, thread: LoopThread) -> None:
        self._subscription = subscription
        self._thread = thread

    def __enter__(self) -> Self:
        self._thread.call(self._subscription.__aenter__())
        return self

    def close(self) -> None:
        """Ends the subscription, and every iteration of it."""
        with contextlib.suppress(ClientStateError):
            self._thread.call(self._subscription.close())

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Notification]:
        return self

    def __next__(self) -> Notification:
        try:
            return self._thread.call(self._subscription.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None
