"""What a package index has of a project (the simple repository API).

https://packaging.python.org/en/latest/specifications/simple-repository-api/
Answers come from the network: they are bounded. Of a wheel, only what a contract is made
from is read; nothing of it is run.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urljoin, urlsplit

from mcpgen import disk
from mcpgen.diagnostics import MCPGenError, Span

from . import retries

if TYPE_CHECKING:
    from packaging.version import Version

SECONDS: Final = 30
_LARGEST: Final = 64 * 1024 * 1024
_ACCEPTED: Final = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


class Listed(str):
    """The name of a file that an index has.

    Attributes:
        url: Where it is.
        is_yanked: Whether nobody is to install it any more.
    """

    url: str
    is_yanked: bool

    def __new__(cls, name: str, url: str = "", *, is_yanked: bool = False) -> Listed:
        """Make it of the file's name."""
        made = super().__new__(cls, name)
        made.url, made.is_yanked = url, is_yanked
        return made


def files(index: str, name: str) -> list[Listed]:
    """The files of a distribution that an index has.

    Args:
        index: The URL of its simple API.
        name: The distribution's name.

    Raises:
        MCPGenError: MG608, the index can't be asked.
    """
    from packaging.utils import canonicalize_name

    url = f"{index.rstrip('/')}/{canonicalize_name(name)}/"
    found = _get(url, {"Accept": _ACCEPTED}, Span(index))
    if found is None:
        return []
    body, is_json = found
    try:
        listed = list(_from_json(body) if is_json else _from_html(body))
    except ValueError:
        raise _unusable(url, "does not answer as an index does") from None
    return [
        Listed(file, urljoin(url, file.url), is_yanked=file.is_yanked)
        for file in listed
    ]


def versions(index: str, name: str) -> set[str]:
    """The versions of a distribution that an index has; raises as `files` does."""
    return set(_versions(files(index, name)))


def has_version(listed: Iterable[str], version: str) -> bool:
    """Whether one of some files is of a version."""
    return version in _versions(listed)


def newest_wheel(listed: Iterable[Listed], below: str) -> Listed | None:
    """The wheel of the newest version below another one; None where there is none."""
    from packaging.version import Version

    wheels = [
        (version, file)
        for file in listed
        if file.endswith(".whl") and file.url and not file.is_yanked
        if (version := _version(file)) and version < Version(below)
    ]
    return max(wheels, key=lambda pair: pair[0])[1] if wheels else None


def fetch(file: Listed, folder: Path) -> Path:
    """Download a file into a folder.

    Raises:
        MCPGenError: MG608, it can't be had.
    """
    found = _get(file.url, {}, Span(file.url))
    if found is None:
        raise _unusable(file.url, "answers HTTP 404")
    target = folder / Path(file).name
    disk.put(target, found[0], root=folder, sync=False)
    return target


def _get(url: str, headers: dict[str, str], place: Span) -> tuple[bytes, bool] | None:
    """What stands at a URL, and whether it is JSON; None where nothing does."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        raise MCPGenError.of("MG608", "is no http or https URL", span=place)
    # Its scheme was looked at.
    request = urllib.request.Request(url, headers=headers)  # noqa: S310
    failed = 0
    while True:
        try:
            return _ask(request)
        except urllib.error.HTTPError as error:
            failed += 1
            if error.code == 404:
                return None
            if error.code not in retries.BUSY or failed == retries.TRIES:
                raise _unusable(url, _answered(error.code, failed)) from None
            retries.pause(failed, error.headers.get("Retry-After"))
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise _unusable(url, f"can't be reached: {reason}") from None


def _ask(request: urllib.request.Request) -> tuple[bytes, bool]:
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        return answer.read(_LARGEST), "json" in answer.headers.get("Content-Type", "")


def _answered(status: int, times: int) -> str:
    often = f", {times} times" if times > 1 else ""
    return f"answers HTTP {status}{often}"


def _unusable(url: str, problem: str) -> MCPGenError:
    hint = "name its simple API with --index-url"
    return MCPGenError.of("MG608", problem, span=Span(url), hint=hint)


def _from_json(body: bytes) -> Iterator[Listed]:
    match json.loads(body):
        case {"files": [*files]}:
            for file in files:
                match file:
                    case {"filename": str(name)}:
                        url = str(file.get("url", ""))
                        yield Listed(name, url, is_yanked=bool(file.get("yanked")))
                    case _:
                        pass
        case _:
            raise ValueError("not a list of files")


class _Links(HTMLParser):
    """The files that a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[Listed] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        given = dict(attrs)
        target = given.get("href") if tag == "a" else None
        if target:
            name = unquote(urlsplit(target).path).rpartition("/")[2]
            self.files.append(Listed(name, target, is_yanked="data-yanked" in given))


def _from_html(body: bytes) -> Iterator[Listed]:
    page = _Links()
    page.feed(body.decode("utf-8", "replace"))
    yield from page.files


def _versions(names: Iterable[str]) -> Iterator[str]:
    yield from (str(found) for name in names if (found := _version(name)))


def _version(name: str) -> Version | None:
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        if name.endswith(".whl"):
            return parse_wheel_filename(name)[1]
        return parse_sdist_filename(name)[1]
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None
