"""What other users can write to never becomes source: the cache, added schemas."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mcpgen import disk, memory, new, schemas
from mcpgen.diagnostics import MCPGenError
from tests.cli.terminal import Terminal

MANIFEST = """\
mcpgen: 1
name: hello
tools:
  - name: greet
    inputSchema: {type: object, properties: {who: {type: string}}}
"""

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="permissions are read on POSIX systems only"
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "outer" / "cache"
    folder.mkdir(parents=True, mode=0o700)
    monkeypatch.setenv(memory.ENVIRONMENT, str(folder))
    return folder


def keep(tmp_path: Path) -> Path:
    """Put something into the cache; gives its file."""
    memory.save(tmp_path, {"models": {"a": 1}})
    (file,) = Path(os.environ[memory.ENVIRONMENT]).iterdir()
    return file


def kept(tmp_path: Path) -> object:
    return memory.load(tmp_path).part("models")


def test_a_cache_of_one_s_own_is_used(cache: Path, tmp_path: Path) -> None:
    file = keep(tmp_path)

    assert kept(tmp_path) == {"a": 1}
    assert memory.problem() is None
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o777, 0o707, 0o1777])
def test_a_folder_that_others_can_write_to(
    cache: Path, tmp_path: Path, mode: int
) -> None:
    file = keep(tmp_path)
    before = file.read_bytes()
    cache.chmod(mode)

    memory.save(tmp_path, {"models": {"b": 2}})

    assert kept(tmp_path) == {}
    assert file.read_bytes() == before
    found = memory.problem()
    assert found is not None
    assert f"other users can change {cache}" in found.message


def test_a_folder_that_a_group_can_write_to(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_is_own_group", lambda number: False)
    keep(tmp_path)
    cache.chmod(0o770)

    assert kept(tmp_path) == {}


def test_a_folder_above_that_others_can_write_to(cache: Path, tmp_path: Path) -> None:
    keep(tmp_path)
    cache.parent.chmod(0o777)

    assert kept(tmp_path) == {}
    assert memory.problem() is not None

    # In a sticky folder, others can't replace what is ours.
    cache.parent.chmod(0o1777)

    assert kept(tmp_path) == {"a": 1}


def test_a_file_that_others_can_write_to(cache: Path, tmp_path: Path) -> None:
    keep(tmp_path).chmod(0o666)

    assert kept(tmp_path) == {}


def test_a_link_into_a_folder_that_others_can_write_to(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path)
    (tmp_path / "link").symlink_to(cache)
    monkeypatch.setenv(memory.ENVIRONMENT, str(tmp_path / "link"))
    assert kept(tmp_path) == {"a": 1}

    cache.parent.chmod(0o777)

    assert kept(tmp_path) == {}


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root can give files away",
)
@pytest.mark.parametrize("what", ["file", "folder", "above"])
def test_what_belongs_to_another(cache: Path, tmp_path: Path, what: str) -> None:
    file = keep(tmp_path)
    os.chown({"file": file, "folder": cache, "above": cache.parent}[what], 12345, -1)

    assert kept(tmp_path) == {}


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")

    assert disk.writable_by_others(tmp_path / "a" / "cache") is not None


def test_the_user_reads_why_the_cache_is_not_used(
    cache: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = tmp_path / "given.yaml"
    source.write_text(MANIFEST, "utf-8")
    new.create("hello", source=source, folder=tmp_path / "hello")
    monkeypatch.chdir(tmp_path / "hello")
    with (tmp_path / "hello" / "mcpgen.yaml").open("a", encoding="utf-8") as file:
        file.write("  - {name: wave, inputSchema: {type: object}}\n")
    cache.chmod(0o777)

    done = Terminal(capsys, monkeypatch).mcpgen("generate")

    assert done.code == 0
    assert "warning[MG422]: the cache is not used: other users can change" in done.err
    assert list(cache.iterdir()) == []


def test_added_schemas_that_others_can_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "schemas"
    monkeypatch.setenv(schemas.ENVIRONMENT, str(folder))
    assert schemas.pins(folder) == {}
    schemas.pin(folder, b"{}", "2027-03-01", "somewhere")
    assert list(schemas.pins(folder)) == ["2027-03-01"]
    folder.chmod(0o777)

    with pytest.raises(MCPGenError, match=r"MG509.*other users can change"):
        schemas.pins(folder)


def test_what_is_no_entry_is_not_used(cache: Path, tmp_path: Path) -> None:
    keep(tmp_path).write_text(json.dumps([1]), "utf-8")

    assert kept(tmp_path) == {}
