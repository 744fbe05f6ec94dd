"""The generated client on its way to others: built, judged, and put on an index.

The last stage after `generate`: it reads what that wrote and changes nothing of it.
"""

from .distributions import Distribution, build, build_runtime
from .upload import Index, publish

__all__ = ["Distribution", "Index", "build", "build_runtime", "publish"]
