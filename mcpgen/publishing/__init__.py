"""Generated packages on their way to others: clients built, judged and put on an index,
servers as bundles for hosts.

The last stage after `generate`: it reads what that wrote and changes nothing of it.
"""

from .bundle import Bundle, build_bundle
from .distributions import Distribution, build, build_runtime
from .upload import Index, publish

__all__ = [
    "Bundle",
    "Distribution",
    "Index",
    "build",
    "build_bundle",
    "build_runtime",
    "publish",
]
