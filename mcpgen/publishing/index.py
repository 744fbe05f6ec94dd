"""What a package index has of a project (the simple repository API).

https://packaging.python.org/en/latest/specifications/simple-repository-api/
Answers come from the network: they are bounded, and only file names are read.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote, urlsplit

from mcpgen.diagnostics import MCPGenError, Span

SECONDS: Final = 30
_LARGEST: Final = 64 * 1024 * 1024
_ACCEPTED: Final = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


def versions(index: str, name: str) -> set[str]:
    """The versions of a distribution that an index has.

    Args:
        index: The URL of its simple API.
        name: The distribution's name.

    Raises:
        MCPGenError: MG608, the index can't be asked.
    """
    from packaging.utils import canonicalize_name

    url = f"{index.rstrip('/')}/{canonicalize_name(name)}/"
    if urlsplit(url).scheme not in ("http", "https"):
        raise MCPGenError.of("MG608", "is no http or https URL", span=Span(index))
    # Its scheme was looked at.
    request = urllib.request.Request(url, headers={"Accept": _ACCEPTED})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            body = answer.read(_LARGEST)
            is_json = "json" in answer.headers.get("Content-Type", "")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return set()
        raise _unusable(url, f"answers HTTP {error.code}") from None
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise _unusable(url, f"can't be reached: {reason}") from None
    try:
        names = list(_from_json(body) if is_json else _from_html(body))
    except ValueError:
        raise _unusable(url, "does not answer as an index does") from None
    return set(_versions(names))


def _unusable(url: str, problem: str) -> MCPGenError:
    hint = "name its simple API with --index-url"
    return MCPGenError.of("MG608", problem, span=Span(url), hint=hint)


def _from_json(body: bytes) -> Iterator[str]:
    match json.loads(body):
        case {"files": [*files]}:
            for file in files:
                match file:
                    case {"filename": str(name)}:
                        yield name
                    case _:
                        pass
        case _:
            raise ValueError("not a list of files")


class _Links(HTMLParser):
    """The file names that a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        target = dict(attrs).get("href") if tag == "a" else None
        if target:
            self.names.append(unquote(urlsplit(target).path).rpartition("/")[2])


def _from_html(body: bytes) -> Iterator[str]:
    page = _Links()
    page.feed(body.decode("utf-8", "replace"))
    yield from page.names


def _versions(names: list[str]) -> Iterator[str]:
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    for name in names:
        try:
            if name.endswith(".whl"):
                yield str(parse_wheel_filename(name)[1])
            else:
                yield str(parse_sdist_filename(name)[1])
        except (InvalidSdistFilename, InvalidWheelFilename):
            continue
