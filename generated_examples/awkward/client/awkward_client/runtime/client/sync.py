"""The same client without asyncio: a thread runs the loop, each method waits.

Adds no behaviour of its own: every method is the asynchronous one's.
"""

# The asynchronous client's methods for generated code are for this face of it too.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    ParamSpec,
    TypeVar,
    overload,
)

from .calls import ToolCall
from .client import Client
from .errors import ClientStateError
from .threads import LoopThread

if TYPE_CHECKING:
    from typing import Self, Unpack

    from ..core.model import Codec
    from ..core.revision import Era
    from ..protocol.types import CallToolResult, Implementation, ServerCapabilities
    from .options import CallOptions, Notification
    from .subscriptions import Subscription

F = TypeVar("F", bound=Callable[..., object])
P = ParamSpec("P")
S = TypeVar("S", bound="SyncClient")
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


def _subscribing(
    method: Callable[Concatenate[Client, P], Subscription],
) -> Callable[Concatenate[SyncClient, P], SyncSubscription]:
    """The synchronous face of `Client.subscribe`."""

    def run(self: SyncClient, /, *args: P.args, **kwargs: P.kwargs) -> SyncSubscription:
        subscription = method(self._client, *args, **kwargs)
        return SyncSubscription(subscription, self._thread)

    return _described(run, method, "SyncSubscription")


def _described(made: F, method: Callable[..., object], result: str) -> F:
    """Let `help` and `inspect.signature` show what the synchronous method returns."""
    shown: Any = functools.update_wrapper(made, method)
    shown.__doc__ = (method.__doc__ or "").replace("`async ", "`")
    shown.__annotations__ = {**method.__annotations__, "return": result}
    shown.__signature__ = inspect.signature(method).replace(return_annotation=result)
    return made


class _Constructor(Generic[P]):
    """A constructor of the asynchronous client, for its synchronous face."""

    def __init__(self, make: Callable[P, Client]) -> None:
        self._name = make.__name__

    def __get__(self, instance: object, owner: type[S]) -> Callable[P, S]:
        make: Callable[P, Client] = getattr(owner._client_class, self._name)

        def made(*args: P.args, **kwargs: P.kwargs) -> S:
            return owner(make(*args, **kwargs))

        return _described(made, make, owner.__name__)


class SyncClient:
    """A connection to one MCP server, for use in `with`.

    The constructors are those of `Client`. An application in memory and connections of
    your own belong to the event loop of the client's thread.

    Handlers and callbacks run in threads of the client's, not in the caller's; they may
    use the client. Several threads may share one client, forked processes may not. A
    client that is dropped without having been closed is closed, with a ResourceWarning.
    """

    _client_class: ClassVar[type[Client]] = Client
    """The asynchronous client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._thread = LoopThread()

    in_memory = _Constructor(Client.in_memory)
    over = _Constructor(Client.over)
    stdio = _Constructor(Client.stdio)
    from_config = _Constructor(Client.from_config)

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

    subscribe = _subscribing(Client.subscribe)

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
