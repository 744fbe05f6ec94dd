"""Names of request headers, in the form that needs no folding at each look-up."""

from __future__ import annotations

from typing import Final

from multidict import istr

from ....core import headers

PROTOCOL_VERSION: Final = istr(headers.PROTOCOL_VERSION)
METHOD: Final = istr(headers.METHOD)
NAME: Final = istr(headers.NAME)
SESSION_ID: Final = istr(headers.SESSION_ID)
LAST_EVENT_ID: Final = istr("Last-Event-ID")
