"""What the specification requires, as data, and the tests that prove it.

One list per revision and side (`2026-07-28-server.toml`): each requirement has an id,
the places of the specification that state it, the behaviour in our words, and either
the tests that prove it or the reason why it can't bind generated code. A test says
which requirements it proves with `@requirement("2026-07-28/server/...")`;
`test_lists.py` compares both ways. Lists of older revisions hold what 2025-11-25 says
differently or no more.

A place is `page#section numbers`: the numbers count the words MUST and MUST NOT of the
section, as `sections.toml` does for the whole specification. So none is forgotten, and
`python -m tests.requirements CHECKOUT/docs/specification` counts anew.
"""

from __future__ import annotations

import pytest


def requirement(*ids: str) -> pytest.MarkDecorator:
    """Say which requirements a test proves: `revision/side/name`."""
    return pytest.mark.requirement(*ids)
