"""Services made of single handlers, for tests that bring their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from mcpgen.runtime.core.catalog import Catalog, Json, JsonObject
from mcpgen.runtime.server import (
    Contract,
    PromptBinding,
    ResourceBinding,
    Service,
    TemplateBinding,
    ToolBinding,
)

Handler = Callable[..., Any]
"""What a handler is without `self`."""

OBJECT: JsonObject = {"type": "object"}


def service(
    tools: Mapping[str, Handler] | None = None,
    *,
    structured: Mapping[str, Handler] | None = None,
    prompts: Mapping[str, Handler] | None = None,
    resources: Mapping[str, Handler] | None = None,
    templates: Mapping[str, Handler] | None = None,
    completions: Mapping[str, Handler] | None = None,
    announces: Iterable[str] = (),
    timeout: float | None = None,
    **methods: Any,
) -> Service:
    """A service.

    Args:
        tools: Handlers `(args, ctx)` by name, without `outputSchema`.
        structured: The same with `outputSchema`, an object.
        prompts: Handlers `(ctx)` by name.
        resources: Handlers `(ctx)` by URI.
        templates: Handlers `(args, ctx)` by URI template.
        completions: Handlers `(value, ctx)`; each completes the argument `x` of a
            prompt of its name.
        announces: What the service announces.
        timeout: Seconds that each tool may take.
        methods: Further attributes of the class, such as `on_startup`.
    """
    handlers: dict[str, Handler] = {}

    def method(kind: str, handler: Handler) -> str:
        name = f"{kind}_{len(handlers)}"
        handlers[name] = handler
        return name

    plain, typed = tools or {}, structured or {}
    definitions: list[dict[str, Json]] = [
        {"name": name, "inputSchema": OBJECT} for name in (*plain, *typed)
    ]
    for definition in definitions[len(plain) :]:
        definition["outputSchema"] = OBJECT
    completed = completions or {}
    texts = {**(prompts or {}), **dict.fromkeys(completed, _nothing)}
    contract = Contract(
        Catalog(
            server={"name": "made", "version": "1"},
            instructions=None,
            tools=tuple(definitions),
            prompts=tuple(
                {"name": name, "arguments": [{"name": "x"}]}
                if name in completed
                else {"name": name}
                for name in texts
            ),
            resources=tuple({"uri": uri, "name": uri} for uri in resources or {}),
            resource_templates=tuple(
                {"uriTemplate": uri, "name": uri} for uri in templates or {}
            ),
        ),
        tools={
            **{
                n: ToolBinding(method("t", h), Any, None, timeout)
                for n, h in plain.items()
            },
            **{
                n: ToolBinding(method("s", h), Any, Any, timeout)
                for n, h in typed.items()
            },
        },
        prompts={
            name: PromptBinding(
                method("p", handler),
                complete={"x": method("c", completed[name])}
                if name in completed
                else {},
            )
            for name, handler in texts.items()
        },
        resources={
            uri: ResourceBinding(method("r", handler))
            for uri, handler in (resources or {}).items()
        },
        resource_templates={
            uri: TemplateBinding(method("u", handler), Any)
            for uri, handler in (templates or {}).items()
        },
    )
    made = type(
        "Made",
        (Service,),
        {
            "contract": contract,
            "announces": frozenset(announces),
            **{name: staticmethod(handler) for name, handler in handlers.items()},
            **methods,
        },
    )
    return cast(Service, made())


def _nothing(ctx: object) -> str:
    return ""
