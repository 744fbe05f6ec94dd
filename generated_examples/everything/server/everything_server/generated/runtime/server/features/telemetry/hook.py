"""Spans and metrics of calls through OpenTelemetry, and a page of them for Prometheus.

A hook like those of users: knows calls and their outcomes. Needs the extra `telemetry`;
nothing of it is imported before it is asked for. Names are those of OpenTelemetry's
conventions for MCP, https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, TypeAlias

from aiohttp import hdrs, web

from ...handlers.context import Context
from ...incoming import Refused
from ...middleware import Call, Hook, Outcome, ServerStats
from ...settings import Settings, SettingsError
from ...transports.http.guard import Guard
from ...transports.http.proxies import Proxies, parse_address

Attributes: TypeAlias = dict[str, str | int | float | bool]

_SCOPE: Final = "mcp.server"
_TRACE_KEYS: Final = ("traceparent", "tracestate", "baggage")
"""The keys of `_meta` that are OpenTelemetry's.
https://modelcontextprotocol.io/specification/2026-07-28/basic/index#_meta"""

_SECONDS: Final = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0),
)
"""Upper bounds of the histogram's buckets, as the conventions advise."""

_NUMBERS: Final = (
    ("calls", "{call}", "Calls that run."),
    ("sessions", "{session}", "Open legacy sessions."),
    ("streams", "{stream}", "Open-ended streams."),
)
"""Numbers of `ServerStats`, with their units and descriptions."""

_LONGEST: Final = 512
"""Characters of one attribute that comes from outside."""

_LONGEST_CARRIED: Final = 8_192
"""Characters of what a client says of its trace, as many as OpenTelemetry takes of
baggage. What it does not take, it writes into the log as a whole."""


class Telemetry(Hook):
    """A span and a duration per call, and how many calls, sessions and streams there are.

    Spans continue the trace that the request's `_meta` names. Nothing of arguments,
    results or credentials is recorded, and nothing that a client may choose freely
    becomes a span's name or a metric's attribute.
    """

    def __init__(
        self,
        *,
        tracer_provider: Any = None,
        meter_provider: Any = None,
        follow_clients: bool = True,
    ) -> None:
        """Prepare.

        Args:
            tracer_provider: An OpenTelemetry `TracerProvider`; without it, the one that
                the process has set, which does nothing until one is.
            meter_provider: The same for metrics.
            follow_clients: Whether spans become part of the clients' traces, with their
                decision whether to sample; otherwise they begin their own and link there.

        Raises:
            SettingsError: OpenTelemetry is not installed.
        """
        _require("opentelemetry", "opentelemetry-api")
        self._trace = import_module("opentelemetry.trace")
        self._contexts = import_module("opentelemetry.context")
        self._extract = import_module("opentelemetry.propagate").extract
        self._follow = follow_clients
        self._tracer = self._trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
        metrics = import_module("opentelemetry.metrics")
        self._meter = metrics.get_meter(_SCOPE, meter_provider=meter_provider)
        self._observation = metrics.Observation
        self._duration = self._meter.create_histogram(
            "mcp.server.operation.duration",
            unit="s",
            description="How long calls took, from their request to their result.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )

    def attach(self, stats: ServerStats) -> None:
        """See `Hook`."""
        for name, unit, description in _NUMBERS:
            self._meter.create_observable_up_down_counter(
                f"mcp.server.active_{name}",
                callbacks=[partial(self._observed, stats, name)],
                unit=unit,
                description=description,
            )

    def _observed(self, stats: ServerStats, name: str, _: object) -> Sequence[Any]:
        return [self._observation(getattr(stats, name))]

    def before(self, call: Call) -> None:
        """See `Hook`."""
        attributes = _attributes(call)
        target = attributes.get("gen_ai.tool.name") or attributes.get(
            "gen_ai.prompt.name"
        )
        carrier = _carrier(call.ctx.meta)
        context = self._extract(carrier) if carrier else self._contexts.get_current()
        links = self._links(carrier, context)
        if carrier and not self._follow:
            context = self._contexts.get_current()
        span = self._tracer.start_span(
            call.method if target is None else f"{call.method} {target}",
            context=context,
            kind=self._trace.SpanKind.SERVER,
            attributes=attributes | _details(call),
            links=links,
        )
        token = self._contexts.attach(self._trace.set_span_in_context(span, context))
        call.notes[self] = span, token, attributes

    def after(self, call: Call, outcome: Outcome) -> None:
        """See `Hook`."""
        span, token, attributes = call.notes.pop(self)
        self._contexts.detach(token)
        failure = _failure(outcome)
        if failure:
            span.set_attributes(failure)
            # Without the message, which may repeat what the client has sent.
            span.set_status(self._trace.StatusCode.ERROR)
        self._duration.record(
            outcome.seconds,
            attributes | failure,
            context=self._trace.set_span_in_context(span),
        )
        span.end()

    def _links(self, carrier: Mapping[str, str], context: Any) -> list[Any]:
        """The context that does not become the parent, where there are two."""
        if not carrier:
            return []
        parent = self._contexts.get_current() if self._follow else context
        other = self._trace.get_current_span(parent).get_span_context()
        return [self._trace.Link(other)] if other.is_valid else []


class Metrics:
    """A page of metrics for Prometheus, for this machine or those with the token."""

    def __init__(self, settings: Settings, guard: Guard) -> None:
        """Prepare the meters of one server.

        Raises:
            SettingsError: The packages of the extra are not installed.
        """
        _require(
            "opentelemetry.exporter.prometheus", "opentelemetry-exporter-prometheus"
        )
        self._guard = guard
        self._proxies = Proxies(settings.trusted_proxies, settings.proxy_headers)
        token = settings.metrics_token
        self._token = None if token is None else token.get_secret_value().encode()
        prometheus = import_module("prometheus_client")
        exporter = import_module("opentelemetry.exporter.prometheus")
        sdk = import_module("opentelemetry.sdk.metrics")
        self._encoder = import_module("prometheus_client.exposition").choose_encoder
        # Not the process's own registry: another server may count there as well.
        self._registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self._registry)
        reader = exporter.PrometheusMetricReader(registry=self._registry)
        self.provider: Final = sdk.MeterProvider([reader], shutdown_on_exit=False)

    async def page(self, request: web.BaseRequest) -> web.StreamResponse:
        """All metrics, in the form that the scraper asks for."""
        try:
            self._guard.check(request)
        except Refused as refusal:
            return web.Response(status=403, text=str(refusal.error))
        if self._token is not None and not self._has_token(request):
            challenge = {"WWW-Authenticate": "Bearer"}
            return web.Response(
                status=401, text="The token is wrong", headers=challenge
            )
        if self._token is None and not self._is_local(request):
            message = "Metrics are for this machine alone; setting metrics_token"
            return web.Response(status=403, text=message)
        encode, content_type = self._encoder(request.headers.get(hdrs.ACCEPT, ""))
        return web.Response(
            body=encode(self._registry), headers={"Content-Type": content_type}
        )

    def close(self) -> None:
        """Count no more."""
        self.provider.shutdown()

    def _has_token(self, request: web.BaseRequest) -> bool:
        wanted = self._token
        given = request.headers.get(hdrs.AUTHORIZATION, "")
        scheme, _, token = given.partition(" ")
        # An empty token is nobody's.
        if not wanted or scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(token.encode("utf-8", "surrogateescape"), wanted)

    def _is_local(self, request: web.BaseRequest) -> bool:
        headers = request.headers
        if self._proxies.is_unknown(headers):
            return False
        remote = self._proxies.client(headers, request.remote)
        address = None if remote is None else parse_address(remote)
        return address is not None and address.is_loopback


def _carrier(meta: Mapping[str, Any]) -> dict[str, str]:
    """What the client says of its trace, without what no header could hold."""
    return {
        key: value
        for key in _TRACE_KEYS
        if isinstance(value := meta.get(key), str)
        and 0 < len(value) <= _LONGEST_CARRIED
        and value.isascii()
    }


def _attributes(call: Call) -> Attributes:
    """What a span and a duration share: few values, none that clients choose."""
    attributes: Attributes = {
        "mcp.method.name": call.method,
        "mcp.protocol.version": call.ctx.protocol_version,
    }
    incoming = call.incoming
    if incoming.network_transport is not None:
        attributes["network.transport"] = incoming.network_transport
    if incoming.network_protocol is not None:
        attributes["network.protocol.name"] = incoming.network_protocol
    if call.method == "tools/call":
        attributes["gen_ai.operation.name"] = "execute_tool"
    key = _known_target(call.method, call.name, call.ctx)
    if key is not None and call.name is not None:
        attributes[key] = call.name
    return attributes


def _known_target(method: str, name: str | None, ctx: Context) -> str | None:
    """The attribute that holds a tool's or a prompt's name; None if there is none such."""
    if method == "tools/call" and name in ctx.catalog.tools:
        return "gen_ai.tool.name"
    if method == "prompts/get" and name in ctx.catalog.prompts:
        return "gen_ai.prompt.name"
    return None


def _details(call: Call) -> Attributes:
    """What a span has besides."""
    details: Attributes = {"jsonrpc.request.id": str(call.ctx.request_id)[:_LONGEST]}
    if call.ctx.session is not None and call.principal is not None:
        # Without principals, the id is all that a client needs to use the session.
        details["mcp.session.id"] = call.ctx.session.id
    uri = call.name
    if call.method == "resources/read" and uri and uri in call.ctx.catalog.resources:
        # Others hold the values of a template's variables, or do not exist.
        details["mcp.resource.uri"] = uri[:_LONGEST]
    return details


def _failure(outcome: Outcome) -> Attributes:
    """How a call failed; nothing if it did not."""
    if outcome.error is not None:
        code = str(outcome.error.code)
        return {"error.type": code, "rpc.response.status_code": code}
    if outcome.kind in ("tool_error", "cancelled"):
        return {"error.type": outcome.kind}
    return {}


def _require(module: str, package: str) -> None:
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise SettingsError(
            f"telemetry needs the package {package}: `pip install {package}`, or the "
            "server with its extra `telemetry`: `pip install '.[telemetry]'`"
        )
