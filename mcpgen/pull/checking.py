"""From a server's lists to a checked manifest.

Middle of the pull stage. Entries that cannot be used are left out and reported.
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from mcpgen.diagnostics import MCPGenError
from mcpgen.manifest import loads
from mcpgen.manifest.publishing import ENDPOINT
from mcpgen.manifest.words import SECTIONS
from mcpgen.runtime.client.errors import is_web_url
from mcpgen.runtime.client.incoming import is_object
from mcpgen.runtime.client.transports.stdio import split

if TYPE_CHECKING:
    from mcpgen.manifest import Eras, Manifest

    from .live import ServerContents

_NOT_IN_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_INFO: Final = frozenset(
    {"name", "version", "title", "description", "websiteUrl", "icons"}
)
_FIRST: Final = ("uri", "uriTemplate", "name", "title", "description")
_SECRET: Final = re.compile(
    # An option: --api-key, --clientSecret=..., --db-pass, -H and --header with any value.
    r"^--?[\w-]*(key|token|secret|passw(or)?d|passphrase|pwd|credentials?|bearer)(=|$)"
    r"|^--?(\w+[-_])*(pass|pat|auth|sig|signature)(=|$)|^(?-i:-H)|^--headers?(=|$)"
    # A value by its name: API_KEY=..., ?token=..., Password=..., {"apiKey": ...}
    r"|(^-?\w*|[?&;,={\s][\"']?[\w-]*)"
    r"(key|token|secret|pass\w*|pwd|auth|credential|bearer|sig|(?<![^\W_])pat(?![^\W_]))"
    r"\w*[\"']?\s*="
    r"|[\"'][\w-]*(key|token|secret|pass\w*|pwd|auth\w*)[\"']\s*:"
    r"|^(authorization|cookie|[\w-]*(key|token|secret)):|(^|[=:\s])(bearer|basic) "
    # A value by its form: a user in a URL, prefixes of well-known kinds of tokens.
    r"|://[^/@]+@|(^|[=:\s])(sk-|[sr]k_(live|test)_"
    r"|(gh[opsur]|xox[a-z]|github_pat|glpat)[-_]"
    r"|(?-i:AKIA|ASIA|AIza|eyJ|hf_|ya29\.))",
    re.IGNORECASE,
)
"""Words of a command that announce a credential, or look like one."""
FALLBACK: Final = "server"
SHOWN: Final = "server.json"


def manifest_of(contents: ServerContents, *, eras: Eras | None = None) -> Manifest:
    """The manifest that a server's lists make; its `notes` say what was left out.

    Raises:
        MCPGenError: Nothing of it can be used.
    """
    document = json.dumps(_document(contents), ensure_ascii=False)
    made = loads(document, SHOWN, eras=eras)
    # The places are those of a text that nobody has.
    notes = tuple(dataclasses.replace(note, span=None) for note in made.notes)
    return dataclasses.replace(made, notes=notes)


def endpoint(url: str) -> str | None:
    """A URL as manifests may have it: without credentials, query and fragment.

    None where the rest is not plain enough to stand in a README.
    """
    if not is_web_url(url):
        return None
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    plain = urlunsplit((parts.scheme.lower(), host, parts.path, "", ""))
    return plain if re.fullmatch(ENDPOINT, plain) else None


def startable(command: str | None) -> tuple[str, ...]:
    """A command as manifests may have it: none with what looks like a secret."""
    words = tuple(words_of(command)) if command else ()
    return () if any(map(_SECRET.search, words)) else words


def words_of(command: str) -> list[str]:
    """The words of a command line.

    Raises:
        MCPGenError: It can't be read (MG701).
    """
    try:
        return split(command)
    except ValueError as error:
        raise MCPGenError.of("MG701", str(error)) from None


def name_for(contents: ServerContents) -> str:
    """A project's name after the server's own."""
    name = _NOT_IN_NAME.sub("-", str(contents.facts.info.get("name", "")))
    name = re.sub(r"^[^A-Za-z]+", "", name).strip("-._")[:100]
    return name or FALLBACK


def _document(contents: ServerContents) -> dict[str, Any]:
    info = {
        key: value
        for key, value in contents.facts.info.items()
        if key in _INFO and value is not None
    }
    document: dict[str, Any] = {"serverInfo": info}
    if contents.facts.instructions:
        document["instructions"] = contents.facts.instructions
    sections = {
        section: [_in_order(entry) for entry in contents.lists.get(section, [])]
        for section in SECTIONS
    }
    return {**document, **{k: v for k, v in sections.items() if v or k == "tools"}}


def _in_order(entry: Any) -> Any:
    """An entry with its well-known keys in the order in which people read them."""
    if not is_object(entry):
        return entry
    first: dict[str, Any] = {key: entry[key] for key in _FIRST if key in entry}
    return {**first, **{k: v for k, v in entry.items() if k not in first}}
