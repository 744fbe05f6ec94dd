"""A server with a feature that has settings, as a program."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from mcpgen.runtime.server import Section, main

from ..workshop import Workshop
from .audit import Audit


@dataclass(frozen=True, kw_only=True)
class AuditSettings(Section):
    """The settings of `Audit`."""

    title: ClassVar[str] = "Audit"

    audit_most: Annotated[int, "calls of one tool"] = 1_000
    audit_log: Annotated[str, "where calls are written; empty: nowhere"] = ""


class AuditWithSettings(Audit):
    """`Audit`, as the settings say."""

    settings = AuditSettings

    def configure(self, settings: Any) -> None:
        self.most = settings.audit_most


if __name__ == "__main__":
    sys.exit(main(Workshop, features=[AuditWithSettings()]))
