"""`mcpgen generate`: what it writes, what it says, and how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mcpgen import lock
from tests.cli.terminal import Terminal
from tests.pace import patient
from tests.plan.workshop import disk

CLIENT = "client/hello_client/client.py"
HANDLERS = "server/hello_server/handlers.py"
MORE = """\
  - name: wave
    description: Waves at everybody who is near.
    inputSchema: {type: object, properties: {}}
"""


def add_a_tool(project: Path) -> None:
    with (project / "mcpgen.yaml").open("a") as file:
        file.write(MORE)


def edit(project: Path, path: str) -> None:
    with (project / path).open("a") as file:
        file.write("# by hand\n")


def rows(lines: list[str]) -> list[tuple[str, str]]:
    """The words and files of a report's table."""
    found = (line.rpartition("  ") for line in lines if line.startswith("  "))
    return [(word.strip(), path) for word, _, path in found]


def test_a_project_that_is_up_to_date_stays_as_it_is(
    hello: Path, terminal: Terminal
) -> None:
    before = disk(hello, records=True)

    done = terminal.mcpgen("generate")

    assert (done.code, done.err) == (0, "")
    number = len(lock.parse((hello / lock.FILE).read_bytes()).files)
    assert done.out == f"hello: up to date ({number} files)\n"
    assert disk(hello, records=True) == before


def test_it_works_from_a_folder_below_and_from_outside(
    hello: Path, terminal: Terminal
) -> None:
    terminal.go(hello / "server" / "hello_server")
    assert terminal.mcpgen("generate", "--check").code == 0

    terminal.go(hello.parent)
    assert terminal.mcpgen("generate", "--check", "hello").code == 0


def test_the_output_does_not_depend_on_where_the_command_is_typed(
    hello: Path, terminal: Terminal
) -> None:
    before = disk(hello)
    with (hello / "mcpgen.yaml").open("a") as file:
        file.write("# read and rendered once more\n")
    before["mcpgen.yaml"] += "# read and rendered once more\n"

    terminal.go(hello.parent)
    assert terminal.mcpgen("generate", "hello").code == 0

    assert disk(hello) == before


def test_a_change_of_the_manifest_reaches_the_files(
    hello: Path, terminal: Terminal
) -> None:
    add_a_tool(hello)

    done = terminal.mcpgen("generate")

    assert done.code == 0
    assert "Hello has no wave" in done.err
    first, *named = done.out.splitlines()
    assert first.startswith("hello: ")
    assert ("updated", CLIENT) in rows(named)
    assert "def wave" in (hello / CLIENT).read_text()
    assert terminal.mcpgen("generate", "--check").code == 0


def test_check_names_each_file_with_its_reason_and_changes_nothing(
    hello: Path, terminal: Terminal
) -> None:
    edit(hello, CLIENT)
    (hello / "client/hello_client/models.py").unlink()
    before = disk(hello, records=True)

    done = terminal.mcpgen("generate", "--check")

    assert done.code == 1
    assert done.err == ""
    assert done.out == (
        "hello: 2 files are not up to date\n"
        "  missing         client/hello_client/models.py\n"
        "  edited by hand  client/hello_client/client.py\n"
        "Undo the edits, or overwrite them: mcpgen generate --force\n"
        "What they are: mcpgen generate --diff\n"
    )
    assert disk(hello, records=True) == before


def test_check_sees_a_manifest_that_was_not_generated_from(
    hello: Path, terminal: Terminal
) -> None:
    add_a_tool(hello)

    done = terminal.mcpgen("generate", "--check")

    assert done.code == 1
    assert ("out of date", CLIENT) in rows(done.out.splitlines())
    assert ("out of date", lock.FILE) in rows(done.out.splitlines())


def test_a_hand_edit_is_refused_with_what_to_do(
    hello: Path, terminal: Terminal
) -> None:
    add_a_tool(hello)
    edit(hello, CLIENT)
    before = disk(hello, records=True)

    done = terminal.mcpgen("generate")

    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"{CLIENT}: error[MG407]: was edited by hand\n"
        "    hint: move the change elsewhere, or run `mcpgen generate --force` to "
        "overwrite it\n"
    )
    assert disk(hello, records=True) == before


def test_force_takes_the_hand_edit(hello: Path, terminal: Terminal) -> None:
    before = disk(hello)
    edit(hello, CLIENT)

    assert terminal.mcpgen("generate", "--force").code == 0

    assert disk(hello) == before


def test_the_users_files_are_theirs(hello: Path, terminal: Terminal) -> None:
    edit(hello, HANDLERS)
    (hello / "server/Dockerfile").unlink()
    mine = (hello / HANDLERS).read_text()
    add_a_tool(hello)

    assert terminal.mcpgen("generate", "--force").code == 0

    assert (hello / HANDLERS).read_text() == mine
    assert not (hello / "server/Dockerfile").exists()


def test_a_target_that_is_dropped_and_taken_up_again(
    hello: Path, terminal: Terminal
) -> None:
    text = (hello / "mcpgen.yaml").read_text()
    (hello / "mcpgen.yaml").write_text(text + "targets: [server]\n")
    assert terminal.mcpgen("generate").code == 0
    assert not (hello / "client").exists()

    (hello / "mcpgen.yaml").write_text(text)
    assert terminal.mcpgen("generate").code == 0
    assert (hello / CLIENT).exists()


def test_diff_shows_what_patch_can_apply(hello: Path, terminal: Terminal) -> None:
    add_a_tool(hello)
    (hello / "client/hello_client/py.typed").unlink()
    before = disk(hello, records=True)

    done = terminal.mcpgen("generate", "--diff")

    assert done.code == 0
    assert disk(hello, records=True) == before
    subprocess.run(
        ["git", "apply", "-p1", "-"],
        cwd=hello,
        input=done.out.encode(),
        check=True,
        timeout=patient(60),
    )
    terminal.mcpgen("generate")
    applied = {p: t for p, t in disk(hello).items() if "py.typed" not in p}
    for path, text in applied.items():
        assert (hello / path).read_text() == text


def test_diff_with_check_tells_by_its_exit_code(
    hello: Path, terminal: Terminal
) -> None:
    assert terminal.mcpgen("generate", "--diff", "--check").code == 0
    edit(hello, CLIENT)

    done = terminal.mcpgen("generate", "--diff", "--check")

    assert done.code == 1
    assert done.out.startswith(f"--- a/{CLIENT}\n+++ b/{CLIENT}\n")
    assert done.out.endswith("-# by hand\n")


def test_verbose_names_unknown_files(hello: Path, terminal: Terminal) -> None:
    (hello / "client/hello_client/mine.py").write_text("mine = 1\n")

    quiet = terminal.mcpgen("generate")
    loud = terminal.mcpgen("generate", "--verbose")

    assert "mine.py" not in quiet.out
    shown = rows(loud.out.splitlines())
    assert ("unknown", "client/hello_client/mine.py") in shown
    assert ("yours", HANDLERS) in shown
    assert (hello / "client/hello_client/mine.py").exists()


def test_the_json_of_a_check(hello: Path, terminal: Terminal) -> None:
    edit(hello, CLIENT)

    done = terminal.mcpgen("generate", "--check", "--json")

    data = json.loads(done.out)
    assert (done.code, done.err) == (1, "")
    assert (data["up_to_date"], data["written"]) == (False, False)
    assert [f for f in data["files"] if f["verdict"] == "conflict"] == [
        {
            "path": CLIENT,
            "verdict": "conflict",
            "why": "edited by hand",
            "owner": "generated",
        }
    ]


def test_the_json_of_an_error_is_json(hello: Path, terminal: Terminal) -> None:
    edit(hello, CLIENT)

    done = terminal.mcpgen("generate", "--json")

    assert (done.code, done.err) == (2, "")
    (found,) = json.loads(done.out)["diagnostics"]
    assert (found["code"], found["file"]) == ("MG407", CLIENT)


def test_a_broken_manifest_changes_nothing(hello: Path, terminal: Terminal) -> None:
    (hello / "mcpgen.yaml").write_text("mcpgen: 1\nname: hello\ntolls: []\n")
    before = disk(hello, records=True)

    done = terminal.mcpgen("generate")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("mcpgen.yaml:3:1: error[MG104]: ")
    assert disk(hello, records=True) == before


def test_diagnostics_name_files_as_seen_from_here(
    hello: Path, terminal: Terminal
) -> None:
    edit(hello, CLIENT)
    terminal.go(hello.parent)

    done = terminal.mcpgen("generate", "hello")

    assert done.err.startswith(f"hello/{CLIENT}: error[MG407]")


def test_a_deleted_lock_is_made_again(hello: Path, terminal: Terminal) -> None:
    """As it was, but that nobody knows any more what was released."""
    before = json.loads((hello / lock.FILE).read_text())
    (hello / lock.FILE).unlink()

    assert terminal.mcpgen("generate", "--check").code == 1
    assert terminal.mcpgen("generate").out.startswith("hello: mcpgen.lock updated")

    after = json.loads((hello / lock.FILE).read_text())
    assert after.pop("released")["drafts"]
    assert after["contract"].pop("drafts")
    assert after == before
    assert terminal.mcpgen("generate", "--check").code == 0


def test_another_checkout_of_the_same_project_is_up_to_date(
    hello: Path, terminal: Terminal
) -> None:
    for path in hello.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert terminal.mcpgen("generate", "--check").code == 0


@pytest.mark.parametrize("arguments", [(), ("--check",), ("--diff",)])
def test_no_project_is_no_traceback(
    terminal: Terminal, arguments: tuple[str, ...]
) -> None:
    done = terminal.mcpgen("generate", *arguments)

    assert done.code == 2
    assert "error[MG401]: no mcpgen.yaml here or in a folder above" in done.err


def test_a_hostile_lock_deletes_nothing_outside(
    hello: Path, terminal: Terminal
) -> None:
    outside = hello.parent / "outside.py"
    outside.write_text("x = 1\n")
    text = (hello / lock.FILE).read_text()
    entry = '"../outside.py": {"owner": "generated", "sha256": "' + "0" * 64 + '"},'
    (hello / lock.FILE).write_text(
        text.replace('"files": {', '"files": {\n    ' + entry)
    )

    for arguments in ((), ("--force",)):
        done = terminal.mcpgen("generate", *arguments)
        assert done.code == 2
        assert (
            "mcpgen.lock: error[MG406]: the path '../outside.py' leads out" in done.err
        )
    assert outside.exists()


def test_two_at_once_do_not_write_into_one_project(
    hello: Path, terminal: Terminal
) -> None:
    from mcpgen.write import exclusively

    with exclusively(hello):
        done = terminal.mcpgen("generate")

    assert done.code == 2
    assert "error[MG412]: another mcpgen is writing here" in done.err
    assert terminal.mcpgen("generate").code == 0
