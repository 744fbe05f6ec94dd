"""Whatever a user does in whatever order: theirs stays theirs, and success means clean."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,  # pyright: ignore[reportUnknownVariableType]  # untyped
)

from mcpgen import lock
from mcpgen.diagnostics import MCPGenError
from mcpgen.ir import File, Ownership
from tests.plan.crash import Killed, dying_at
from tests.plan.workshop import Workshop, ours, yours

GENERATED = ("client/a.py", "client/p/b.py", "server/generated/c.py", "server/d.py")
YOURS = ("server/handlers.py", "server/p/app.py")
UNKNOWN = ("client/notes.txt", "server/generated/mine.py", "client/p/__init__.py")
TEXTS = st.integers(0, 3).map(lambda number: f"text = {number}\n")
HAND = st.integers(0, 3).map(lambda number: f"hand = {number}\n")


class History(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.workshop = Workshop(self.folder / "project")
        self.workshop.root.mkdir()
        self.theirs: dict[str, str] = {}
        """What the user wrote into files that are the user's."""
        self.edited: dict[str, str] = {}
        """What the user wrote into generated files, until force took it."""
        self.sync = mock.patch.object(os, "fsync", return_value=None)
        self.sync.start()

    def teardown(self) -> None:
        self.sync.stop()
        shutil.rmtree(self.folder)

    @rule(
        generated=st.dictionaries(st.sampled_from(GENERATED), TEXTS),
        written_once=st.dictionaries(st.sampled_from(YOURS), TEXTS),
    )
    def change_the_manifest(
        self, generated: dict[str, str], written_once: dict[str, str]
    ) -> None:
        files: dict[str, File] = {path: ours(text) for path, text in generated.items()}
        files.update((path, yours(text)) for path, text in written_once.items())
        self.workshop.files = files

    @rule(path=st.sampled_from(YOURS + UNKNOWN), text=HAND)
    def write_a_file_of_ones_own(self, path: str, text: str) -> None:
        self.workshop.put(path, text)
        self.theirs[path] = text

    @rule(path=st.sampled_from(YOURS + UNKNOWN))
    def delete_a_file_of_ones_own(self, path: str) -> None:
        (self.workshop.root / path).unlink(missing_ok=True)
        self.theirs.pop(path, None)

    @rule(path=st.sampled_from(GENERATED), text=HAND)
    def edit_a_generated_file(self, path: str, text: str) -> None:
        if (self.workshop.root / path).exists():
            self.workshop.put(path, text)
            self.edited[path] = text

    @rule(path=st.sampled_from(GENERATED))
    def delete_a_generated_file(self, path: str) -> None:
        (self.workshop.root / path).unlink(missing_ok=True)
        self.edited.pop(path, None)

    @rule(force=st.booleans())
    def generate(self, force: bool) -> None:
        gone = {path for path in YOURS if not (self.workshop.root / path).exists()}
        known = self.known_yours()
        conflicts = self.workshop.examine(force=force).plan.conflicts
        if conflicts:
            assert not force
            with pytest.raises(MCPGenError, match=r"MG40[78]"):
                self.workshop.generate()
            return
        self.workshop.generate(force=force)
        if force:
            self.edited.clear()
        assert not self.workshop.examine().drift
        for path, file in self.workshop.files.items():
            if file.ownership is Ownership.GENERATED:
                assert self.workshop.text(path) == file.text
        for path in gone & known:
            assert not (self.workshop.root / path).exists()
        # What was edited and is accepted all the same equals what was rendered.
        self.edited = {
            path: text
            for path, text in self.edited.items()
            if path in self.workshop.files
        }

    @rule(moment=st.integers(0, 90), force=st.booleans())
    def die_while_generating(self, moment: int, force: bool) -> None:
        try:
            with dying_at(moment):
                self.workshop.generate(force=force)
        except (Killed, MCPGenError):
            pass
        if force:
            self.edited.clear()

    @rule(moment=st.integers(0, 90))
    def die_and_generate_again(self, moment: int) -> None:
        """A crash never makes a conflict out of a run that had none."""
        if self.workshop.examine().plan.conflicts:
            return
        try:
            with dying_at(moment):
                self.workshop.generate()
        except Killed:
            pass
        self.generate(force=False)
        assert not self.workshop.examine().drift

    @invariant()
    def what_is_the_users_is_untouched(self) -> None:
        for path, text in {**self.theirs, **self.edited}.items():
            assert self.workshop.text(path) == text, path

    @invariant()
    def the_lock_can_always_be_read(self) -> None:
        place = self.workshop.root / lock.FILE
        if place.exists():
            lock.parse(place.read_bytes())

    def known_yours(self) -> set[str]:
        place = self.workshop.root / lock.FILE
        if not place.exists():
            return set()
        entries = lock.parse(place.read_bytes()).files
        return {p for p, e in entries.items() if e.ownership is Ownership.YOURS}


def test_any_history_of_a_project_ends_well() -> None:
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=150,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
