"""A service whose tools, prompt and resources need scopes, and an authenticator by hand."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from mcpgen.runtime.core.catalog import Catalog, JsonObject
from mcpgen.runtime.server import (
    Context,
    Contract,
    PromptBinding,
    ResourceBinding,
    Service,
    TemplateBinding,
    ToolBinding,
)
from mcpgen.runtime.server.features.auth import (
    Authenticator,
    AuthRequest,
    Principal,
    Refusal,
    bearer_token,
)

OBJECT: JsonObject = {"type": "object"}
FORM: JsonObject = {"type": "object", "properties": {"name": {"type": "string"}}}
NAMES: Any = {"type": "array", "items": {"type": "string"}}


def tool(name: str) -> JsonObject:
    return {"name": name, "description": f"Does {name}.", "inputSchema": OBJECT}


class Names:
    """Tokens such as `alice.read.write`: a name, then scopes."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        token = bearer_token(request.headers)
        if token is None:
            return None
        name, *scopes = token.split(".")
        if name == "mallory":
            raise Refusal("mallory is not welcome")
        return Principal(name, "names", scopes=frozenset(scopes))


class Vault(Service):
    """Tells callers who they are."""

    announces = frozenset({"tools", "updates"})

    contract: ClassVar[Contract] = Contract(
        Catalog(
            {"name": "vault", "version": "1"},
            tools=(
                tool("whoami"),
                tool("read"),
                tool("move"),
                tool("ask"),
                tool("wait"),
            ),
            prompts=({"name": "plan", "arguments": [{"name": "what"}]},),
            resources=({"uri": "vault://gold", "name": "gold"},),
            resource_templates=({"uriTemplate": "vault://boxes/{box}", "name": "box"},),
        ),
        tools={
            "whoami": ToolBinding("whoami", None),
            "read": ToolBinding("whoami", None, scopes=("read",)),
            "move": ToolBinding("whoami", None, scopes=("read", "write")),
            "ask": ToolBinding("ask", None),
            "wait": ToolBinding("wait", None),
        },
        prompts={
            "plan": PromptBinding(
                "plan", Any, complete={"what": ("gold",)}, scopes=("read",)
            )
        },
        resources={"vault://gold": ResourceBinding("gold", scopes=("read",))},
        resource_templates={
            "vault://boxes/{box}": TemplateBinding(
                "box", Any, complete={"box": ("one",)}, scopes=("boxes",)
            )
        },
    )

    def __init__(self, rule: Authenticator | None = None) -> None:
        self.rule = rule
        self.waiting = asyncio.Event()
        self.cancelled = 0

    def authenticator(self, configured: Authenticator | None) -> Authenticator | None:
        return self.rule or configured

    async def whoami(self, _: Any, ctx: Context) -> str:
        if ctx.principal is None:
            return "nobody"
        shown = sorted(ctx.headers.keys() & {"Authorization", "X-API-Key", "X-Other"})
        return f"{ctx.principal.subject} {sorted(ctx.scopes)} {shown}"

    async def ask(self, _: Any, ctx: Context) -> str:
        return str((await ctx.elicit("Name?", FORM)).content)

    async def wait(self, _: Any, ctx: Context) -> str:
        self.waiting.set()
        try:
            await asyncio.sleep(30)
        finally:
            self.cancelled += 1
        return "done"

    async def plan(self, _: Any, ctx: Context) -> str:
        return "a plan"

    async def gold(self, ctx: Context) -> str:
        return "gold"

    async def box(self, _: Any, ctx: Context) -> str:
        return "a box"
