"""A live server to a manifest: what it lists, read, checked and written down.

    contents = pull.read(pull.Source(url=url))     # or a command
    pulled = pull.manifest_of(contents)            # checked; bad entries left out
    manifest = pull.updated(old, pulled)           # comments and own keys survive

Servers are untrusted: what they send is data, bounded, and never a path, a URL that is
fetched, or code.
"""

from .checking import endpoint, manifest_of, name_for, startable
from .live import ServerContents
from .merging import key_of
from .rewriting import changed, updated
from .source import Source, read
from .writing import put

__all__ = [
    "ServerContents",
    "Source",
    "changed",
    "endpoint",
    "key_of",
    "manifest_of",
    "name_for",
    "put",
    "read",
    "startable",
    "updated",
]
