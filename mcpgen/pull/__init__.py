"""A live server to a manifest: what it lists, read, checked and written down.

    told = await live.read(await http.open(url))        # or stdio
    pulled = pull.manifest_of(told)                     # checked; bad entries left out
    manifest = pull.updated(old, pulled)                # comments and own keys survive

Servers are strangers: what they say is data, bounded, and never a path, a URL that is
fetched, or code.
"""

from .checking import endpoint, manifest_of, name_for, startable
from .live import Told
from .merging import key_of
from .rewriting import changed, updated
from .source import Source, read
from .writing import put

__all__ = [
    "Source",
    "Told",
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
