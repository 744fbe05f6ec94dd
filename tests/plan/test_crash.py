"""A run that dies leaves the old state, or one that the next run repairs by itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen import lock
from mcpgen.diagnostics import MCPGenError
from mcpgen.ir import File, Ownership
from tests.pace import patient
from tests.plan.crash import Killed, dying_at
from tests.plan.workshop import Workshop, disk, ours, written, yours

OLD = {
    "client/same.py": ours("same = 1\n"),
    "client/changed.py": ours("old = 1\n"),
    "client/deep/er/stale.py": ours("stale = 1\n"),
    "server/handlers.py": yours("handlers = 1\n"),
}
NEW = {
    "client/same.py": ours("same = 1\n"),
    "client/changed.py": ours("new = 1\n"),
    "client/fresh/er/new.py": ours("fresh = 1\n"),
    "server/handlers.py": yours("handlers = 2\n"),
    "server/tests/test_service.py": yours("tests = 1\n"),
}
OTHER = {
    "client/same.py": ours("other = 1\n"),
    "client/changed.py": ours("other = 1\n"),
    "client/other.py": ours("other = 1\n"),
    "server/handlers.py": yours("handlers = 3\n"),
}


def moments(workshop: Workshop) -> int:
    """How many moments a whole run has, tried on a copy."""
    copy = workshop.root.with_name("copy")
    shutil.copytree(workshop.root, copy)
    with dying_at(None) as countdown:
        Workshop(copy, workshop.files).generate()
    shutil.rmtree(copy)
    return countdown.passed


def die(workshop: Workshop, moment: int) -> None:
    with pytest.raises(Killed), dying_at(moment):
        workshop.generate()


def prepared(root: Path) -> Workshop:
    """A project in the old state, with a user's edit, about to become the new one."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    workshop = Workshop(root, dict(OLD))
    workshop.generate()
    workshop.put("server/handlers.py", "mine = 1\n")
    workshop.files = dict(NEW)
    return workshop


def expected(files: dict[str, File]) -> dict[str, str]:
    return written(files) | {"server/handlers.py": "mine = 1\n"}


def test_a_run_that_dies_at_any_moment_is_repaired_by_the_next(
    workshop: Workshop,
) -> None:
    for moment in range(moments(prepared(workshop.root))):
        prepared(workshop.root)
        workshop.files = dict(NEW)
        die(workshop, moment)

        workshop.generate()

        assert disk(workshop.root) == expected(NEW), moment
        assert not (workshop.root / lock.JOURNAL).exists()
        assert not workshop.examine().drift


def test_a_run_that_dies_at_any_moment_is_undone_by_the_old_manifest(
    workshop: Workshop,
) -> None:
    for moment in range(moments(prepared(workshop.root))):
        prepared(workshop.root)
        workshop.files = dict(NEW)
        die(workshop, moment)
        workshop.files = dict(OLD)

        workshop.generate()

        # Whether a file of the user's is one from now on only the user can say.
        left = disk(workshop.root)
        assert left.pop("server/tests/test_service.py", None) in (None, "tests = 1\n")
        left.pop("server/tests/", None)
        assert left == expected(OLD), moment
        assert not workshop.examine().drift


def test_two_runs_that_die_one_after_the_other_are_repaired_by_a_third(
    workshop: Workshop,
) -> None:
    for first in range(0, moments(prepared(workshop.root)), 6):
        prepared(workshop.root)
        workshop.files = dict(NEW)
        die(workshop, first)
        middle = workshop.root.with_name("middle")
        shutil.copytree(workshop.root, middle)
        workshop.files = dict(OTHER)
        for second in range(0, moments(workshop), 9):
            shutil.rmtree(workshop.root)
            shutil.copytree(middle, workshop.root)
            workshop.files = dict(OTHER)
            die(workshop, second)
            workshop.files = dict(NEW)

            workshop.generate()

            assert disk(workshop.root) == expected(NEW), (first, second)
        shutil.rmtree(middle)


def test_until_the_first_move_the_old_state_stands(workshop: Workshop) -> None:
    workshop = prepared(workshop.root)
    old = disk(workshop.root)
    seen: list[dict[str, str]] = []
    replace = os.replace

    def stop(source: Path, target: Path) -> None:
        if Path(target).name == lock.JOURNAL:
            replace(source, target)
            return
        seen.append(
            {p: t for p, t in disk(workshop.root).items() if not p.endswith(".tmp")}
        )
        raise OSError(5, "Input/output error", str(target))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", stop)
        with pytest.raises(MCPGenError, match="MG411"):
            workshop.generate()

    now = {p: t for p, t in seen[0].items() if not p.endswith("/")}
    assert now == old


def test_a_full_disk_leaves_the_old_state_and_nothing_else(workshop: Workshop) -> None:
    workshop = prepared(workshop.root)
    before = disk(workshop.root, records=True)
    fsync, calls = os.fsync, 0

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(MCPGenError, match="No space left on device"):
            workshop.generate()

    assert disk(workshop.root, records=True) == before


def test_ctrl_c_before_the_first_move_leaves_the_old_state(workshop: Workshop) -> None:
    workshop = prepared(workshop.root)
    before = disk(workshop.root, records=True)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            workshop.generate()

    assert disk(workshop.root, records=True) == before


def test_ctrl_c_during_the_moves_waits_for_their_end(workshop: Workshop) -> None:
    workshop = prepared(workshop.root)
    replace = os.replace
    # A shell starts what it runs in the background with the signal ignored.
    at_start = signal.signal(signal.SIGINT, signal.default_int_handler)

    def press(source: Path, target: Path) -> None:
        if Path(target).name == "changed.py":
            signal.raise_signal(signal.SIGINT)
        replace(source, target)

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "replace", press)
            workshop.generate()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, at_start)

    assert disk(workshop.root) == expected(NEW)


def test_an_edit_after_a_crash_is_still_an_edit(workshop: Workshop) -> None:
    workshop = prepared(workshop.root)
    die(workshop, moments(workshop) - 5)
    workshop.put("client/changed.py", "mine = 1\n")

    with pytest.raises(MCPGenError, match="MG407"):
        workshop.generate()

    assert workshop.text("client/changed.py") == "mine = 1\n"


def test_a_forced_run_that_died_need_not_be_forced_again(workshop: Workshop) -> None:
    for moment in range(moments(prepared(workshop.root))):
        workshop = prepared(workshop.root)
        workshop.put("client/changed.py", "mine = 1\n")
        with pytest.raises(Killed), dying_at(moment):
            workshop.generate(force=True)
        if not (workshop.root / lock.JOURNAL).exists():
            continue

        workshop.generate()

        assert disk(workshop.root) == expected(NEW)


def test_yours_of_a_run_that_died_is_brought_up_to_date_unless_it_was_edited(
    workshop: Workshop,
) -> None:
    workshop.files = {"a.py": yours("first = 1\n"), "b.py": yours("first = 1\n")}
    last = moments(workshop)
    while not (workshop.root / "b.py").exists() or (workshop.root / lock.FILE).exists():
        last -= 1
        shutil.rmtree(workshop.root)
        workshop.root.mkdir()
        die(workshop, last)
    workshop.put("b.py", "mine = 1\n")
    workshop.files = {"a.py": yours("second = 1\n"), "b.py": yours("second = 1\n")}

    workshop.generate()

    assert disk(workshop.root) == {"a.py": "second = 1\n", "b.py": "mine = 1\n"}


def test_yours_that_the_lock_knows_is_not_brought_up_to_date(
    workshop: Workshop,
) -> None:
    workshop.files = {"a.py": yours("first = 1\n")}
    die(workshop, moments(workshop) - 2)
    assert (workshop.root / lock.FILE).exists()
    assert (workshop.root / lock.JOURNAL).exists()
    workshop.files = {"a.py": yours("second = 1\n")}

    workshop.generate()

    assert disk(workshop.root) == {"a.py": "first = 1\n"}


SCRIPT = """
import os, signal, sys
from pathlib import Path
from tests.plan.test_crash import NEW
from tests.plan.workshop import Workshop

left = int(sys.argv[2])
replace = os.replace

def killing(source, target):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)

os.replace = killing
Workshop(Path(sys.argv[1]), dict(NEW)).generate()
"""


@pytest.mark.parametrize("moves", [0, 1, 2, 3, 4])
def test_a_run_that_is_really_killed_is_repaired(
    workshop: Workshop, moves: int
) -> None:
    workshop = prepared(workshop.root)
    checkout = Path(__file__).parents[2]

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(workshop.root), str(moves)],
        cwd=checkout,
        timeout=patient(60),
    )

    assert done.returncode == -signal.SIGKILL
    workshop.generate()
    assert disk(workshop.root) == expected(NEW)
    assert not workshop.examine().drift


def test_the_moments_are_many_enough_to_mean_something(workshop: Workshop) -> None:
    assert moments(prepared(workshop.root)) > 60
    assert {f.ownership for f in NEW.values()} == set(Ownership)
