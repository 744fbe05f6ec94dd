"""Base class of generated clients: typed calls over one connection.

The methods of generated clients are one line each. This module turns calls into requests
and results into values; it chooses the transport, and knows nothing of eras.
"""

from __future__ import annotations

import copy
import dataclasses
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from ..core.catalog import Catalog, JsonObject
from ..core.errors import HEADER_MISMATCH
from ..core.features import load
from .calls import Request, ToolCall, decoded, given, to_strings
from .errors import ProtocolError
from .listing import TEMPLATES, Listing
from .options import CallSettings, LoggingLevel, Omit, Settings, joined, messages_only

if TYPE_CHECKING:
    from typing import Self, TextIO, Unpack

    from aiohttp import web

    from ..core.connection import Connection
    from ..core.model import Codec
    from ..core.revision import Era, Revision
    from ..core.uri.expand import Value
    from ..protocol import types
    from .channel import Transport
    from .listing import Difference
    from .options import CallOptions, ClientOptions
    from .subscriptions import Subscription
    from .sync import SyncClient
else:
    from ..core.lazy import LazyModule

    # Making these classes takes longer than all else that a client imports.
    types = LazyModule(f"{__package__.rpartition('.')[0]}.protocol", "types")

T = TypeVar("T")


class Client:
    """A connection to one MCP server, for use in `async with`.

    Entering finds out which protocol version the server speaks; leaving closes
    everything. One client serves many concurrent calls of one event loop.

    Attributes:
        catalog: What the server's manifest declares; empty for a client without one.
    """

    catalog: ClassVar[Catalog] = Catalog(server={"name": "mcp", "version": "0"})
    _revisions: ClassVar[tuple[Revision | str, ...]] = ()
    _calls: ClassVar[dict[str, ToolCall[Any]]] = {}
    _url: ClassVar[str] = ""
    _command: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._calls = {}

    def __init__(self, url: str, **options: Unpack[ClientOptions]) -> None:
        self._use(url, options)

    def _use(self, url: str | None, options: ClientOptions) -> None:
        """Use a URL, or else the server that the manifest names."""
        if url is None and self._command:
            transport, settings = self._program(None, options)
        else:
            # aiohttp comes with it: who only imports a client need not wait for that.
            from .transports.http.requests import Http

            settings = self._settings(options)
            transport = Http(self._url if url is None else url, settings)
        self._begin(transport, settings)

    def _begin(self, transport: Transport, settings: Settings) -> None:
        from .connection import ServerConnection

        self._connection = ServerConnection(transport, settings)
        self._listing = Listing(self._connection)
        self._options: CallSettings = settings.for_calls()

    @classmethod
    def sync(cls, url: str, **options: Unpack[ClientOptions]) -> SyncClient:
        """The same client for code without asyncio: each method waits for its result."""
        made: SyncClient = load(
            f"{__package__}.sync", "Client.sync", "client", "sync"
        ).SyncClient(cls(url, **options))
        return made

    @classmethod
    def in_memory(
        cls,
        app: web.Application,
        *,
        path: str = "/mcp",
        **options: Unpack[ClientOptions],
    ) -> Self:
        """A client of an aiohttp application in this process, without a network.

        The application starts when the client is entered and stops when it is left.

        Args:
            app: The application; it must not run elsewhere.
            path: Where the application has its MCP endpoint.
            options: As for the constructor.
        """
        from .transports.http.aiohttp_parts import memory_session

        options["session_factory"] = memory_session(app)
        return cls(f"http://localhost{path}", **options)

    @classmethod
    def over(
        cls,
        connect: Callable[[], Awaitable[Connection]],
        *,
        name: str = "the connection",
        **options: Unpack[ClientOptions],
    ) -> Self:
        """A client over connections of your own: a socket, a WebSocket, a pipe.

        Args:
            connect: Opens a connection: at the first request, and again for the next one
                after a connection was lost.
            name: What errors call the server.
            options: As for the constructor, without those for HTTP.

        Raises:
            ValueError: An option is for HTTP alone.
        """
        from .transports.messages import MessageTransport

        settings = messages_only(cls._settings(options), "connections of your own")
        transport = MessageTransport(connect, name=name, max_bytes=settings.max_bytes)
        return cls._with(transport, settings)

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
        """A client of a program that it starts, over the program's standard streams.

        The program starts when the client is entered and ends when it is left. One that
        died is started again by the next call.

        Args:
            command: The program and its arguments; no shell reads them. None stands for
                those that the client was generated with, if there are any.
            env: Environment variables besides the default ones, which are `PATH`, `HOME`
                and a few more, and no credentials.
            cwd: The program's working directory.
            stderr: Where the program's standard error is copied to, such as `sys.stderr`;
                its last lines are part of errors in any case.
            options: As for the constructor, without those for HTTP.

        Raises:
            ValueError: There is no command, it is empty or a string, or an option is
                for HTTP alone.
        """
        return cls._with(*cls._program(command, options, env, cwd, stderr))

    @classmethod
    def _program(
        cls,
        command: Sequence[str] | None,
        options: ClientOptions,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        stderr: TextIO | None = None,
    ) -> tuple[Transport, Settings]:
        """The transport to a program, and what the client is made with."""
        stdio = load(
            f"{__package__}.transports.stdio", "Client.stdio", "client", "stdio"
        )
        settings = messages_only(cls._settings(options), "programs")
        words = cls._command if command is None else command
        return stdio.program(
            words, env=env, cwd=cwd, stderr=stderr, max_bytes=settings.max_bytes
        ), settings

    @classmethod
    def from_config(
        cls, path: str | os.PathLike[str], name: str, **options: Unpack[ClientOptions]
    ) -> Self:
        """A client of a server in a host's configuration file, such as `mcp.json`.

        Reads what Claude, VS Code, Cursor and others write: `mcpServers` or `servers`
        with `command`, `args`, `env` and `cwd`, or `url` and `headers`; comments and
        `${VARIABLES}` of the environment.

        Args:
            path: The file; it is trusted, for it names programs to start.
            name: The server's name in it.
            options: As for the constructor; `headers` come on top of those in the file.

        Raises:
            ClientError: The file or the entry cannot be used; also a ValueError. Names
                the file and the key, and has none of the values, which may be secrets.
            ValueError: The server is a program, and an option is for HTTP alone.
        """
        config = load(
            f"{__package__}.features.config", "Client.from_config", "client", "config"
        )
        server = config.read(path, name, os.environ)
        if server.command:
            return cls.stdio(server.command, env=server.env, cwd=server.cwd, **options)
        options["headers"] = joined(server.headers, options.get("headers", {}))
        return cls(server.url, **options)

    @classmethod
    def _with(cls, transport: Transport, settings: Settings) -> Self:
        made = cls.__new__(cls)
        made._begin(transport, settings)
        return made

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """This client with other options for its calls; the connection is shared."""
        changed = copy.copy(self)
        changed._options = dataclasses.replace(self._options, **options)
        return changed

    async def open(self) -> None:
        """Connects. `async with` does it for you.

        Raises:
            TransportError: The server can't be reached or speaks no MCP.
            AuthError: It wants credentials that this client does not have.
        """
        await self._connection.open()

    async def close(self) -> None:
        """Ends the session and every stream and task. `async with` does it for you."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def protocol_version(self) -> str:
        """The protocol revision that is spoken, such as "2026-07-28"."""
        return self._connection.server.protocol_version

    @property
    def era(self) -> Era:
        """ "modern" for stateless revisions, "legacy" for those with `initialize`."""
        return self._connection.server.era

    @property
    def server_info(self) -> types.Implementation:
        """The server's name, version and more; the name is empty if it has not said it."""
        return self._connection.server.implementation()

    @property
    def capabilities(self) -> types.ServerCapabilities:
        """The server's capabilities."""
        return self._connection.server.typed_capabilities()

    @property
    def instructions(self) -> str | None:
        """The server's guidance for models that use it."""
        return self._connection.server.instructions

    @property
    def middleware(self) -> tuple[str, ...]:
        """The names of all middleware, the outermost first."""
        return self._connection.middleware

    async def list_tools(self) -> list[types.Tool]:
        """All tools, from all pages; those with a wrong `x-mcp-header` are left out."""
        return await self._listing.typed(types.Tool, "tools/list", self._options)

    async def list_prompts(self) -> list[types.Prompt]:
        """All prompts, from all pages."""
        return await self._listing.typed(types.Prompt, "prompts/list", self._options)

    async def list_resources(self) -> list[types.Resource]:
        """All resources, from all pages."""
        return await self._listing.typed(
            types.Resource, "resources/list", self._options
        )

    async def list_resource_templates(self) -> list[types.ResourceTemplate]:
        """All resource templates, from all pages."""
        return await self._listing.typed(
            types.ResourceTemplate, TEMPLATES, self._options
        )

    async def check(self) -> tuple[Difference, ...]:
        """What the live server offers other than this client was generated for.

        Empty where nothing differs. What was added does no harm; what is missing or
        changed may.
        """
        return await self._listing.differences(self.catalog, self._options)

    async def call_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None
    ) -> types.CallToolResult:
        """Calls a tool by its wire name.

        Raises:
            ToolError: The tool ran and failed.
            InvalidArgumentsError: The arguments break the tool's schema, if it is known.
        """
        call = self._listing.tool(name, self.catalog)
        return await self._call_tool(call, arguments or {})

    async def get_prompt(
        self, name: str, arguments: Mapping[str, str] | None = None
    ) -> types.GetPromptResult:
        """A prompt's messages, by its wire name."""
        return await self._get_prompt(name, arguments or {})

    async def read_resource(self, uri: str) -> types.ReadResourceResult:
        """A resource's contents, by its URI."""
        return await self._asked(
            types.ReadResourceResult, "resources/read", {"uri": uri}
        )

    _read_resource = read_resource

    async def complete_prompt(
        self,
        prompt: str,
        argument: str,
        value: str = "",
        *,
        known: Mapping[str, str] | None = None,
    ) -> types.CompleteResult:
        """Values for an argument of a prompt that fit what is typed so far.

        Args:
            prompt: The prompt's wire name.
            argument: The argument's name.
            value: What is typed so far.
            known: The arguments that are known already.
        """
        reference = {"type": "ref/prompt", "name": prompt}
        return await self._complete(reference, argument, value, known)

    async def complete_template(
        self,
        template: str,
        argument: str,
        value: str = "",
        *,
        known: Mapping[str, str] | None = None,
    ) -> types.CompleteResult:
        """Values for a variable of a resource template that fit what is typed so far."""
        reference = {"type": "ref/resource", "uri": template}
        return await self._complete(reference, argument, value, known)

    async def ping(self) -> None:
        """Returns when the server answers."""
        await self._connection.request(Request("ping", {}, True, self._options))

    async def set_logging_level(self, level: LoggingLevel) -> None:
        """The least level of log messages that the server sends from now on."""
        request = Request("logging/setLevel", {"level": level}, True, self._options)
        await self._connection.request(request)

    async def roots_changed(self) -> None:
        """Notifies the server that the client's roots have changed; it asks anew.

        Servers of the modern era ask in each request; there, nothing is sent.

        Raises:
            MissingHandlerError: This client has no `roots`.
        """
        await self._connection.roots_changed(self._options)

    def subscribe(
        self,
        *,
        resources: Iterable[str] = (),
        tools_changed: bool = False,
        prompts_changed: bool = False,
        resources_changed: bool = False,
    ) -> Subscription:
        """The server's notifications of changes, for `async with` and `async for`.

        Args:
            resources: URIs of resources whose updates are wanted.
            tools_changed: Whether changes of the list of tools are wanted.
            prompts_changed: The same for prompts.
            resources_changed: The same for the list of resources.
        """
        from .subscriptions import Filter

        lists = tools_changed, prompts_changed, resources_changed
        return self._connection.subscribe(Filter.of(resources, *lists))

    @overload
    async def _call(
        self, tool: str, arguments: Mapping[str, Any]
    ) -> types.CallToolResult: ...

    @overload
    async def _call(
        self, tool: str, arguments: Mapping[str, Any], output: type[T] | Codec[T]
    ) -> T: ...

    async def _call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        output: type[Any] | Codec[Any] | None = None,
    ) -> Any:
        """Call a tool of the catalogue; it is made ready at its first call."""
        call = self._calls.get(tool)
        if call is None:
            definition = next(t for t in self.catalog.tools if t["name"] == tool)
            call = self._calls[tool] = ToolCall(definition, output)
        return await self._call_tool(call, arguments)

    async def _call_tool(self, call: ToolCall[T], arguments: Mapping[str, Any]) -> T:
        plain = call.checked(arguments)
        request = call.request(plain, self._options)
        async with self._connection.limited(request.method, self._options) as clock:
            try:
                result = await self._connection.request(request)
            except ProtocolError as error:
                if error.code != HEADER_MISMATCH:
                    raise
                clock.heard()
                result = await self._listing.call_anew(
                    call, plain, self._options, error
                )
        return call.read(result, self._connection.quirks.note)

    async def _get_prompt(
        self, name: str, arguments: Mapping[str, str | Omit]
    ) -> types.GetPromptResult:
        params = {"name": name, "arguments": to_strings(given(arguments))}
        return await self._asked(types.GetPromptResult, "prompts/get", params)

    async def _read_template(
        self, template: str, variables: Mapping[str, Value | Omit]
    ) -> types.ReadResourceResult:
        from ..core.uri.expand import expand

        return await self.read_resource(expand(template, given(variables)))

    async def _complete(
        self,
        reference: JsonObject,
        argument: str,
        value: str,
        known: Mapping[str, str] | None,
    ) -> types.CompleteResult:
        params: dict[str, Any] = {
            "ref": reference,
            "argument": {"name": argument, "value": value},
        }
        if known:
            params["context"] = {"arguments": dict(known)}
        return await self._asked(types.CompleteResult, "completion/complete", params)

    async def _asked(self, kind: type[T], method: str, params: dict[str, Any]) -> T:
        """The typed result of a request that may be repeated."""
        request = Request(method, params, True, self._options)
        return decoded(kind, await self._connection.request(request), method)

    @classmethod
    def _settings(cls, options: ClientOptions) -> Settings:
        settings = Settings(**options, revisions=cls._revisions)
        if settings.client_info is not None:
            return settings
        server = cls.catalog.server
        name = {"name": f"{server['name']}-client", "version": server["version"]}
        return dataclasses.replace(settings, client_info=name)
