"""The lock is small in merges, the same everywhere, and believed in nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen import lock
from mcpgen.diagnostics import MCPGenError
from mcpgen.folder import digest, path_problem
from mcpgen.ir import Ownership
from mcpgen.lock import Entry, Generator, Inputs, Journal, Lock, Trace

SHA = "ab" * 32
EXAMPLE = Lock(
    Generator("0.1.0", SHA),
    Inputs(
        "mcpgen.yaml",
        SHA,
        ("server", "client"),
        {"2025-11-25": SHA, "2026-07-28": SHA},
    ),
    {
        "server/run.sh": Entry(SHA, Ownership.GENERATED, executable=True),
        "client/é.py": Entry(SHA, Ownership.YOURS),
    },
)


def refused(text: str | bytes) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(MCPGenError) as error:
        lock.parse(data)
    return str(error.value)


def changed(**members: object) -> str:
    return json.dumps({**json.loads(EXAMPLE.to_text()), **members})


def test_the_text_is_sorted_with_one_file_per_line() -> None:
    assert (
        EXAMPLE.to_text()
        == f"""{{
  "format": 1,
  "mcpgen": {{"version": "0.1.0", "sha256": "{SHA}"}},
  "manifest": {{"file": "mcpgen.yaml", "sha256": "{SHA}"}},
  "targets": ["server", "client"],
  "schemas": {{
    "2025-11-25": "{SHA}",
    "2026-07-28": "{SHA}"
  }},
  "files": {{
    "client/é.py": {{"owner": "yours", "sha256": "{SHA}"}},
    "server/run.sh": {{"owner": "generated", "sha256": "{SHA}", "executable": true}}
  }}
}}
"""
    )


def test_what_was_written_is_read() -> None:
    assert lock.parse(EXAMPLE.to_text().encode()) == EXAMPLE


def test_a_journal_is_read_as_it_was_written() -> None:
    trace = Trace(Ownership.GENERATED, frozenset([SHA, "cd" * 32]))
    journal = Journal({"client/a.py": trace})

    assert lock.parse_journal(journal.to_text().encode()) == journal


def test_conflict_markers_are_named_with_their_line() -> None:
    lines = EXAMPLE.to_text().splitlines()
    lines[2:3] = ["<<<<<<< HEAD", lines[2], "=======", lines[2], ">>>>>>> theirs"]

    assert refused("\n".join(lines)) == (
        "mcpgen.lock:3:1: error[MG404]: has conflict markers of a merge\n"
        "    hint: keep either side of the whole file, then run `mcpgen generate`, "
        "with --force if generated files were merged, too"
    )


RESTORE = (
    "    hint: restore it from version control, or delete it and run "
    "`mcpgen generate --force`"
)


def test_a_lock_that_is_cut_short_is_damaged_at_a_place() -> None:
    message = refused(EXAMPLE.to_text()[:60])

    assert message.startswith("mcpgen.lock:3:")
    assert "error[MG403]: is not JSON: " in message
    assert message.endswith(RESTORE)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        b"\xff\xfe\x00",
        "[" * 100_000,
        '{"format": 1}',
        '{"format": 1, "format": 1}',
        changed(mcpgen=None),
        changed(targets="server"),
        changed(targets=[1]),
        changed(schemas=[]),
        changed(schemas={"2025-11-25": 1}),
        changed(files=[]),
        changed(files={"a.py": None}),
        changed(files={"a.py": {"owner": "generated"}}),
        changed(files={"a.py": {"owner": "nobody", "sha256": SHA}}),
        changed(files={"a.py": {"owner": "yours", "sha256": "short"}}),
        changed(files={"a.py": {"owner": "yours", "sha256": SHA, "executable": 1}}),
    ],
)
def test_a_damaged_lock_is_one_clear_error(text: str | bytes) -> None:
    message = refused(text)

    assert message.startswith("mcpgen.lock")
    assert "error[MG403]: " in message
    assert message.endswith(RESTORE)


def test_the_lock_of_a_newer_mcpgen_asks_for_an_upgrade() -> None:
    assert refused(changed(format=2)) == (
        "mcpgen.lock: error[MG405]: has format 2, written by a newer mcpgen; this one "
        "reads format 1\n    hint: upgrade mcpgen"
    )


@pytest.mark.parametrize("number", [0, -1, True, "1", None, 1.5])
def test_an_unknown_format_is_refused(number: object) -> None:
    assert "error[MG405]: has no format that this mcpgen reads" in refused(
        changed(format=number)
    )


HOSTILE = [
    "/etc/passwd",
    "../outside.py",
    "client/../../outside.py",
    "client/./a.py",
    "client//a.py",
    "client/",
    "",
    ".",
    "C:/windows/a.py",
    "c:a.py",
    "\\\\host\\share",
    "client\\..\\a.py",
    "client/CON",
    "client/nul.py",
    "client/COM1 .py",
    "client/lpt¹.txt",
    "client/a.py ",
    "client/a.",
    "client/a:stream",
    "client/a\0.py",
    "client/a\n.py",
    "client/\u202eyp.a",
    ".git/config",
    "client/.GIT/hooks/pre-commit",
    "client/git~1/config",
    "mcpgen.lock",
    "MCPGEN.LOCK.next",
    "a" * 256,
    "a/" * 600 + "a",
]


@pytest.mark.parametrize("path", HOSTILE, ids=ascii)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    entry = {"owner": "generated", "sha256": SHA}

    message = refused(changed(files={path: entry}))

    assert message.startswith("mcpgen.lock: error[MG406]: the path ")
    assert "hint: do not trust it; " in message
    journal = {"format": 1, "files": {path: {"owner": "generated", "sha256": [SHA]}}}
    with pytest.raises(MCPGenError, match="MG406"):
        lock.parse_journal(json.dumps(journal).encode())


def test_all_bad_paths_are_named_at_once() -> None:
    entry = {"owner": "generated", "sha256": SHA}
    message = refused(changed(files={"../a": entry, "/b": entry, "good.py": entry}))

    assert message.count("MG406") == 2


@pytest.mark.parametrize(
    "path",
    ["a", "mcpgen.yaml", ".gitignore", "a/.env", "a/console.py", "ä/ß.py", "a b/c-d.e"],
)
def test_usual_paths_are_fine(path: str) -> None:
    assert path_problem(path) is None


@given(st.text())
def test_an_accepted_path_stays_below_its_folder(path: str) -> None:
    if path_problem(path) is None:
        parts = path.split("/")
        assert parts
        assert not {"", ".", ".."} & set(parts)
        assert "\\" not in path
        assert path.isprintable()


@given(st.binary())
def test_bytes_of_a_stranger_give_a_lock_or_a_diagnostic(data: bytes) -> None:
    with pytest.raises(MCPGenError):
        lock.parse(data)


def test_a_digest_does_not_see_line_ends_and_sees_everything_else() -> None:
    assert digest(b"a\r\nb\r\n") == digest(b"a\nb\n")
    assert digest(b"a\rb\n") != digest(b"a\nb\n")
    assert digest(b"a\nb") != digest(b"a\nb\n")
