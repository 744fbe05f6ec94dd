"""What mcpgen reports about its input: place, code, message, hint.

The lowest layer: every stage may import it, it imports no other stage. Each code
stands once in `CATALOGUE`; `tests/diagnostics/<CODE>-<slug>/` shows it at work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mcpgen.printable import one_line, without_passwords


class Severity(StrEnum):
    """How much a diagnostic matters: an error stops the command, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in an input file. Lines and columns count from 1; None is unknown."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, for a person: `file:line:column: error[CODE]: message` and a hint.

    Attributes:
        code: Its entry in the catalogue.
        message: One line.
        span: Where it was found.
        hint: What to do; one line.
        details: Output of a program that was run; may have several lines.
    """

    code: str
    message: str
    span: Span | None = None
    hint: str | None = None
    details: str | None = None

    @property
    def severity(self) -> Severity:
        """The severity that the catalogue gives to this code."""
        return CATALOGUE[self.code].severity

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span else ""
        lines = [f"{place}{self.severity}[{self.code}]: {self.message}"]
        lines += [f"    | {line}" for line in (self.details or "").splitlines()]
        lines += [f"    hint: {self.hint}"] if self.hint else []
        return "\n".join(map(one_line, lines))

    def to_json(self) -> dict[str, str | int | None]:
        """The same finding for programs, as `--json` prints it."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "message": without_passwords(
                f"{self.message}:\n{self.details}" if self.details else self.message
            ),
            "file": without_passwords(self.span.file) if self.span else None,
            "line": self.span.line if self.span else None,
            "column": self.span.column if self.span else None,
            "hint": self.hint and without_passwords(self.hint),
        }


@dataclass(frozen=True, slots=True)
class Code:
    """An entry of the catalogue: the severity and one sentence that says what is wrong."""

    severity: Severity
    meaning: str


class MCPGenError(Exception):
    """The command can't be done; carries every diagnostic that was collected."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))

    @classmethod
    def of(
        cls,
        code: str,
        message: str,
        *,
        span: Span | None = None,
        hint: str | None = None,
        details: str | None = None,
    ) -> MCPGenError:
        """An error with a single diagnostic."""
        return cls([Diagnostic(code, message, span, hint, details)])


class Collector:
    """Gathers diagnostics so that a user sees all of them at once."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def add(
        self,
        code: str,
        message: str,
        *,
        span: Span | None = None,
        hint: str | None = None,
    ) -> None:
        """Note one finding."""
        self._found.append(Diagnostic(code, message, span, hint))

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Note several findings."""
        self._found.extend(diagnostics)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._found)

    @property
    def errors(self) -> list[Diagnostic]:
        """The findings that stop the command."""
        return [d for d in self._found if d.severity is Severity.ERROR]

    def raise_errors(self) -> None:
        """Raise `MCPGenError` with everything found, if any of it is an error."""
        if self.errors:
            raise MCPGenError(self._found)


_E: Final = Severity.ERROR
_W: Final = Severity.WARNING

CATALOGUE: Final[dict[str, Code]] = {
    "MG001": Code(_E, "There is no such file."),
    "MG002": Code(_E, "A folder or a device is where a manifest should be."),
    "MG003": Code(_E, "The system does not let a manifest be read."),
    "MG004": Code(_E, "A file is too large."),
    "MG005": Code(_E, "A file is not UTF-8 text."),
    "MG006": Code(_E, "A file has no content."),
    "MG007": Code(_E, "A file is not YAML, JSON or TOML by its name."),
    "MG010": Code(_E, "A text is not valid YAML."),
    "MG011": Code(_E, "A text is not valid JSON."),
    "MG012": Code(_E, "A text is not valid TOML."),
    "MG013": Code(_E, "A key is twice in one mapping."),
    "MG014": Code(_E, "YAML tags are not allowed."),
    "MG015": Code(_E, "YAML merge keys are not allowed."),
    "MG016": Code(_E, "A file has more than one YAML document."),
    "MG017": Code(_E, "A YAML alias repeats itself, nothing, or too much."),
    "MG018": Code(_E, "A key in YAML is not text."),
    "MG019": Code(_E, "A value has no form in JSON."),
    "MG020": Code(_E, "A document is nested too deeply."),
    "MG021": Code(_E, "A text is not valid Unicode."),
    "MG101": Code(_E, "A manifest is not a mapping."),
    "MG102": Code(_E, "A document is neither a manifest nor a list result."),
    "MG103": Code(_E, "The version of the manifest's format is not known."),
    "MG104": Code(_E, "A key is not known."),
    "MG105": Code(_E, "A required key is missing."),
    "MG106": Code(_E, "A value has the wrong type."),
    "MG107": Code(_E, "A value is not allowed."),
    "MG108": Code(_E, "A JSON-RPC message has no result."),
    "MG109": Code(_E, "`extra` has a key that belongs beside it."),
    "MG110": Code(_E, "`protocol` names an unknown revision."),
    "MG111": Code(_E, "A manifest requires another mcpgen."),
    "MG112": Code(_E, "`transports` lists `sse` without what it needs."),
    "MG201": Code(_E, "A name or URI is taken already."),
    "MG202": Code(_E, "A name is empty."),
    "MG203": Code(_E, "A name or URI is too long."),
    "MG204": Code(_E, "`x-mcp-header` breaks a rule of the specification."),
    "MG206": Code(_E, "A name has a control character."),
    "MG207": Code(_E, "A URI is not absolute or has a character that it can't."),
    "MG208": Code(_E, "A URI template is malformed."),
    "MG210": Code(_E, "`complete` names a variable that the template does not have."),
    "MG211": Code(_E, "A text is too long."),
    "MG240": Code(_E, "No package can be named after the project."),
    "MG241": Code(_E, "A definition is nested too deep for one Python literal."),
    "MG301": Code(_E, "An `inputSchema` is not of type object."),
    "MG302": Code(_E, "A JSON Schema is not valid in its dialect."),
    "MG303": Code(_E, "The dialect of a JSON Schema is not known."),
    "MG304": Code(_E, "A `$ref` leads out of its JSON Schema."),
    "MG305": Code(_E, "A JSON Schema is nested too deeply."),
    "MG306": Code(_E, "A JSON Schema has too many values."),
    "MG307": Code(_E, "An enum has too many values."),
    "MG308": Code(_E, "A JSON Schema can't be used by the validator."),
    "MG309": Code(_E, "A pattern is not a regular expression that can be used."),
    "MG310": Code(_E, "A `$ref` leads nowhere."),
    "MG401": Code(_E, "There is no project in this folder, nor above it."),
    "MG402": Code(_E, "A folder has several manifests."),
    "MG403": Code(_E, "A lock file is damaged."),
    "MG404": Code(_E, "A lock file has conflict markers of a merge."),
    "MG405": Code(_E, "A lock file has a format that this mcpgen does not read."),
    "MG406": Code(_E, "A lock file names a path that can't be a project's."),
    "MG407": Code(_E, "A generated file was edited by hand."),
    "MG408": Code(_E, "A file is where a generated one belongs."),
    "MG409": Code(_E, "A link, a folder or a device is where a file belongs."),
    "MG410": Code(_E, "A new project goes into an empty folder, or a new one."),
    "MG411": Code(_E, "The system does not let a file be read or written."),
    "MG412": Code(_E, "Another mcpgen is writing into the same project."),
    "MG413": Code(_E, "A project can't have this name or folder."),
    "MG414": Code(_W, "A handler is missing."),
    "MG415": Code(_W, "A handler answers nothing that the manifest has."),
    "MG416": Code(_W, "A handler has other types than the service."),
    "MG417": Code(_W, "A file of the user's is not Python."),
    "MG418": Code(_E, "Stubs can't be put where they belong."),
    "MG419": Code(_E, "A version does not tell how much the contract changed."),
    "MG420": Code(_E, "A name means no manifest that could be compared."),
    "MG421": Code(_E, "There is no rule of that name."),
    "MG422": Code(_W, "Other users can write to the cache, so it is not used."),
    "MG424": Code(_W, "Which contract callers have is not recorded."),
    "MG425": Code(_E, "No release can be read from what was named."),
    "MG430": Code(_W, "An `inputSchema` has no `properties`."),
    "MG431": Code(_E, "The manifest has an entry of that name already."),
    "MG432": Code(_E, "A changed name renames packages."),
    "MG433": Code(_W, "A file names a package that was renamed."),
    "MG434": Code(_E, "A newer mcpgen generated the project."),
    "MG435": Code(_W, "A test calls a method that the client does not have."),
    "MG436": Code(_W, "A file of yours lacks what the generated server needs."),
    "MG437": Code(_W, "Dependencies of a server can't be compared."),
    "MG438": Code(_W, "Packages have an older version of the runtime."),
    "MG439": Code(_W, "A file of yours imports a name from a former place."),
    "MG440": Code(_E, "A host's file has another entry of that name."),
    "MG441": Code(_E, "An entry of a host's file is not the one that was installed."),
    "MG442": Code(_E, "A host could not start the server."),
    "MG443": Code(_E, "A host's file changed in the meantime."),
    "MG444": Code(_E, "A change needs a confirmation, and there is no terminal."),
    "MG445": Code(_E, "The server does not serve the transport that is wanted."),
    "MG501": Code(_E, "There is no protocol revision of that name."),
    "MG502": Code(_E, "A pinned protocol schema is not the file that was pinned."),
    "MG503": Code(_E, "A correction of a protocol schema asserts what is not there."),
    "MG504": Code(_E, "A file is not a schema of the Model Context Protocol."),
    "MG505": Code(_E, "A revision is known with another schema already."),
    "MG506": Code(_E, "A schema file does not tell which revision it defines."),
    "MG507": Code(_E, "The list of added schemas is damaged."),
    "MG508": Code(_W, "A revision has what the runtime does not act on."),
    "MG509": Code(_E, "Other users can write to the folder of added schemas."),
    "MG601": Code(_E, "A library of an extra is not installed."),
    "MG602": Code(_E, "A project is not up to date."),
    "MG603": Code(_E, "A project lacks the half that is wanted."),
    "MG604": Code(_E, "A package or bundle can't be built."),
    "MG605": Code(_E, "A client is not fit for a package index."),
    "MG606": Code(_E, "Files of a project are not committed."),
    "MG607": Code(_E, "A version is published already."),
    "MG608": Code(_E, "A package index can't be asked."),
    "MG609": Code(_E, "A package index did not take an upload."),
    "MG610": Code(_E, "The version bump is too small for what the index has."),
    "MG611": Code(_E, "The index has a release that the project does not know."),
    "MG612": Code(_E, "The index lacks the runtime that a client depends on."),
    "MG701": Code(_E, "A live server can't be read."),
    "MG702": Code(_W, "Something that a server lists can't be used."),
    "MG703": Code(_E, "A manifest can't be brought up to date in place."),
    "MG704": Code(_W, "A mistake in a list result was corrected."),
    "MG705": Code(_W, "A command with a credential is not recorded."),
    "MG901": Code(_W, "A description is missing."),
    "MG902": Code(_W, "A description says hardly anything."),
    "MG903": Code(_W, "A name has characters outside the recommended ones."),
    "MG904": Code(_W, "A name is longer than recommended."),
    "MG905": Code(_W, "A `default` is refused by its own schema."),
    "MG906": Code(_W, "A property has no type."),
    "MG907": Code(_W, "A required name is no property."),
    "MG908": Code(_W, "A pattern that is not in use can't be compiled."),
    "MG909": Code(_W, "A tool is both read-only and destructive."),
    "MG910": Code(_W, "Two tools have the same description."),
    "MG911": Code(_W, "A list result has further pages."),
    "MG912": Code(_W, "Arguments have no description."),
    "MG913": Code(_W, "Scopes are asked for, but nobody authenticates."),
    "MG914": Code(_W, "A tool can only be called as a task."),
    "MG915": Code(_W, "An unknown keyword is close to a known one."),
    "MG916": Code(_W, "A key of a JSON Schema has no value."),
    "MG917": Code(_W, "A keyword does not apply to the schema's type."),
    "MG918": Code(_W, "`nullable` is not a keyword of JSON Schema."),
    "MG919": Code(_W, "A JSON Schema contradicts itself."),
    "MG920": Code(_W, "A keyword beside `$ref` is ignored."),
    "MG921": Code(_W, "A `format` is unknown."),
    "MG922": Code(_W, "An enum is too long for a `Literal`."),
    "MG923": Code(_W, "A pattern is not ECMA-262."),
    "MG311": Code(_E, "A `$ref` leads out of its JSON Schema or nowhere."),
    "MG312": Code(_E, "A JSON Schema is too large or too deep."),
    "MG313": Code(_W, "A type says less than a part of a JSON Schema does."),
}
"""Every code: MG0xx files, MG1xx the manifest's shape, MG2xx tools, prompts and
resources, MG3xx JSON Schemas and models, MG4xx the project's files, MG5xx protocol
revisions, MG6xx publishing, MG7xx other people's servers, MG9xx lint."""
