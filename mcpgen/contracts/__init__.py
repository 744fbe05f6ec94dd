"""Contracts: what callers depend on, and what a change of it does to them.

    old, new = (contracts.from_manifest(manifest.load(path)) for path in paths)
    changes = contracts.compare(old, new)      # changes.is_safe, changes.next_version

Knows manifests and names; knows nothing of templates, files that are written, or how
anything is printed.
"""

from .changes import Change, Changes
from .comparison import compare
from .contract import (
    PARTIAL,
    Contract,
    NotAContract,
    client_version,
    filled,
    from_json,
    from_manifest,
    of_client,
    to_json,
)
from .rules import RULES, Level, Rule, Step
from .versions import next_version, parse, suffices

__all__ = [
    "PARTIAL",
    "RULES",
    "Change",
    "Changes",
    "Contract",
    "Level",
    "NotAContract",
    "Rule",
    "Step",
    "client_version",
    "compare",
    "filled",
    "from_json",
    "from_manifest",
    "next_version",
    "of_client",
    "parse",
    "suffices",
    "to_json",
]
