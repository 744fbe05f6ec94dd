"""Who is asking, and what scopes include."""

from __future__ import annotations

import pytest

from mcpgen.runtime.server.features.auth.scopes import Implications
from mcpgen.runtime.server.principal import Principal


class TestImplications:
    rules = Implications(["admin=write+audit", "write=read", "read=write"])

    def test_scopes_include_others_all_the_way_round(self) -> None:
        closed = self.rules.close(frozenset({"admin", "x"}))

        assert closed == {"admin", "write", "audit", "read", "x"}

    def test_a_principal_is_extended_once_and_keeps_the_rest(self) -> None:
        claims = {"team": "blue"}
        ann = Principal("ann", "https://as", "app", frozenset({"admin"}), claims, 7.0)

        extended = self.rules.extend(ann)

        assert self.rules.extend(ann) is extended
        assert extended.scopes == {"admin", "write", "audit", "read"}
        assert (extended.key, extended.claims, extended.expires) == (
            ann.key,
            claims,
            7.0,
        )
        assert ann.scopes == {"admin"}

    def test_principals_never_get_each_other_s_scopes(self) -> None:
        rules = Implications(["a=b"])
        for number in range(5_000):
            scopes = frozenset({"a" if number % 2 else "c"})
            made = rules.extend(Principal(str(number), scopes=scopes))

            assert made.subject == str(number)
            assert made.scopes == ({"a", "b"} if number % 2 else {"c"})

    @pytest.mark.parametrize("entry", ["a", "a=", "=b", "a=b+", "a=+b"])
    def test_what_is_no_rule_is_said(self, entry: str) -> None:
        with pytest.raises(ValueError, match="auth_implies"):
            Implications([entry])
