"""The files that travel with mcpgen are found wherever mcpgen was imported from."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from mcpgen import assets
from mcpgen.protocol import known
from tests.pace import patient

CODE = """
import sys
sys.path.insert(0, sys.argv[1])
from mcpgen import assets, protocol
assert sys.argv[1] in str(assets.schema())
print(*protocol.known(), len(protocol.describe()))
print(*sorted(protocol.render(protocol.known())))
"""


def packed(path: Path) -> None:
    """The package as a wheel lays it out, in a zip file."""
    package = Path(assets.__file__).parent
    data = {"schema": assets.schema(), "templates": assets.templates()}
    with zipfile.ZipFile(path, "w") as archive:
        for file in package.rglob("*.py"):
            archive.write(file, Path("mcpgen") / file.relative_to(package))
        for name, folder in data.items():
            root = Path(str(folder))
            for file in root.rglob("*"):
                archive.write(
                    file, Path("mcpgen", "_data", name) / file.relative_to(root)
                )


def run(place: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(place)],
        capture_output=True,
        text=True,
        check=True,
        timeout=patient(60),
        cwd=place.parent,
    )
    return done.stdout.splitlines()


def test_a_package_finds_its_files_in_a_folder_and_in_a_zip_file(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "mcpgen.zip"
    packed(archive)
    folder = tmp_path / "installed"
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    expected = [
        " ".join([*known(), "5"]),
        "__init__.py _messages.py revisions.py types.py",
    ]
    assert run(folder) == expected
    assert run(archive) == expected


def test_a_checkout_has_its_files_beside_the_package() -> None:
    assert (assets.schema() / "PINNED.json").is_file()
    assert assets.templates().is_dir()
    assert (assets.runtime() / "protocol" / "types.py").is_file()
