"""Whose word about the client's address, scheme and host counts."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from mcpgen.runtime.server.transports.http.proxies import Proxies, Seen

PROXY = "10.1.2.3"
TRUSTED = ("10.0.0.0/8", "2001:db8::/32")


def headers(*pairs: tuple[str, str]) -> CIMultiDict[str]:
    return CIMultiDict([("Host", "inside:8000"), *pairs])


FORGED = headers(
    ("X-Forwarded-For", "203.0.113.9"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "mcp.example.com"),
)


def test_nobody_is_believed_by_default() -> None:
    seen = Proxies(()).seen(FORGED, "http", PROXY)

    assert seen == Seen("http", "inside:8000", PROXY)


def test_a_stranger_is_not_believed() -> None:
    seen = Proxies(TRUSTED).seen(FORGED, "http", "198.51.100.1")

    assert seen == Seen("http", "inside:8000", "198.51.100.1")


@pytest.mark.parametrize("proxy", [PROXY, "2001:db8::1", "::ffff:10.1.2.3"])
def test_a_trusted_proxy_tells_scheme_host_and_address(proxy: str) -> None:
    seen = Proxies(TRUSTED).seen(FORGED, "http", proxy)

    assert seen == Seen("https", "mcp.example.com", "203.0.113.9")


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        (["203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        (["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
        (["1.2.3.4", "203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        (["203.0.113.9:4711"], "203.0.113.9"),
        (["[2a00::1]:4711"], "2a00::1"),
        (["10.9.9.9"], "10.9.9.9"),
        (["203.0.113.9, unknown"], PROXY),
        (["203.0.113.9, nonsense, 10.9.9.9"], "10.9.9.9"),
        ([""], PROXY),
        ([], PROXY),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(
    lines: list[str], client: str
) -> None:
    told = headers(*(("X-Forwarded-For", line) for line in lines))

    assert Proxies(TRUSTED).client(told, PROXY) == client
    assert Proxies(TRUSTED).seen(told, "http", PROXY).remote == client


@pytest.mark.parametrize(
    "host", ["evil.example/?", "a b", "x@evil", "evil\\", "", "a:b", "<script>"]
)
def test_what_is_no_host_is_not_told_on(host: str) -> None:
    told = headers(("X-Forwarded-Host", host))

    assert Proxies(TRUSTED).seen(told, "http", PROXY).host == "inside:8000"


def test_two_host_headers_are_none() -> None:
    told = headers(("Host", "other"))

    assert Proxies(()).seen(told, "http", None).host is None


@pytest.mark.parametrize("scheme", ["javascript", "", "HTTPS "])
def test_a_scheme_is_http_or_https(scheme: str) -> None:
    told = headers(("X-Forwarded-Proto", scheme))

    expected = "https" if scheme.strip() else "http"
    if scheme == "javascript":
        expected = "http"
    assert Proxies(TRUSTED).seen(told, "http", PROXY).scheme == expected


class TestForwarded:
    """The header of RFC 7239, when that is what proxies write."""

    proxies = Proxies(TRUSTED, "forwarded")

    def test_it_tells_the_same(self) -> None:
        told = headers(
            ("Forwarded", "for=1.2.3.4"),
            ("Forwarded", 'For="[2a00::1]:80";Proto=https;Host=mcp.example.com'),
        )

        seen = self.proxies.seen(told, "http", PROXY)

        assert seen == Seen("https", "mcp.example.com", "2a00::1")

    def test_a_hidden_client_is_its_proxy(self) -> None:
        told = headers(("Forwarded", "for=_hidden;proto=https"))

        assert self.proxies.client(told, PROXY) == PROXY

    def test_the_kind_that_is_not_chosen_says_nothing(self) -> None:
        both = headers(("X-Forwarded-For", "1.1.1.1"), ("Forwarded", "for=2.2.2.2"))

        assert self.proxies.client(both, PROXY) == "2.2.2.2"
        assert Proxies(TRUSTED).client(both, PROXY) == "1.1.1.1"


def test_a_setting_that_names_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="trusted_proxies: 'nginx'"):
        Proxies(["nginx"])
