"""Running a server as a program: settings, logs, the end."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import logging
import os
import runpy
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector

from mcpgen.runtime.client.features.terminal import credentials
from mcpgen.runtime.server import Service, Settings, create_app, logs
from mcpgen.runtime.server.logs import Lines
from mcpgen.runtime.server.options.sources import CLIENT_VARIABLES, from_arguments
from tests.pace import patient
from tests.requirements import requirement

from .certificates import self_signed
from .conftest import Serve, serving
from .wire import SECONDS, LegacyWire, ModernWire, until
from .workshop import Workshop

ROOT = Path(__file__).parents[3]


WRONG_VALUES: list[tuple[str, Any]] = [
    ("path", "mcp"),
    ("path", "/mcp?x=1"),
    ("path", "/a{b}"),
    ("path", "/healthz"),
    ("path", "/healthz/"),
    ("path", "/.well-known/oauth-protected-resource/mcp"),
    ("metrics_path", "/mcp"),
    ("ready_path", "readyz"),
    ("port", 70000),
    ("port", -1),
    ("keep_alive", -0.5),
    ("max_body", 0),
    ("max_values", 0),
    ("threads", 0),
    ("public_url", "mcp.example.com/mcp"),
    ("public_url", "https:///mcp"),
    ("public_url", "https://u:p@mcp.example.com/mcp"),
    ("public_url", "https://mcp.example.com:99999/mcp"),
    ("auth_issuer", "issuer.example.com"),
    ("auth_jwks_url", "keys"),
    ("auth_github_url", "ftp://github.example"),
    ("allowed_hosts", ("https://mcp.example.com",)),
    ("allowed_hosts", ("mcp.example.com/mcp",)),
    ("allowed_hosts", ("*.example.com",)),
    ("allowed_hosts", ("::1",)),
    ("allowed_origins", ("mcp.example.com",)),
    ("allowed_origins", ("https://mcp.example.com/",)),
    ("allowed_origins", ("https://mcp.example.com/path",)),
    ("allowed_origins", ("https://mcp.example.com:443",)),
    ("allowed_origins", ("https://MCP.example.com",)),
    ("allowed_origins", ("https://*.example.com",)),
    ("trusted_proxies", ("proxy.example.com",)),
    ("trusted_proxies", ("10.0.0.0/99",)),
]
"""Settings whose values have the right type and still can't work."""


def parse(*arguments: str, **environment: str) -> Settings:
    return from_arguments(
        arguments, environment, program="p", description="d", defaults=Settings()
    )


class TestSettings:
    """Every setting is an option, a variable and a row of the table."""

    def test_an_option_wins_over_the_environment_and_that_over_defaults(self) -> None:
        assert parse().port == 8000
        assert parse(MCP_PORT="1").port == 1
        assert parse("--port", "2", MCP_PORT="1").port == 2

    @pytest.mark.parametrize(
        ("variable", "text", "value"),
        [
            ("MCP_HOST", "::1", "::1"),
            ("MCP_MAX_BODY", "10", 10),
            ("MCP_KEEP_ALIVE", "0.5", 0.5),
            ("MCP_ALLOWED_HOSTS", "a, b:1,", ("a", "b:1")),
            ("MCP_ACCESS_LOG", "json", "json"),
            ("MCP_TLS_CERT", "/x.pem", Path("/x.pem")),
            ("MCP_TLS_CERT", "", None),
        ],
    )
    def test_values_have_their_types(
        self, variable: str, text: str, value: Any
    ) -> None:
        settings = Settings.from_environment({variable: text})

        assert getattr(settings, variable.removeprefix("MCP_").lower()) == value

    @pytest.mark.parametrize(
        ("variable", "text"),
        [
            ("MCP_PORT", "many"),
            ("MCP_PORT", "-1"),
            ("MCP_KEEP_ALIVE", "inf"),
            ("MCP_KEEP_ALIVE", "nan"),
            ("MCP_ACCESS_LOG", "xml"),
        ],
    )
    def test_a_wrong_value_is_named_with_its_variable(
        self, variable: str, text: str
    ) -> None:
        with pytest.raises(ValueError, match=f"{variable}: .*{text}"):
            Settings.from_environment({variable: text})

    @pytest.mark.parametrize(
        ("arguments", "line"),
        [
            (["--port", "x"], "argument --port: 'x' is not a whole number"),
            (["--port"], "argument --port: expected one argument"),
            (["--nope"], "unrecognized option: --nope; see --help-all"),
            (["--por", "1"], "unrecognized option: --por; did you mean --port?"),
        ],
    )
    def test_a_wrong_option_is_one_line(
        self, arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as stopped:
            parse(*arguments)

        assert stopped.value.code == 2
        assert capsys.readouterr().err == f"p: error: {line}\n"

    @pytest.mark.parametrize(
        ("variable", "line"),
        [
            ("MCP_MAX_BODDY", "unknown setting; did you mean MCP_MAX_BODY?"),
            ("MCP_PROT", "unknown setting; did you mean MCP_PORT?"),
            ("MCP_AUTH_TOKEN", "unknown setting; did you mean MCP_AUTH_TOKENS?"),
            (
                "MCP_STATE_KEY_FILE",
                "unknown setting; did you mean MCP_STATE_KEYS_FILE?",
            ),
        ],
    )
    def test_a_misspelled_variable_is_one_line(
        self, variable: str, line: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as stopped:
            parse(**{variable: "1"})

        assert stopped.value.code == 2
        assert capsys.readouterr().err == f"p: error: {variable}: {line}\n"

    def test_variables_of_the_terminal_program_of_clients_are_left_alone(self) -> None:
        variables = [
            value
            for name, value in vars(credentials).items()
            if name.endswith("_VARIABLE")
        ]
        assert "MCP_TOKENS_FILE" in variables
        assert sorted(variables) == sorted(CLIENT_VARIABLES)
        assert parse(**dict.fromkeys(variables, "1")) == Settings()

    @pytest.mark.parametrize("variable", ["MCP_TIMEOUT", "MCP_SERVICE_HOST", "MCPX"])
    def test_variables_of_others_are_left_alone(self, variable: str) -> None:
        assert parse(**{variable: "1"}) == Settings()

    def test_all_wrong_variables_are_reported_at_once(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            parse(MCP_PORT="tcp://10.0.0.1:80", MCP_KEEP_ALIVE="x", MCP_PUBLIC_ULR="x")

        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 3
        assert "enableServiceLinks" in "".join(lines)

    @pytest.mark.parametrize(("setting", "value"), WRONG_VALUES, ids=str)
    def test_a_value_that_can_not_work_is_one_line_wherever_it_is_set(
        self, setting: str, value: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        variable = f"MCP_{setting.upper()}"
        with pytest.raises(ValueError, match=f"^{setting}: "):
            replace(Settings(), **{setting: value})
        with pytest.raises(ValueError, match=f"^{variable}: "):
            Settings.from_environment({variable: text})
        for arguments, environment in (
            ([f"--{setting.replace('_', '-')}", text], {}),
            ([], {variable: text}),
        ):
            with pytest.raises(SystemExit) as stopped:
                parse(*arguments, **environment)
            assert stopped.value.code == 2
            lines = capsys.readouterr().err.splitlines()
            assert len(lines) == 1
            assert lines[0].startswith("p: error: ")

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("allowed_hosts", "name"),
            ("allowed_hosts", (1,)),
            ("state_keys", ("not wrapped, so it could be printed",)),
            ("port", "8000"),
            ("port", True),
            ("keep_alive", "15"),
            ("keep_alive", float("nan")),
            ("telemetry", "yes"),
            ("tls_cert", 1),
            ("access_log", "xml"),
            ("path", None),
            ("metrics_token", "text"),
        ],
    )
    def test_a_value_of_another_type_is_refused_in_code(
        self, setting: str, value: Any
    ) -> None:
        with pytest.raises(ValueError, match=f"^{setting}: ") as refused:
            Settings(**{setting: value})

        assert "not wrapped" not in str(refused.value)

    def test_a_state_key_has_some_length(self, tmp_path: Path) -> None:
        file = tmp_path / "keys"
        file.write_text("long enough for a key\nx\n", "utf-8")
        with pytest.raises(ValueError, match=r"MCP_STATE_KEYS: .* 16 bytes"):
            Settings.from_environment({"MCP_STATE_KEYS": "x"})
        with pytest.raises(ValueError, match=r"MCP_STATE_KEYS_FILE: .* 16 bytes"):
            Settings.from_environment({"MCP_STATE_KEYS_FILE": str(file)})

    @pytest.mark.parametrize(
        "settings",
        [
            {"path": "/"},
            {"path": "/tools/mcp/"},
            {"health_path": "", "ready_path": "", "metrics_path": ""},
            {"public_url": "https://mcp.example.com:8443/tools/mcp"},
            {"allowed_hosts": ("*", "a.example", "a.example:*", "[::1]:80", "a_b")},
            {"allowed_origins": ("*", "null", "https://a.example:8443")},
            {"allowed_origins": ["chrome-extension://abcdef", "http://[::1]:80"[:12]]},
            {"trusted_proxies": ("10.0.0.0/8", "::1")},
        ],
        ids=str,
    )
    def test_values_that_work_are_taken(self, settings: dict[str, Any]) -> None:
        assert Settings(**settings)

    def test_help_and_table_have_every_setting(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            parse("--help-all")
        shown = capsys.readouterr().out
        table = runpy.run_path(str(ROOT / "docs/settings.py"))["page"]()

        for field in fields(Settings):
            option = "--" + field.name.replace("_", "-")
            assert option in shown
            assert f"`MCP_{field.name.upper()}`" in table

    def test_the_documented_table_is_up_to_date(self) -> None:
        made = runpy.run_path(str(ROOT / "docs/settings.py"))

        assert made["PAGE"].read_text("utf-8") == made["page"](), (
            "run python docs/settings.py"
        )

    def test_a_secret_comes_from_a_file_or_the_environment(
        self, tmp_path: Path
    ) -> None:
        one, several = tmp_path / "one", tmp_path / "several"
        one.write_text("s3cret\n", "utf-8")
        several.write_text("first\n\nsecond\n", "utf-8")

        settings = [
            parse(MCP_AUTH_CLIENT_SECRET="s3cret", MCP_AUTH_TOKENS="first,second"),
            parse(
                MCP_AUTH_CLIENT_SECRET_FILE=str(one),
                MCP_AUTH_TOKENS_FILE=str(several),
            ),
            parse(
                *("--auth-client-secret-file", str(one)),
                *("--auth-tokens-file", str(several)),
            ),
        ]

        for each in settings:
            assert each.auth_client_secret is not None
            assert each.auth_client_secret.get_secret_value() == "s3cret"
            tokens = [token.get_secret_value() for token in each.auth_tokens]
            assert tokens == ["first", "second"]
            assert "s3cret" not in repr(each)
            assert "first" not in repr(each)

    @pytest.mark.parametrize("option", ["--auth-client-secret", "--auth-tokens"])
    def test_a_secret_is_no_option(
        self, option: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            parse(option, "s3cret")

        told = capsys.readouterr().err
        assert told == (
            f"p: error: unrecognized option: {option}; did you mean {option}-file?\n"
        )
        assert "s3cret" not in told

    def test_a_secret_as_an_argument_of_its_own_is_not_repeated(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            parse("s3cret")

        assert "s3cret" not in capsys.readouterr().err

    def test_a_secret_where_its_file_belongs_is_not_repeated(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for arguments, environment in (
            ([], {"MCP_AUTH_CLIENT_SECRET_FILE": "s3cret"}),
            (["--auth-client-secret-file", "s3cret"], {}),
        ):
            with pytest.raises(SystemExit):
                parse(*arguments, **environment)
            told = capsys.readouterr().err
            assert "No such file" in told
            assert "s3cret" not in told

    def test_a_secret_is_stars_wherever_it_is_printed(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = parse(
            MCP_AUTH_CLIENT_SECRET="s3cret",
            MCP_METRICS_TOKEN="s3cret",
            MCP_STATE_KEYS="s3cret-s3cret-s3cret",
            MCP_AUTH_TOKENS="s3cret",
        )
        with pytest.raises(SystemExit):
            parse("--help-all", MCP_AUTH_CLIENT_SECRET="s3cret")
        printed = [
            capsys.readouterr().out,
            f"{settings} {settings!r} {settings.auth_client_secret}",
            f"{settings.auth_tokens} {settings.state_keys[0]} {asdict(settings)}",
        ]

        assert "s3cret" not in "".join(printed)
        assert "**********" in printed[1]

    @pytest.mark.parametrize("content", ["", "\n", " \r\n\t\n"])
    @pytest.mark.parametrize("name", ["METRICS_TOKEN", "AUTH_TOKENS"])
    def test_an_empty_file_holds_no_secret(
        self, tmp_path: Path, content: str, name: str
    ) -> None:
        file = tmp_path / "secret"
        file.write_text(content)

        with pytest.raises(
            ValueError, match=f"MCP_{name}_FILE: the file that it names is empty"
        ):
            Settings.from_environment({f"MCP_{name}_FILE": str(file)})

    @pytest.mark.parametrize("text", ["", " ", "\n"])
    def test_an_empty_variable_is_no_secret(self, text: str) -> None:
        settings = Settings.from_environment(
            {"MCP_METRICS_TOKEN": text, "MCP_AUTH_TOKENS": text}
        )

        assert settings.metrics_token is None
        assert settings.auth_tokens == ()

    def test_a_secret_said_twice_or_unreadable_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text("x", "utf-8")
        with pytest.raises(ValueError, match="MCP_AUTH_CLIENT_SECRET is set as well"):
            Settings.from_environment(
                {
                    "MCP_AUTH_CLIENT_SECRET": "y",
                    "MCP_AUTH_CLIENT_SECRET_FILE": str(file),
                }
            )
        with pytest.raises(ValueError, match=r"MCP_AUTH_TOKENS_FILE: .*No such"):
            Settings.from_environment(
                {"MCP_AUTH_TOKENS_FILE": str(tmp_path / "nowhere")}
            )


class TestAccessLog:
    """One line for each request."""

    async def lines(
        self,
        http: ClientSession,
        serve: Serve,
        caplog: pytest.LogCaptureFixture,
        kind: Any,
    ) -> tuple[list[str], str]:
        caplog.set_level(logging.INFO, "mcp.access")
        url = await serve(Settings(access_log=kind))
        legacy = LegacyWire(http, url)
        await legacy.initialize()
        await legacy.tool("add", {"a": 1})
        await ModernWire(http, url).tool("failing")
        await ModernWire(http, url).call("nope")
        await until(lambda: len(caplog.records) >= 5 or kind == "off")
        session = legacy.headers["Mcp-Session-Id"][:8]
        return [r.message for r in caplog.records], session

    async def test_as_text(
        self, http: ClientSession, serve: Serve, caplog: pytest.LogCaptureFixture
    ) -> None:
        lines, session = await self.lines(http, serve, caplog, "text")

        call = lines[2].split()
        assert call[1:4] == ["127.0.0.1", "POST", "200"]
        assert call[4].endswith("ms")
        assert call[5:] == ["tools/call", "add", f"session={session}", "ok"]
        assert lines[3].endswith("tools/call failing session=- tool_error")
        assert lines[4].endswith("nope - session=- error -32601")
        assert " 404 " in lines[4]

    async def test_as_json(
        self, http: ClientSession, serve: Serve, caplog: pytest.LogCaptureFixture
    ) -> None:
        lines, session = await self.lines(http, serve, caplog, "json")

        entry = json.loads(lines[2])
        assert entry["duration_ms"] > 0
        assert entry["time"] > 0
        assert entry | {"duration_ms": 1, "time": 1} == {
            "time": 1,
            "remote": "127.0.0.1",
            "http_method": "POST",
            "status": 200,
            "duration_ms": 1,
            "method": "tools/call",
            "target": "add",
            "session": session,
            "outcome": "ok",
        }

    @pytest.mark.parametrize(
        ("trusted", "shown"),
        [(("127.0.0.1",), "203.0.113.9"), (("10.0.0.0/8",), "127.0.0.1")],
    )
    @pytest.mark.parametrize("kind", ["text", "json"])
    async def test_the_client_s_address_is_what_trusted_proxies_say(
        self, http: ClientSession, trusted: tuple[str, ...], shown: str, kind: Any
    ) -> None:
        lines: list[str] = []
        settings = Settings(access_log=kind, trusted_proxies=trusted)
        app = create_app(Workshop(), settings, access_log=lines.append)
        async with serving(app) as url:
            told = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
            await ModernWire(http, url, headers=told).call("tools/list")

        (line,) = lines
        assert shown == (
            json.loads(line)["remote"] if kind == "json" else line.split()[1]
        )

    async def test_not_at_all(
        self, http: ClientSession, serve: Serve, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert (await self.lines(http, serve, caplog, "off"))[0] == []

    async def test_names_from_outside_stay_on_one_line(
        self, http: ClientSession, serve: Serve, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "mcp.access")
        wire = LegacyWire(http, await serve())
        await wire.initialize()

        await wire.tool("x\nFAKE 200 line")

        await until(lambda: len(caplog.records) >= 3)
        assert "\n" not in caplog.records[-1].message

    async def test_lines_are_written_together_and_none_is_lost(self) -> None:
        stream = io.StringIO()
        lines = Lines(stream)
        for number in range(1200):
            lines(str(number))
        lines.flush()

        assert stream.getvalue().splitlines() == [str(n) for n in range(1200)]

    async def test_a_line_is_written_soon(self) -> None:
        stream = io.StringIO()
        Lines(stream)("one")

        await until(lambda: stream.getvalue() == "one\n")

    @pytest.mark.parametrize(
        "error",
        [
            OSError(errno.ENOSPC, "No space left on device"),
            ValueError("I/O operation on closed file"),
        ],
    )
    async def test_a_stream_that_takes_nothing_harms_no_request(
        self, http: ClientSession, error: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full(io.StringIO):
            is_full = True

            def write(self, text: str) -> int:
                if self.is_full:
                    raise error
                return super().write(text)

        monkeypatch.setattr(logs, "_FLUSH_LINES", 2)
        stream = Full()
        lines = Lines(stream)
        async with serving(create_app(Workshop(), access_log=lines)) as url:
            wire = ModernWire(http, url)
            for _ in range(5):
                assert (await wire.tool("add", {"a": 1})).status == 200
            lines.flush()
            stream.is_full = False
            await wire.call("tools/list")
            lines.flush()

        # What could not be written is not kept for ever.
        (line,) = stream.getvalue().splitlines()
        assert "tools/list" in line


class TestProgram:
    """`python -m ...` in a process of its own."""

    @asynccontextmanager
    async def running(
        self, *arguments: str
    ) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
        code = (
            "import sys; from mcpgen.runtime.server import main; "
            "from tests.runtime.server.workshop import Workshop; "
            "sys.exit(main(Workshop))"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            code,
            "--port",
            "0",
            *arguments,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), patient(60))
            yield process, line.decode().strip()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def test_it_prints_its_url_serves_and_ends_in_order(
        self, http: ClientSession
    ) -> None:
        async with self.running("--path", "/rpc", "--access-log", "json") as (
            process,
            url,
        ):
            assert url.startswith("http://127.0.0.1:")
            assert url.endswith("/rpc")
            wire = ModernWire(http, url)
            assert (await wire.tool("add", {"a": 1})).content == '{"sum":2}'
            for path, status in (("/healthz", 200), ("/readyz", 200), ("/mcp", 404)):
                async with http.get(url.replace("/rpc", path)) as response:
                    assert response.status == status
            wanted = {"name": "impatient", "arguments": {}}
            calling = wire.streaming("tools/call", wanted, meta={"progressToken": 1})
            listening = wire.streaming("subscriptions/listen", {"notifications": {}})
            async with calling as call, listening as stream:
                assert (await call.message())["method"] == "notifications/progress"
                await stream.message()
                process.send_signal(signal.SIGTERM)
                assert (await stream.message())["result"]["resultType"] == "complete"
                assert (await call.message())["result"]["isError"] is True
            _, errors = await asyncio.wait_for(process.communicate(), patient(60))

        assert process.returncode == 0
        logged = [json.loads(line) for line in errors.decode().splitlines()]
        assert [entry["target"] for entry in logged if entry["target"]] == [
            "add",
            "impatient",
        ]

    async def test_a_port_that_is_taken_is_said_in_one_line(self) -> None:
        async with self.running() as (_, url):
            port = url.rpartition(":")[2].removesuffix("/mcp")
            async with self.running("--port", port) as (second, line):
                assert line == ""
                _, errors = await asyncio.wait_for(second.communicate(), SECONDS)

        assert second.returncode == 2
        assert errors.decode().startswith(f"error: 127.0.0.1:{port}: ")
        assert len(errors.splitlines()) == 1

    @requirement("2025-11-25/server/tls", "2026-07-28/server/tls")
    async def test_it_serves_https(self, tmp_path: Path) -> None:
        certificate, key = self_signed(tmp_path)
        files = ["--tls-cert", str(certificate), "--tls-key", str(key)]
        context = ssl.create_default_context(cafile=certificate)

        async with self.running(*files) as (_, url):
            assert url.startswith("https://127.0.0.1:")
            async with ClientSession(connector=TCPConnector(ssl=context)) as secure:
                reply = await ModernWire(secure, url).tool("add", {"a": 1})

        assert reply.content == '{"sum":2}'

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--tls-cert", "/nowhere.pem"], "tls_cert: /nowhere.pem: No such file"),
            (
                ["--tls-cert", __file__, "--tls-key", "/nowhere"],
                "tls_key: /nowhere: No such file",
            ),
            (["--tls-key", __file__], "tls_cert"),
            (["--tls-cert", __file__], "PEM"),
            (
                ["--auth", "api-key", "--auth-api-keys-path", "/nowhere"],
                "/nowhere",
            ),
            (["--auth", "jwt"], "auth_issuer"),
            (["--host", "host.invalid"], "host.invalid"),
        ],
    )
    async def test_a_certificate_that_can_not_be_used_is_said_in_one_line(
        self, arguments: list[str], said: str
    ) -> None:
        async with self.running(*arguments) as (process, line):
            assert line == ""
            _, errors = await asyncio.wait_for(process.communicate(), SECONDS)

        assert process.returncode == 2
        assert said in errors.decode()
        assert len(errors.splitlines()) == 1


def test_a_service_without_a_method_can_not_be_made() -> None:
    from abc import abstractmethod

    class Base(Service):
        @abstractmethod
        async def get_forecast(self) -> None: ...

    class Half(Base):
        pass

    with pytest.raises(TypeError, match="get_forecast"):
        Half()  # type: ignore[abstract]  # the point of the test


def test_a_contract_without_a_binding_is_told() -> None:
    from dataclasses import replace

    from mcpgen.runtime.server import create_app

    class Unbound(Workshop):
        contract = replace(Workshop.contract, prompts={})

    with pytest.raises(ValueError, match="no binding for 'trip'"):
        create_app(Unbound())
