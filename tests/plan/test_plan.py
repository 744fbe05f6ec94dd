"""Who owns a file decides what happens to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcpgen import lock
from mcpgen.diagnostics import MCPGenError
from mcpgen.folder import Folder
from mcpgen.plan import check_paths, unknown
from tests.plan.workshop import Workshop, disk, ours, written, yours

SERVICE = "server/weather_server/generated/service.py"
HANDLERS = "server/weather_server/handlers.py"


def codes(error: MCPGenError) -> list[str]:
    return [diagnostic.code for diagnostic in error.diagnostics]


def test_the_first_run_creates_everything(workshop: Workshop) -> None:
    workshop.files = {SERVICE: ours(), HANDLERS: yours()}

    assert workshop.verdicts() == {
        SERVICE: ("create", "new"),
        HANDLERS: ("create", "new"),
    }
    workshop.generate()
    assert disk(workshop.root) == written(workshop.files)


def test_a_second_run_touches_nothing(workshop: Workshop) -> None:
    workshop.files = {SERVICE: ours(), HANDLERS: yours()}
    workshop.generate()
    before = {path: path.stat().st_mtime_ns for path in workshop.root.rglob("*")}

    outcome = workshop.generate()

    assert not outcome.drift
    after = {path: path.stat().st_mtime_ns for path in workshop.root.rglob("*")}
    assert after == before


def test_a_generated_file_follows_its_input(workshop: Workshop) -> None:
    workshop.files = {SERVICE: ours("old = 1\n")}
    workshop.generate()
    workshop.files = {SERVICE: ours("new = 1\n")}

    assert workshop.verdicts() == {SERVICE: ("update", "out of date")}
    workshop.generate()
    assert workshop.text(SERVICE) == "new = 1\n"


def test_a_deleted_generated_file_comes_back(workshop: Workshop) -> None:
    workshop.files = {SERVICE: ours()}
    workshop.generate()
    (workshop.root / SERVICE).unlink()

    assert workshop.verdicts() == {SERVICE: ("create", "missing")}
    workshop.generate()
    assert disk(workshop.root) == written(workshop.files)


def test_a_hand_edit_is_refused_and_stays(workshop: Workshop) -> None:
    workshop.files = {SERVICE: ours("old = 1\n"), "client/other.py": ours("old = 1\n")}
    workshop.generate()
    workshop.put(SERVICE, "mine = 1\n")
    workshop.files = {SERVICE: ours("new = 1\n"), "client/other.py": ours("new = 1\n")}

    with pytest.raises(MCPGenError) as refused:
        workshop.generate()

    assert codes(refused.value) == ["MG407"]
    assert str(refused.value) == (
        f"{workshop.root}/{SERVICE}: error[MG407]: was edited by hand\n"
        "    hint: move the change elsewhere, or run `mcpgen generate --force` to "
        "overwrite it"
    )
    assert workshop.text(SERVICE) == "mine = 1\n"
    assert workshop.text("client/other.py") == "old = 1\n"


def test_a_hand_edit_is_refused_even_when_the_input_is_unchanged(
    workshop: Workshop,
) -> None:
    workshop.files = {SERVICE: ours()}
    workshop.generate()
    workshop.put(SERVICE, "mine = 1\n")

    assert workshop.verdicts() == {SERVICE: ("conflict", "edited by hand")}


def test_force_overwrites_a_hand_edit(workshop: Workshop) -> None:
    workshop.files = {SERVICE: ours()}
    workshop.generate()
    workshop.put(SERVICE, "mine = 1\n")

    workshop.generate(force=True)

    assert disk(workshop.root) == written(workshop.files)


def test_an_edit_that_equals_the_new_text_is_no_conflict(workshop: Workshop) -> None:
    workshop.files = {SERVICE: ours("old = 1\n")}
    workshop.generate()
    workshop.put(SERVICE, "new = 1\n")
    workshop.files = {SERVICE: ours("new = 1\n")}

    assert workshop.verdicts() == {SERVICE: ("unchanged", "up to date")}
    workshop.generate()
    assert not workshop.examine().drift


def test_a_stale_file_is_deleted_with_its_cache_and_its_empty_folders(
    workshop: Workshop,
) -> None:
    stale = "client/weather_client/runtime/old/deep.py"
    workshop.files = {SERVICE: ours(), stale: ours()}
    workshop.generate()
    workshop.put(
        "client/weather_client/runtime/old/__pycache__/deep.cpython-311.pyc", ""
    )
    del workshop.files[stale]

    assert workshop.verdicts()[stale] == ("delete", "no longer generated")
    workshop.generate()
    assert disk(workshop.root) == written(workshop.files)
    assert not (workshop.root / "client").exists()


def test_a_folder_with_something_of_the_users_stays(workshop: Workshop) -> None:
    workshop.files = {"client/a.py": ours(), "client/b.py": ours()}
    workshop.generate()
    workshop.put("client/notes.txt", "mine")
    workshop.files = {}

    workshop.generate()

    assert disk(workshop.root) == {"client/notes.txt": "mine"}


def test_a_stale_file_that_was_edited_is_a_conflict(workshop: Workshop) -> None:
    workshop.files = {SERVICE: ours()}
    workshop.generate()
    workshop.put(SERVICE, "mine = 1\n")
    workshop.files = {}

    with pytest.raises(MCPGenError) as refused:
        workshop.generate()
    assert codes(refused.value) == ["MG407"]
    assert workshop.text(SERVICE) == "mine = 1\n"

    workshop.generate(force=True)
    assert disk(workshop.root) == {}


def test_an_unknown_file_in_a_generated_folder_stays_and_is_known_to_those_who_ask(
    workshop: Workshop,
) -> None:
    workshop.files = {"client/p/a.py": ours(), "client/p/q/b.py": ours()}
    workshop.generate()
    workshop.put("client/p/mine.py", "mine = 1\n")
    workshop.put("client/p/__pycache__/a.cpython-311.pyc", "")
    workshop.put("client/p/.hidden", "")

    outcome = workshop.generate()

    assert not outcome.drift
    assert workshop.text("client/p/mine.py") == "mine = 1\n"
    assert unknown(outcome.plan, Folder(workshop.root)) == ["client/p/mine.py"]


def test_a_foreign_file_in_the_place_of_a_generated_one_is_a_conflict(
    workshop: Workshop,
) -> None:
    workshop.put(SERVICE, "mine = 1\n")
    workshop.files = {SERVICE: ours()}

    with pytest.raises(MCPGenError) as refused:
        workshop.generate()

    assert codes(refused.value) == ["MG408"]
    assert disk(workshop.root, records=True) == {SERVICE: "mine = 1\n"}


def test_yours_is_written_once(workshop: Workshop) -> None:
    workshop.files = {HANDLERS: yours("first = 1\n")}
    workshop.generate()
    workshop.put(HANDLERS, "mine = 1\n")
    workshop.files = {HANDLERS: yours("second = 1\n")}

    assert workshop.verdicts() == {HANDLERS: ("keep", "yours")}
    workshop.generate(force=True)
    assert workshop.text(HANDLERS) == "mine = 1\n"


def test_yours_that_the_user_deleted_stays_deleted(workshop: Workshop) -> None:
    workshop.files = {HANDLERS: yours()}
    workshop.generate()
    (workshop.root / HANDLERS).unlink()

    assert workshop.verdicts() == {HANDLERS: ("keep", "yours, deleted by you")}
    outcome = workshop.generate(force=True)
    assert not outcome.drift
    assert not (workshop.root / HANDLERS).exists()


def test_yours_of_a_target_that_is_added_later_is_written(workshop: Workshop) -> None:
    workshop.files = {"client/a.py": ours()}
    workshop.generate()
    workshop.files[HANDLERS] = yours()

    assert workshop.verdicts()[HANDLERS] == ("create", "new")
    workshop.generate()
    assert workshop.text(HANDLERS) == "y = 1\n"


def test_yours_that_is_no_longer_rendered_stays(workshop: Workshop) -> None:
    workshop.files = {HANDLERS: yours()}
    workshop.generate()
    workshop.files = {}

    workshop.generate(force=True)

    assert disk(workshop.root) == {HANDLERS: "y = 1\n"}


def test_a_file_that_becomes_yours_is_kept_and_forgotten_by_hash(
    workshop: Workshop,
) -> None:
    workshop.files = {HANDLERS: ours()}
    workshop.generate()
    workshop.put(HANDLERS, "mine = 1\n")
    workshop.files = {HANDLERS: yours()}

    workshop.generate()

    assert workshop.text(HANDLERS) == "mine = 1\n"
    assert not workshop.examine().drift


def test_a_file_that_becomes_generated_is_replaced_only_while_it_is_untouched(
    workshop: Workshop,
) -> None:
    workshop.files = {"a.py": yours("old = 1\n"), "b.py": yours("old = 1\n")}
    workshop.generate()
    workshop.put("b.py", "mine = 1\n")
    workshop.files = {"a.py": ours("new = 1\n"), "b.py": ours("new = 1\n")}

    assert workshop.verdicts() == {
        "a.py": ("update", "out of date"),
        "b.py": ("conflict", "edited by hand"),
    }


def test_without_a_lock_identical_files_are_fine_and_others_conflict(
    workshop: Workshop,
) -> None:
    workshop.files = {"a.py": ours(), "b.py": ours()}
    workshop.generate()
    (workshop.root / lock.FILE).unlink()
    workshop.put("b.py", "mine = 1\n")

    assert workshop.verdicts() == {
        "a.py": ("unchanged", "up to date"),
        "b.py": ("conflict", "not made by mcpgen"),
    }
    workshop.put("b.py", "x = 1\n")
    assert workshop.examine().lock_why == "missing"
    workshop.generate()
    assert not workshop.examine().drift


def test_windows_line_ends_are_no_edit(workshop: Workshop) -> None:
    workshop.files = {SERVICE: ours("a = 1\nb = 2\n"), "client/c.py": ours("c = 1\n")}
    workshop.generate()
    for path in (SERVICE, "client/c.py", lock.FILE):
        workshop.put(path, workshop.text(path).replace("\n", "\r\n"))

    assert not workshop.examine().drift

    workshop.files["client/c.py"] = ours("c = 2\n")
    workshop.generate()
    assert workshop.text("client/c.py") == "c = 2\n"


def test_a_missing_executable_bit_is_drift_and_an_extra_one_is_not(
    workshop: Workshop,
) -> None:
    workshop.files = {"run.sh": ours("#!/bin/sh\n", executable=True), "a.py": ours()}
    workshop.generate()
    assert os.access(workshop.root / "run.sh", os.X_OK)
    assert not os.access(workshop.root / "a.py", os.X_OK)
    (workshop.root / "run.sh").chmod(0o644)
    (workshop.root / "a.py").chmod(0o755)

    assert workshop.verdicts() == {
        "run.sh": ("update", "not executable"),
        "a.py": ("unchanged", "up to date"),
    }
    workshop.generate()
    assert os.access(workshop.root / "run.sh", os.X_OK)


def test_a_link_in_the_place_of_a_generated_file_is_replaced_by_force_not_followed(
    workshop: Workshop, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("precious = 1\n")
    (workshop.root / "a.py").symlink_to(outside)
    workshop.files = {"a.py": ours()}

    with pytest.raises(MCPGenError) as refused:
        workshop.generate()
    assert codes(refused.value) == ["MG409"]

    workshop.generate(force=True)
    assert outside.read_text() == "precious = 1\n"
    assert not (workshop.root / "a.py").is_symlink()


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_written_through_a_folder_that_is_a_link(
    workshop: Workshop, tmp_path: Path, force: bool
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (workshop.root / "client").symlink_to(outside)
    workshop.files = {"client/p/a.py": ours(), "client/b.py": yours()}

    with pytest.raises(MCPGenError) as refused:
        workshop.generate(force=force)

    assert codes(refused.value) == ["MG409"]
    assert list(outside.iterdir()) == []


def test_nothing_is_deleted_through_a_folder_that_became_a_link(
    workshop: Workshop, tmp_path: Path
) -> None:
    workshop.files = {"client/a.py": ours()}
    workshop.generate()
    outside = tmp_path / "outside"
    (workshop.root / "client").rename(outside)
    (workshop.root / "client").symlink_to(outside)
    workshop.files = {}

    workshop.generate(force=True)

    assert (outside / "a.py").read_text() == "x = 1\n"


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_in_the_place_of_a_generated_file_is_never_removed(
    workshop: Workshop, force: bool
) -> None:
    workshop.put("a.py/mine.txt", "mine")
    workshop.files = {"a.py": ours()}

    with pytest.raises(MCPGenError) as refused:
        workshop.generate(force=force)

    assert codes(refused.value) == ["MG409"]
    assert disk(workshop.root) == {"a.py/mine.txt": "mine"}


def test_a_file_under_another_letter_case_is_not_deleted_where_it_is_the_same_file(
    workshop: Workshop,
) -> None:
    workshop.files = {"client/Model.py": ours()}
    workshop.generate()
    # A hard link shows what a file system without letter case shows: one file, two names.
    os.link(workshop.root / "client/Model.py", workshop.root / "client/model.py")
    workshop.files = {"client/model.py": ours()}

    assert workshop.verdicts() == {"client/model.py": ("unchanged", "up to date")}


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["../a.py"], "leads out of its folder"),
        (["a.py", "A.py"], "differ in letter case only"),
        (["a", "a/b.py"], "is a file and a folder"),
        (["con.py"], "a device on Windows"),
    ],
)
def test_rendered_paths_are_portable_or_it_is_our_mistake(
    paths: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_paths(paths)


def test_that_another_mcpgen_made_the_same_is_no_drift(workshop: Workshop) -> None:
    workshop.files = {"a.py": ours()}
    workshop.generate()
    text = workshop.text(lock.FILE)
    old = lock.parse(text.encode()).generator.sha256
    workshop.put(lock.FILE, text.replace(old, "f" * 64))

    assert not workshop.examine().drift
    workshop.generate()
    assert workshop.text(lock.FILE) == text


def test_another_manifest_with_the_same_output_makes_the_lock_out_of_date(
    workshop: Workshop,
) -> None:
    workshop.files = {"a.py": ours()}
    workshop.generate()
    workshop.inputs = lock.Inputs("mcpgen.yaml", "1" * 64, ("server",), {})

    assert workshop.examine().lock_why == "out of date"
    workshop.generate()
    assert not workshop.examine().drift
