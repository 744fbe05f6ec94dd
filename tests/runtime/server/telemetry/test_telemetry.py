"""Spans and metrics as OpenTelemetry's SDK gets them from calls of both eras."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from opentelemetry import baggage, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    InMemoryMetricReader,
    NumberDataPoint,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from mcpgen.runtime.server import (
    Context,
    Hook,
    Server,
    Settings,
    Telemetry,
    create_app,
)
from mcpgen.runtime.server.transports.stdio import StdioConnection

from ..conftest import serving
from ..seams.lines import Peer, SocketConnection, listening, modern
from ..wire import SECONDS, LegacyWire, ModernWire
from ..workshop import Workshop

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Recorder:
    """What the SDK's exporters have got."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.meters = MeterProvider([self._reader])

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    @property
    def span(self) -> ReadableSpan:
        """The last span."""
        return self.spans[-1]

    def points(self, name: str) -> list[Any]:
        """The data points of a metric."""
        data = self._reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def durations(self, **wanted: str) -> list[HistogramDataPoint]:
        """The durations whose attributes are as wanted; names with `_` for dots."""
        return [
            point
            for point in self.points("mcp.server.operation.duration")
            if wanted.items()
            <= {k.replace(".", "_"): v for k, v in labels(point).items()}.items()
        ]

    def number(self, name: str) -> int:
        """The one value of a metric."""
        (point,) = self.points(f"mcp.server.active_{name}")
        assert isinstance(point, NumberDataPoint)
        return int(point.value)

    def hook(self, **options: Any) -> Telemetry:
        return Telemetry(
            tracer_provider=self.tracers, meter_provider=self.meters, **options
        )


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.tracers.shutdown()
    recorder.meters.shutdown()


@asynccontextmanager
async def wires(
    http: ClientSession, *hooks: Hook, service: Workshop | None = None
) -> AsyncIterator[tuple[ModernWire, LegacyWire]]:
    """A server with hooks, and a client of each era."""
    async with serving(create_app(service or Workshop(), hooks=hooks)) as url:
        legacy = LegacyWire(http, url)
        await legacy.initialize(capabilities={"elicitation": {}})
        yield ModernWire(http, url), legacy


def known(span: ReadableSpan) -> SpanContext:
    """A span's context, which every span that ended has."""
    context = span.get_span_context()
    assert context is not None
    return context


def labels(point: HistogramDataPoint) -> dict[str, str]:
    """The attributes of a point, all of which are text."""
    return {key: str(value) for key, value in (point.attributes or {}).items()}


async def told(
    wire: ModernWire | LegacyWire, tool: str, meta: Mapping[str, Any]
) -> None:
    """Call a tool with entries in `_meta`."""
    if isinstance(wire, ModernWire):
        reply = await wire.tool(tool, meta=dict(meta))
    else:
        reply = await wire.tool(tool, params={"_meta": dict(meta)})
    assert reply.status == 200


class TestSpans:
    async def test_a_call_of_a_tool(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        async with wires(http, recorder.hook()) as both:
            versions: dict[str, ModernWire | LegacyWire]
            versions = {"2026-07-28": both[0], "2025-11-25": both[1]}
            for version, wire in versions.items():
                await wire.tool("add", {"a": 3})

                span = recorder.span
                assert (span.name, span.kind) == ("tools/call add", SpanKind.SERVER)
                assert dict(span.attributes or {}) == {
                    "mcp.method.name": "tools/call",
                    "mcp.protocol.version": version,
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.name": "add",
                    "jsonrpc.request.id": str(wire.last_id),
                    "network.transport": "tcp",
                    "network.protocol.name": "http",
                }
                assert span.parent is None
                assert span.status.status_code is StatusCode.UNSET

    @pytest.mark.parametrize("transport", [None, "unix", StdioConnection])
    async def test_a_call_over_another_transport(
        self, recorder: Recorder, tmp_path: Path, transport: Any
    ) -> None:
        """Standard input and output are pipes; other connections may say what they are."""

        class Socket(SocketConnection):
            if transport is not None:
                network_transport = getattr(transport, "network_transport", transport)

        server = Server(Workshop(), Settings(), hooks=[recorder.hook()])
        path = tmp_path / "mcp"
        async with listening(server, path, Socket), Peer.connected(path) as peer:
            await peer.call(
                "tools/call", modern({"name": "add", "arguments": {"a": 1}})
            )

        names = {None: {}, "unix": {"network.transport": "unix"}}
        assert {
            name: value
            for name, value in (recorder.span.attributes or {}).items()
            if name.startswith("network.")
        } == names.get(transport, {"network.transport": "pipe"})

    @pytest.mark.parametrize(
        ("method", "params", "name", "attribute", "value"),
        [
            (
                "prompts/get",
                {"name": "hello"},
                "prompts/get hello",
                "gen_ai.prompt.name",
                "hello",
            ),
            (
                "resources/read",
                {"uri": "shop://text"},
                "resources/read",
                "mcp.resource.uri",
                "shop://text",
            ),
            ("tools/list", {}, "tools/list", "mcp.method.name", "tools/list"),
        ],
    )
    async def test_other_methods(
        self,
        http: ClientSession,
        recorder: Recorder,
        method: str,
        params: dict[str, str],
        name: str,
        attribute: str,
        value: str,
    ) -> None:
        async with wires(http, recorder.hook()) as both:
            for wire in both:
                await wire.call(method, params)

                assert recorder.span.name == name
                assert (recorder.span.attributes or {})[attribute] == value

    @pytest.mark.parametrize(
        ("tool", "kind"),
        [("failing", "tool_error"), ("broken", "tool_error"), ("refused", "-31000")],
    )
    async def test_failures(
        self, http: ClientSession, recorder: Recorder, tool: str, kind: str
    ) -> None:
        async with wires(http, recorder.hook()) as both:
            for wire in both:
                await wire.tool(tool)

                span = recorder.span
                assert (span.attributes or {})["error.type"] == kind
                assert span.status.status_code is StatusCode.ERROR
                assert span.status.description is None

    async def test_nothing_of_arguments_results_and_secrets_is_recorded(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        async with wires(http, recorder.hook()) as (modern, legacy):
            old = LegacyWire(http, legacy.url)
            for wire in (modern, legacy):
                wire.headers["Authorization"] = "Bearer hush-token"
                await wire.tool("nothing", {"password": "hush-argument"})
                await wire.tool("broken")
                await wire.tool("add", {"a": "hush-value"})
                await wire.tool("add", {"a": 1, "hush-name": 1})
                await wire.tool("hush-tool")
                await wire.call("prompts/get", {"name": "hush-prompt"})
                for arguments in ({"city": 5, "hush-name": "x"}, {"city": ["hush"]}):
                    params = {"name": "trip", "arguments": arguments}
                    await wire.call("prompts/get", params)
                for uri in ("shop://hush-made-up", "shop://cities/hush-city"):
                    await wire.call("resources/read", {"uri": uri})
                await wire.call("tools/list", {"cursor": "hush-cursor"})
            await old.initialize("2025-06-18")
            await old.tool("add", {"a": "hush-value"})
            session = legacy.headers["Mcp-Session-Id"]

        recorded = "".join(span.to_json() for span in recorder.spans)
        assert len(recorder.spans) == 2 * 11 + 1
        for secret in ("hush", "a secret of the server", session):
            assert secret not in recorded

    async def test_a_handler_is_within_the_span(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        tracer = recorder.tracers.get_tracer("shop")

        class Shop(Workshop):
            async def nothing(self, args: object, ctx: Context) -> None:
                tracer.start_span("in the handler").end()

            def threaded(self, args: object, ctx: Context) -> str:
                tracer.start_span("in a thread").end()
                return ""

        async with wires(http, recorder.hook(), service=Shop()) as both:
            for wire in both:
                for tool in ("nothing", "threaded"):
                    await wire.tool(tool)

                    inner, outer = recorder.spans[-2:]
                    assert inner.parent is not None
                    assert inner.parent.span_id == known(outer).span_id


class TestTraceContext:
    """What `_meta` says of the client's trace."""

    async def test_spans_continue_the_client_s_trace(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        meta = {"traceparent": TRACEPARENT, "tracestate": "shop=1"}
        async with wires(http, recorder.hook()) as both:
            for wire in both:
                await told(wire, "nothing", meta)

                span = recorder.span
                assert format(known(span).trace_id, "032x") == TRACE
                assert span.parent is not None
                assert format(span.parent.span_id, "016x") == PARENT
                assert known(span).trace_state.get("shop") == "1"

    async def test_a_client_that_does_not_sample_is_heeded(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        async with wires(http, recorder.hook()) as both:
            for wire in both:
                await told(wire, "nothing", {"traceparent": f"00-{TRACE}-{PARENT}-00"})

        assert not recorder.spans
        assert sum(point.count for point in recorder.durations()) == 2

    async def test_traces_of_strangers_may_be_linked_only(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        async with wires(http, recorder.hook(follow_clients=False)) as both:
            for wire in both:
                await told(wire, "nothing", {"traceparent": f"00-{TRACE}-{PARENT}-00"})

                span = recorder.span
                assert format(known(span).trace_id, "032x") != TRACE
                assert span.parent is None
                (link,) = span.links
                assert format(link.context.trace_id, "032x") == TRACE

    async def test_a_span_around_the_request_is_linked(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        class Transport(Hook):
            """Stands for an instrumentation of HTTP."""

            def before(self, call: Any) -> None:
                self.span = recorder.tracers.get_tracer("http").start_span("POST")
                call.notes[self] = trace.use_span(self.span)
                call.notes[self].__enter__()

            def after(self, call: Any, outcome: Any) -> None:
                call.notes[self].__exit__(None, None, None)

        transport = Transport()
        async with wires(http, transport, recorder.hook()) as (modern, _):
            await told(modern, "nothing", {"traceparent": TRACEPARENT})
            (link,) = recorder.span.links
            assert link.context == transport.span.get_span_context()

            await modern.tool("nothing")
            parent = recorder.span.parent
            assert parent == transport.span.get_span_context()

    async def test_handlers_find_the_baggage(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        class Shop(Workshop):
            async def region(self, args: object, ctx: Context) -> str:
                return str(baggage.get_baggage("tenant"))

        async with wires(http, recorder.hook(), service=Shop()) as both:
            for wire in both:
                meta = {"baggage": "tenant=red"}
                if isinstance(wire, ModernWire):
                    reply = await wire.tool("region", meta=meta)
                else:
                    reply = await wire.tool("region", params={"_meta": meta})
                assert reply.content == "red"

                assert (await wire.tool("region")).content == "None"

    @pytest.mark.parametrize(
        "meta",
        [
            {"traceparent": 3},
            {"traceparent": None, "baggage": ["tenant=red"]},
            {"traceparent": ""},
            {"traceparent": "00-0-0-00"},
            {"traceparent": f"00-{'0' * 32}-{PARENT}-01"},
            {"traceparent": f"ff-{TRACE}-{PARENT}-01"},
            {"traceparent": "x" * 100_000},
            {"baggage": "a=b," * 100_000},
            {"baggage": "tenant=\u2028\n"},
            {"tracestate": "a=b," * 1000, "traceparent": "nonsense"},
        ],
    )
    async def test_nonsense_begins_a_trace(
        self, http: ClientSession, recorder: Recorder, meta: dict[str, Any]
    ) -> None:
        async with wires(http, recorder.hook()) as both:
            for wire in both:
                await told(wire, "nothing", meta)

                assert recorder.span.parent is None

    @pytest.mark.parametrize("key", ["traceparent", "tracestate", "baggage"])
    async def test_what_is_too_long_gets_into_no_log(
        self,
        http: ClientSession,
        recorder: Recorder,
        key: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        meta = {"traceparent": TRACEPARENT, key: "%0a" * 100_000}
        async with wires(http, recorder.hook()) as both:
            for wire in both:
                await told(wire, "nothing", meta)

        assert len(caplog.text) < 10_000

    async def test_baggage_of_a_usual_length_is_taken(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        class Shop(Workshop):
            async def region(self, args: object, ctx: Context) -> str:
                return str(len(str(baggage.get_baggage("tenant"))))

        async with wires(http, recorder.hook(), service=Shop()) as (modern, _):
            reply = await modern.tool(
                "region", meta={"baggage": f"tenant={'x' * 4000}"}
            )

        assert reply.content == "4000"


class TestMetrics:
    async def test_calls_are_counted_with_their_durations(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        async with wires(http, recorder.hook()) as both:
            for wire in both:
                for _ in range(3):
                    await wire.tool("add", {"a": 1})
                await wire.call("tools/list")

        points = recorder.durations(gen_ai_tool_name="add")
        assert [point.count for point in points] == [3, 3]
        assert all(0 < point.sum < SECONDS for point in points)
        assert points[0].explicit_bounds[0] == 0.01
        assert {labels(point)["mcp.protocol.version"] for point in points} == {
            "2026-07-28",
            "2025-11-25",
        }
        listed = recorder.durations(mcp_method_name="tools/list")
        assert [point.count for point in listed] == [1, 1]

    async def test_errors_are_counted_by_their_kind(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        async with wires(http, recorder.hook()) as (modern, _):
            for tool in ("failing", "failing", "refused", "add", "nothing"):
                await modern.tool(tool)

        counts = {
            (labels(p)["gen_ai.tool.name"], labels(p).get("error.type")): p.count
            for p in recorder.durations()
        }
        assert counts == {
            ("failing", "tool_error"): 2,
            ("refused", "-31000"): 1,
            ("add", "tool_error"): 1,
            ("nothing", None): 1,
        }

    async def test_a_client_that_goes_away_is_counted(
        self, http: ClientSession, recorder: Recorder, service: Workshop
    ) -> None:
        done = asyncio.Event()

        class Last(Hook):
            def after(self, call: Any, outcome: Any) -> None:
                done.set()

        async with wires(http, Last(), recorder.hook(), service=service) as both:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await both[0].tool("blocking")
            await asyncio.wait_for(done.wait(), SECONDS)

        (point,) = recorder.durations(error_type="cancelled")
        assert point.count == 1

    async def test_calls_sessions_and_streams_that_are_there(
        self, http: ClientSession, recorder: Recorder, service: Workshop
    ) -> None:
        async with wires(http, recorder.hook(), service=service) as (modern, legacy):
            running = asyncio.ensure_future(modern.tool("blocking"))
            await asyncio.wait_for(service.started.wait(), SECONDS)
            async with legacy.get():
                for name in ("calls", "sessions", "streams"):
                    assert recorder.number(name) == 1
            service.release.set()
            await asyncio.wait_for(running, SECONDS)
            await legacy.other("DELETE")

            assert recorder.number("calls") == 0
            assert recorder.number("sessions") == 0

    async def test_names_that_strangers_make_up_are_not_counted_apart(
        self, http: ClientSession, recorder: Recorder
    ) -> None:
        async with wires(http, recorder.hook()) as both:
            for wire in both:
                for number in range(50):
                    await wire.tool(f"made-up-{number}")
                    await wire.call("prompts/get", {"name": f"made-up-{number}"})
                    await wire.call("resources/read", {"uri": f"made-up://{number}"})

        points = recorder.durations()
        assert sum(point.count for point in points) == 300
        assert len(points) == 6
        assert "made-up" not in "".join(span.name for span in recorder.spans)


async def test_a_setting_is_enough_where_the_process_has_set_up_opentelemetry(
    http: ClientSession, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", recorder.tracers)
    monkeypatch.setattr(
        "opentelemetry.metrics._internal._METER_PROVIDER", recorder.meters
    )

    async with serving(create_app(Workshop(), Settings(telemetry=True))) as url:
        await ModernWire(http, url).tool("add", {"a": 1})

    assert recorder.span.name == "tools/call add"
    assert len(recorder.durations(gen_ai_tool_name="add")) == 1
