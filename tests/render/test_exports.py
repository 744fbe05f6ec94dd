"""What generated packages let their users import, and from where."""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.formatting import write
from tests.pace import patient
from tests.render.projects import importable, native, project, texts, tool

SECONDS = patient(240)

# ------------------------------------------------------------- the names, one by one

HANDLERS: Final = """
CompletionReturn Completions Content ContentBlock Contents Context CreateMessage Elicit
ElicitURL Elicitation Hook HookMcpService ListRoots LiveCatalog LoggingLevel PromptReturn
ProtocolError Question ResourceNotFound ResourceReturn Root Sample Settings ToolError
ToolResult ToolReturn auth content create_app main models types RUNTIME_VERSION __version__
"""
MODULES: Final = {
    "middleware": "Answer Call Feature Hook Middleware Next Outcome OutcomeKind Request "
    "Section ServerStats Telemetry",
    "serving": "LIVE_CATALOG SERVER Connection LiveCatalog Server add_metadata_route "
    "serve_stdio",
    "stores": "Counters RateRequest EventStore Events MemoryCounters MemoryEvents "
    "MemorySessions Session SessionStore RateLimited",
}
MOVED: Final = {
    "middleware": "Call Outcome Telemetry",
    "serving": "LIVE_CATALOG add_metadata_route",
    "stores": "Counters EventStore Events MemoryEvents MemorySessions Session "
    "SessionStore",
}
RENAMED: Final = {
    "Demand": ("stores", "RateRequest"),
    "Shortage": ("stores", "RateLimited"),
    "Vitals": ("middleware", "ServerStats"),
}
OLD: Final = [
    *((home, name, name) for home, names in MOVED.items() for name in names.split()),
    *((home, old, new) for old, (home, new) in RENAMED.items()),
]

GOOD: Final = """
from hook_server.app import make_app
from hook_server.generated import Context, models
from hook_server.generated.middleware import Call, Hook, Outcome, Telemetry
from hook_server.generated.serving import LIVE_CATALOG, SERVER, Server
from hook_server.generated.stores import Counters, MemoryCounters
from hook_server.handlers import HookMcp


class Audit(Hook):
    def after(self, call: Call, outcome: Outcome) -> None:
        print(call.name, outcome.kind)


counters: Counters = MemoryCounters()
server: Server = make_app()[SERVER]
catalog = make_app()[LIVE_CATALOG]
watching: Hook = Telemetry()


class Mine(HookMcp):
    async def stores(self, args: models.StoresInput, ctx: Context) -> str:
        return args.session.name
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose names are also those of exports."""
    session = {
        "type": "object",
        "title": "Session",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
    }
    schema = {
        "type": "object",
        "properties": {"session": session},
        "required": ["session"],
    }
    tools = [
        tool("stores", inputSchema=schema),
        *map(tool, ("middleware", "serving", "hook", "auth", "content", "types")),
    ]
    chosen = {"server": ["auth", "telemetry"], "client": ["oauth"]}
    document = native(tools=tools, features=chosen)
    folder = tmp_path_factory.mktemp("exports")
    write(folder, texts(project({**document, "name": "hook"}, "hook")))
    return folder


@pytest.fixture(scope="module")
def generated(folder: Path) -> Iterator[Any]:
    """The server's `generated`, imported without a warning."""
    with importable(folder / "server"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            module = importlib.import_module("hook_server.generated")
        yield module


def test_generated_has_what_handlers_need(generated: Any) -> None:
    assert sorted(generated.__all__) == sorted(HANDLERS.split())


@pytest.mark.parametrize("name", MODULES)
def test_other_work_imports_from_a_module_of_its_own(name: str, generated: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = importlib.import_module(f"{generated.__name__}.{name}")
    runtime = importlib.import_module(f"{generated.__name__}.runtime.server")
    assert sorted(module.__all__) == sorted(MODULES[name].split())
    for each in module.__all__:
        assert getattr(module, each) is getattr(runtime, each)


# -------------------------------------------------------------------------- clients

CALLERS: Final = """
OMIT AuthError CallOptions CallTimeoutError CapabilityError ClientError ClientOptions
ClientStateError Difference Elicitation HookMcpClient InvalidArgumentsError
InvalidResultError LogMessage MissingHandlerError Notification Omit Progress
ProtocolError Reply SyncHookMcpClient ToolError TransportError VersionError models types
RUNTIME_VERSION __version__
"""
CLIENT_MODULES: Final = {
    "auth": "ApiKeyAuth Auth BearerAuth Challenge ClientCredentials ClientRegistration "
    "EnterpriseAuth FileStorage IssuerSettings LoopbackRedirect MemoryStorage OAuth "
    "OAuthOptions Outgoing PrivateKey Receiver Redirect TokenStorage WorkloadIdentity tls_context",
    "connection": "Connection KnownServers",
    "middleware": "Middleware Next Request Result",
}
CLIENT_OLD: Final = [
    *(
        ("auth", name)
        for name in CLIENT_MODULES["auth"].split()
        if name != "OAuthOptions"
    ),
    ("connection", "KnownServers"),
]
GOOD_CLIENT: Final = """
from hook_client import HookMcpClient
from hook_client.auth import Auth, BearerAuth, OAuth
from hook_client.connection import Connection, KnownServers
from hook_client.middleware import Middleware, Next, Request, Result

auths: list[Auth] = [BearerAuth("t"), OAuth()]


async def traced(request: Request, proceed: Next) -> Result:
    return await proceed(request)


async def connect() -> Connection:
    raise ConnectionError


around: list[Middleware] = [traced]
client: HookMcpClient = HookMcpClient.over(connect, middleware=around)
other = HookMcpClient("http://[::1]/mcp", known_servers=KnownServers(), auth=auths[0])
"""


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Any]:
    """The client package, imported without a warning."""
    with importable(folder / "client"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            module = importlib.import_module("hook_client")
        yield module


def test_the_client_package_has_what_callers_need(client: Any) -> None:
    assert sorted(client.__all__) == sorted(CALLERS.split())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec("from hook_client import *", {})


@pytest.mark.parametrize("name", CLIENT_MODULES)
def test_the_rest_of_the_client_is_in_modules_of_its_own(
    name: str, client: Any
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = importlib.import_module(f"hook_client.{name}")
    runtime = importlib.import_module("hook_client.runtime.client")
    assert sorted(module.__all__) == sorted(CLIENT_MODULES[name].split())
    for each in module.__all__:
        assert getattr(module, each) is getattr(runtime, each)


@pytest.mark.parametrize(("home", "name"), CLIENT_OLD)
def test_an_old_name_of_the_client_works_and_warns_of_its_new_place(
    home: str, name: str, client: Any
) -> None:
    new = importlib.import_module(f"hook_client.{home}")
    with pytest.warns(DeprecationWarning, match=rf"^import {name} from ") as caught:
        assert getattr(client, name) is getattr(new, name)
    assert [str(each.message) for each in caught] == [
        f"import {name} from hook_client.{home}: hook_client.{name} will be gone in the "
        "next minor version of mcpgen"
    ]
    assert name not in dir(client)


# ---------------------------------------------------------------------- the old places


@pytest.mark.parametrize(("home", "name", "now"), OLD)
def test_a_name_of_before_works_and_warns_of_its_new_place(
    home: str, name: str, now: str, generated: Any
) -> None:
    new = importlib.import_module(f"hook_server.generated.{home}")
    statement = compile(f"from hook_server.generated import {name}", "mine.py", "exec")
    found: dict[str, Any] = {}
    for _ in range(2):
        with pytest.warns(DeprecationWarning, match=rf"^import {now} from ") as caught:
            exec(statement, found)
        assert found[name] is getattr(new, now)
        assert {str(each.message) for each in caught} == {
            f"import {now} from hook_server.generated.{home}: hook_server.generated."
            f"{name} will be gone in the next minor version of mcpgen"
        }
        assert {each.filename for each in caught} == {"mine.py"}
    assert name not in generated.__all__
    assert name not in dir(generated)


def test_an_import_of_everything_warns_of_nothing(generated: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec("from hook_server.generated import *", {})


def test_a_tool_may_have_the_name_of_a_module(generated: Any) -> None:
    # The client has a method `middleware` itself.
    for name in ("stores", "serving", "middleware_"):
        assert callable(getattr(generated.HookMcpService, name))
    session = generated.models.StoresInput(session={"name": "mine"}).session
    stores = importlib.import_module("hook_server.generated.stores")
    assert type(session) is not stores.Session


# ----------------------------------------------------------------------- type checkers


SIDES: Final = {
    "server": (
        GOOD,
        [f"from hook_server.generated import {name}\n" for _, name, _ in OLD],
        [
            "hook_server/app.py",
            *(f"hook_server/generated/{name}.py" for name in ("__init__", *MODULES)),
        ],
    ),
    "client": (
        GOOD_CLIENT,
        [f"from hook_client import {name}\n" for _, name in CLIENT_OLD],
        [f"hook_client/{name}.py" for name in ("__init__", *CLIENT_MODULES)],
    ),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_accept_the_new_places_and_report_the_old(
    checker: str, side: str, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    good, old, files = SIDES[side]
    (folder / side / "good.py").write_text(good, "utf-8")
    (folder / side / "old.py").write_text("".join(old), "utf-8")
    cache = str(tmp_path_factory.getbasetemp() / "mypy")
    options = ["--strict", "--cache-dir", cache]
    if checker == "pyright":
        strict = '{"typeCheckingMode": "strict"}'
        (folder / side / "pyrightconfig.json").write_text(strict)
        options = ["--pythonpath", sys.executable]
    command = [sys.executable, "-m", checker, *options]
    for paths, code in ((["good.py", *files], 0), (["old.py"], 1)):
        done = subprocess.run(
            [*command, *paths],
            cwd=folder / side,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stdout[-4000:]
    for line, statement in enumerate(old, start=1):
        assert f"old.py:{line}" in done.stdout, statement
