"""Servers in the files of hosts: the entry, what changes, how it is undone.

    change = hosts.install(target, entry)   # or None: it is there already
    hosts.write(change)

Knows the hosts' files and none of the project's. Nothing is printed or asked here.
"""

from .changes import Change, Target, install, undo, without_values, write
from .entries import check, command, http, stdio
from .table import HOSTS, Host, Scope

__all__ = [
    "HOSTS",
    "Change",
    "Host",
    "Scope",
    "Target",
    "check",
    "command",
    "http",
    "install",
    "stdio",
    "undo",
    "without_values",
    "write",
]
