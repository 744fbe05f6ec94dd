"""Servers that are programs: what they tell, however they behave."""

from __future__ import annotations

import json
import os
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpgen.diagnostics import MCPGenError
from mcpgen.pull import ServerContents, Source, read
from mcpgen.runtime.client.eras import modern as opening
from mcpgen.runtime.client.transports import stdio
from tests.cli.terminal import Terminal
from tests.pace import patient

PROGRAM = Path(__file__).with_name("program.py")
TOOL = {"name": "add", "description": "Adds.", "inputSchema": {"type": "object"}}
LISTS = {"tools/list": [{"tools": [TOOL]}]}

Run = Callable[..., ServerContents]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Reads a server that follows a script."""

    def start(seconds: float = 20, **script: Any) -> ServerContents:
        file = tmp_path / "script.json"
        file.write_text(json.dumps({"lists": LISTS, **script}), "utf-8")
        command = shlex.join([sys.executable, str(PROGRAM), str(file)])
        return read(Source(command=command, seconds=seconds))

    return start


@pytest.mark.parametrize(
    "speaks",
    [
        {"modern": ["2026-07-28"]},
        {"modern": ["2026-07-28"], "legacy": "2025-11-25"},
        {"legacy": "2025-11-25"},
        {"legacy": "2024-11-05"},
    ],
    ids=str,
)
def test_both_eras_are_read(run: Run, speaks: dict[str, Any]) -> None:
    told = run(**speaks)

    assert told.lists == {"tools": [TOOL]}
    assert told.facts.info == {"name": "scripted", "version": "1.0.0"}
    assert told.facts.instructions == "Be careful."


@pytest.mark.parametrize("habit", ["dies on a probe", "talks", "asks back"])
def test_old_servers_may_have_their_habits(run: Run, habit: str) -> None:
    assert run(legacy="2025-06-18", habit=habit).lists == {"tools": [TOOL]}


def test_a_server_may_keep_silent_when_it_is_probed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PROBE_LIMIT", 0.3)

    told = run(legacy="2025-06-18", habit="keeps silent on a probe")

    assert told.lists == {"tools": [TOOL]}


def test_a_modern_server_may_take_its_time_to_start(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PROBE_LIMIT", 0.3)

    told = run(modern=["2026-07-28"], habit="is slow to start")

    assert told.lists == {"tools": [TOOL]}


def test_all_pages_of_all_lists_are_read(run: Run) -> None:
    other = {**TOOL, "name": "sub"}
    prompt, resource = {"name": "p"}, {"name": "r", "uri": "a://b"}
    lists = {
        "tools/list": [{"tools": [TOOL]}, {"tools": []}, {"tools": [other]}],
        "prompts/list": [{"prompts": [prompt]}],
        "resources/list": [{"resources": [resource]}],
    }

    assert run(legacy="2025-11-25", lists=lists).lists == {
        "tools": [TOOL, other],
        "prompts": [prompt],
        "resources": [resource],
    }


@pytest.mark.parametrize(
    "speaks", [{"modern": ["2026-07-28"]}, {"legacy": "2025-11-25"}]
)
def test_servers_that_list_by_capabilities_list_everything(
    run: Run, speaks: dict[str, Any]
) -> None:
    told = run(habit="lists what is declared", **speaks)

    names = {tool["name"] for tool in told.lists["tools"]}
    assert {"elicitation", "roots", "sampling"} <= names


def test_only_what_a_server_says_it_has_is_asked_for(run: Run) -> None:
    told = run(legacy="2025-11-25", facts={"capabilities": {}})

    assert told.lists == {}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"legacy": "2025-11-25", "habit": "never ends"}, "never end"),
        (
            {"legacy": "2025-11-25", "lists": {"tools/list": [{"tools": 1}]}},
            "has no list `tools`",
        ),
        ({"legacy": "1999-01-01"}, "1999-01-01"),
        ({"modern": ["2099-01-01"]}, "2099-01-01"),
        ({}, "initialize: refused"),
    ],
    ids=str,
)
def test_a_server_that_can_not_be_read_is_said_to_be_so(
    run: Run, script: dict[str, Any], words: str
) -> None:
    with pytest.raises(MCPGenError, match=r"MG701") as caught:
        run(**script)

    assert words in str(caught.value)


def test_a_program_that_ends_is_quoted(tmp_path: Path) -> None:
    code = "import sys; sys.exit('\\x1b[31mno licence')"
    command = shlex.join([sys.executable, "-c", code])

    with pytest.raises(MCPGenError) as caught:
        read(Source(command=command))

    assert "the program ended" in str(caught.value)
    assert "no licence" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_program_gets_the_safe_variables_and_the_named_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import json, os, sys; print(json.dumps([*map(os.environ.get, ('ONE', 'TWO')), "
        "'PATH' in os.environ, os.getcwd()]), file=sys.stderr); sys.exit(3)"
    )
    monkeypatch.setenv("ONE", "1")
    monkeypatch.setenv("TWO", "secret")
    command = shlex.join([sys.executable, "-c", code])

    with pytest.raises(MCPGenError) as caught:
        read(Source(command=command, env=("ONE",), cwd=str(tmp_path)))

    said = str(caught.value)
    assert json.dumps(["1", None, True, str(tmp_path)]) in said
    assert "before it sent anything" in said
    assert "--env NAME" in said


@pytest.mark.parametrize(
    ("name", "problem"),
    [("NO_SUCH", "--env NO_SUCH: there is no"), ("A=secret", "--env A: give its name")],
)
def test_a_variable_is_named_and_is_there(name: str, problem: str) -> None:
    with pytest.raises(MCPGenError, match="MG701") as caught:
        read(Source(command="x", env=(name,)))

    assert problem in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_era_may_be_a_version(tmp_path: Path, terminal: Terminal) -> None:
    file = tmp_path / "script.json"
    file.write_text(json.dumps({"lists": LISTS, "legacy": "2025-06-18"}), "utf-8")
    command = shlex.join([sys.executable, str(PROGRAM), file.name])
    pull = ("pull", "--command", command, "--cwd", str(tmp_path), "--era")

    done = terminal.mcpgen(*pull, "2025-06-18", "--json")
    wrong = terminal.mcpgen(*pull, "1999-01-01")

    assert (done.code, done.err) == (0, "")
    assert [tool["name"] for tool in json.loads(done.out)["tools"]] == ["add"]
    assert wrong.code == 2
    assert "error[MG701]: era='1999-01-01': use" in wrong.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-program-anywhere --x", "can't be started"),
        ("'unclosed", "can't be read"),
        ("  ", "is empty"),
    ],
)
def test_a_command_that_is_none(command: str, words: str) -> None:
    with pytest.raises(MCPGenError, match="MG701") as caught:
        read(Source(command=command))

    assert words in str(caught.value)


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    with pytest.raises(MCPGenError):
        read(Source(command=f"no-such-program; touch {mark}"))

    assert not mark.exists()


def test_nothing_that_was_started_is_left(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdio, "EXIT_LIMIT", 0.3)
    pids = tmp_path / "pids"

    run(legacy="2025-11-25", habit="has a child", pids=str(pids))

    end = time.monotonic() + 60
    for pid in map(int, pids.read_text("utf-8").split()):
        while is_running(pid):
            assert time.monotonic() < end
            time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2][0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def test_a_thousand_tools_are_read_in_two_seconds_of_our_own(run: Run) -> None:
    tools = [{**TOOL, "name": f"tool_{at}"} for at in range(1000)]
    before = time.process_time()

    told = run(legacy="2025-11-25", lists={"tools/list": [{"tools": tools}]})

    assert len(told.lists["tools"]) == 1000
    assert time.process_time() - before < patient(2)


def test_a_manifest_of_a_thousand_tools_is_brought_up_to_date_in_three_seconds(
    tmp_path: Path,
) -> None:
    tools = [
        {
            "name": f"tool_{at}",
            "description": f"Does the thing with the number {at}.",
            "inputSchema": {
                "type": "object",
                "properties": {f"a{i}": {"type": "string"} for i in range(8)},
            },
        }
        for at in range(1000)
    ]
    script, file = tmp_path / "script.json", tmp_path / "mcpgen.yaml"
    program = shlex.join([sys.executable, str(PROGRAM), str(script)])
    pull = [sys.executable, "-m", "mcpgen", "pull", "--command", program]

    def seconds_of_processor() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        lists = {"tools/list": [{"tools": tools}]}
        whole = {"legacy": "2025-11-25", "lists": lists}
        script.write_text(json.dumps(whole), "utf-8")
        subprocess.run(
            [*pull, "-o", str(file)], check=True, timeout=120, capture_output=True
        )
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before

    # Three seconds on an idle machine; here others may be at work.
    assert seconds_of_processor() < 6
    tools[500]["description"] = "Does something else."
    assert seconds_of_processor() < 6
    assert "Does something else." in file.read_text("utf-8")
