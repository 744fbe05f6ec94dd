"""`mcpgen publish client`, to a real index, and on into an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcpgen.publishing import index as indexes
from mcpgen.publishing import retries
from tests.cli.conftest import terminal as terminal
from tests.cli.terminal import Terminal
from tests.pace import patient
from tests.publishing.busy_index import Busy, busy_index
from tests.publishing.conftest import commit
from tests.publishing.index_server import Served

FILES = {"weather_client-0.1.0-py3-none-any.whl", "weather_client-0.1.0.tar.gz"}
SECONDS = patient(300)

CALL = """
import importlib.util
import sys
from weather_client import WeatherClient

assert importlib.util.find_spec("mcpgen") is None
with WeatherClient.sync(sys.argv[1]) as weather:
    print(weather.get_forecast(city="Oslo", days=1).city)
"""


def publish(terminal: Terminal, index: Served, *more: str) -> tuple[int, str, str]:
    done = terminal.mcpgen("publish", "client", "--repository-url", index.url, *more)
    return done.code, done.out, done.err


def raised(project: Path, version: str) -> None:
    """Give the server another version, regenerate and commit."""
    manifest = project / "mcpgen.yaml"
    text = manifest.read_text("utf-8").replace("version: 0.1.0", f"version: {version}")
    manifest.write_text(text, "utf-8")


def test_it_goes_to_the_index_once(
    terminal: Terminal, project: Path, index: Served
) -> None:
    terminal.go(project)
    code, out, err = publish(terminal, index)
    assert (code, err) == (0, "")
    assert index.files == FILES
    assert all(name in out for name in FILES)
    assert "commit mcpgen.lock" in out
    commit()
    code, _, err = publish(terminal, index)
    assert code == 2
    assert "error[MG607]: weather-client 0.1.0 is published already" in err
    raised(project, "0.2.0")
    assert terminal.mcpgen("generate").code == 0
    commit()
    assert publish(terminal, index)[0] == 0
    assert len(index.files) == 4


def test_a_version_that_tells_too_little_is_refused(
    terminal: Terminal, project: Path, index: Served
) -> None:
    terminal.go(project)
    assert publish(terminal, index)[0] == 0
    raised(project, "0.1.1")
    manifest = project / "mcpgen.yaml"
    text = manifest.read_text("utf-8").replace("maximum: 14", "maximum: 10")
    manifest.write_text(text, "utf-8")
    assert "error[MG419]" in terminal.mcpgen("generate").err
    commit()
    code, _, err = publish(terminal, index)
    assert code == 2
    assert "error[MG419]: version 0.1.1 says too little after 0.1.0" in err
    assert index.files == FILES


def test_a_rehearsal_uploads_nothing(
    terminal: Terminal, project: Path, index: Served
) -> None:
    terminal.go(project)
    code, out, _ = publish(terminal, index, "--dry-run")
    assert code == 0
    assert "would go to" in out
    assert index.files == set()


def test_the_password_of_an_index_is_not_printed(
    terminal: Terminal, project: Path, index: Served
) -> None:
    terminal.go(project)
    url = index.url.replace("://", "://user:sesame@")
    done = terminal.mcpgen(
        *("publish", "client", "--repository-url", url, "--index-url"),
        *(f"{index.url.rstrip('/')}/simple/", "--dry-run", "--json"),
    )
    assert done.code == 0
    said = json.loads(done.out)
    assert said["index"] == index.url.replace("://", "://***@")
    assert "sesame" not in done.out + done.err


def test_what_is_not_committed_is_refused(
    terminal: Terminal, project: Path, index: Served
) -> None:
    terminal.go(project)
    (project / "notes.txt").write_text("draft")
    code, _, err = publish(terminal, index)
    assert code == 2
    assert "error[MG606]: not committed: notes.txt" in err
    assert index.files == set()


def test_an_index_that_can_not_be_asked_is_said(
    terminal: Terminal, project: Path, index: Served
) -> None:
    terminal.go(project)
    nobody = ("--index-url", "http://127.0.0.1:1/simple/")
    code, _, err = publish(terminal, index, *nobody)
    assert code == 2
    assert "error[MG608]: can't be reached" in err
    for url in ("file:///etc/", "http://[x/"):
        code, _, err = publish(terminal, index, "--index-url", url)
        assert code == 2
        assert "error[MG608]: is no http or https URL" in err
    assert index.files == set()


def test_a_failed_upload_is_said_without_secrets(
    terminal: Terminal, project: Path, index: Served
) -> None:
    terminal.go(project)
    wrong = ("--index-url", f"{index.url}/simple/")
    done = terminal.mcpgen(
        "publish", "client", "--repository-url", f"{index.url}/simple/x", *wrong
    )
    assert done.code == 2
    assert "error[MG609]: the index did not take weather_client-0.1.0" in done.err
    assert "s3cret" not in done.err


@pytest.mark.parametrize(
    "page",
    [
        '<a href="../../weather_client-0.1.0-py3-none-any.whl#sha256=1">x</a>',
        '<a href="https://e.example/weather-client-0.1.0.tar.gz">x</a><a>',
    ],
)
def test_pages_of_indexes_are_read(page: str) -> None:
    names = list(indexes._from_html(page.encode()))
    assert set(indexes._versions([*names, "junk", "x-y.whl"])) == {"0.1.0"}


def test_answers_in_json_are_read() -> None:
    body = b'{"files": [{"filename": "a-1.0.tar.gz"}, {"filename": 5}, 7]}'
    assert set(indexes._versions(list(indexes._from_json(body)))) == {"1.0"}
    for wrong in (b"[]", b"{}", b"<html>"):
        with pytest.raises(ValueError):
            list(indexes._from_json(wrong))


def run(*command: str | Path, folder: Path) -> str:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON")
    }
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=clean,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_others_install_it_from_the_index_and_call_a_real_server(
    terminal: Terminal, project: Path, index: Served, tmp_path: Path
) -> None:
    """Neither the client nor the server of a wheel needs mcpgen."""
    terminal.go(project)
    assert publish(terminal, index)[0] == 0
    server_wheels = tmp_path / "wheels"
    run(
        *(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir"),
        *(server_wheels, project / "server"),
        folder=tmp_path,
    )
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    run(
        *(python, "-m", "pip", "install", "-q", "weather-client"),
        *("--extra-index-url", f"{index.url}/simple/"),
        *server_wheels.iterdir(),
        folder=tmp_path,
    )
    with subprocess.Popen(
        [python, "-u", "-m", "weather_server", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as server:
        try:
            assert server.stdout is not None
            words = (word for line in server.stdout for word in line.split())
            address = next(word for word in words if word.startswith("http://"))
            assert run(python, "-c", CALL, address, folder=tmp_path) == "Oslo\n"
        finally:
            server.terminate()


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Busy]:
    """An index that is busy at first; pauses are short."""
    monkeypatch.setattr(retries, "PAUSE", 0.01)
    with busy_index() as found:
        yield found


@pytest.mark.parametrize("status", [429, 503])
def test_an_index_that_is_busy_is_asked_again(
    terminal: Terminal, project: Path, busy: Busy, status: int
) -> None:
    terminal.go(project)
    # twine repeats a 503 by itself, five times for each of our tries.
    busy.lists, busy.uploads = [status, status], [status] * (6 if status == 503 else 2)
    done = terminal.mcpgen("publish", "client", "--repository-url", busy.url)
    assert (done.code, done.err) == (0, "")
    assert set(busy.taken) == FILES
    assert not busy.lists + busy.uploads


@pytest.mark.parametrize("force", ["0", "1"])
def test_an_index_that_stays_busy_is_one_plain_error(
    terminal: Terminal,
    project: Path,
    busy: Busy,
    monkeypatch: pytest.MonkeyPatch,
    force: str,
) -> None:
    if force == "1":
        monkeypatch.setenv("FORCE_COLOR", "1")
    terminal.go(project)
    publishing = ("publish", "client", "--repository-url", busy.url)
    busy.lists = [503] * 9
    done = terminal.mcpgen(*publishing)
    assert done.code == 2
    assert "error[MG608]: answers HTTP 503, 4 times" in done.err
    assert len(busy.lists) == 5
    busy.lists, busy.uploads = [], [429] * 9
    done = terminal.mcpgen(*publishing, "--json")
    assert done.code == 2
    (said,) = json.loads(done.out)["diagnostics"]
    assert said["code"] == "MG609"
    assert "HTTPError: 429 Too Many Requests" in said["message"]
    assert "\x1b" not in said["message"]
    assert len(busy.uploads) == 5
    assert not busy.taken


def test_an_upload_that_is_refused_is_not_repeated(
    terminal: Terminal, project: Path, busy: Busy
) -> None:
    terminal.go(project)
    busy.uploads = [403] * 2
    done = terminal.mcpgen("publish", "client", "--repository-url", busy.url)
    assert done.code == 2
    assert "HTTPError: 403 Forbidden" in done.err
    assert len(busy.uploads) == 1


def test_attestations_go_with_their_files(
    terminal: Terminal, project: Path, busy: Busy, tmp_path: Path
) -> None:
    terminal.go(project)
    folder = tmp_path / "dist"
    folder.mkdir()
    for name in FILES:
        statement = json.dumps({"version": 1, "about": name})
        (folder / f"{name}.publish.attestation").write_text(statement)
    publishing = ("publish", "client", "--repository-url", busy.url)
    done = terminal.mcpgen(*publishing, "--attestations", str(folder))
    assert (done.code, done.err) == (0, "")
    assert {
        name: [each["about"] for each in attested]
        for name, attested in busy.taken.items()
    } == {name: [name] for name in FILES}


def test_a_file_without_its_attestation_is_not_uploaded(
    terminal: Terminal, project: Path, busy: Busy, tmp_path: Path
) -> None:
    terminal.go(project)
    publishing = ("publish", "client", "--repository-url", busy.url, "--dry-run")
    done = terminal.mcpgen(*publishing, "--attestations", str(tmp_path))
    assert done.code == 2
    assert "error[MG605]: there is no attestation of weather_client-0.1.0" in done.err
    assert not busy.taken
