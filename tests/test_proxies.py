"""Which addresses go through a proxy."""

import os
from unittest import mock

import pytest
import requests.utils
from hypothesis import example, given
from hypothesis import strategies as st

from studio_tui.addresses import address
from studio_tui.proxies import bypasses_proxy, proxies_from

PROXY = "http://proxy.example.com:3128"

HOSTS = ("studio.example.com", "studio", "10.1.2.3", "notexample.com", "192.168.0.77")
ENTRIES = (
    *HOSTS,
    "example.com",
    ".example.com",
    "EXAMPLE.com",
    "10.0.0.0/8",
    "10.1.2.3/8",
    "10.1.2.0/24",
    "192.168.0.0/16",
    "10.0.0.0/33",
    "10.0.0.0/x",
    "*",
    "2.3",
    ".3",
    "",
    " ",
)


@pytest.mark.parametrize(
    ("url", "no_proxy", "uses_proxy"),
    [
        ("https://studio.example.com", "", True),
        ("https://studio.example.com", "*", False),
        ("https://localhost:8443", "", False),
        ("http://127.0.0.1:8000", "", False),
        ("https://10.1.2.3", "10.0.0.0/8", False),
        ("https://10.1.2.3", "10.1.2.3/8", False),
        ("https://11.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.0.0.0/33", True),
        ("https://10.1.2.3:8443", "10.1.2.3:8443", False),
        ("https://10.1.2.3:8443", "10.1.2.3:9443", True),
        ("https://studio.example.com:8443", "studio.example.com:8443", False),
        ("https://studio.example.com:8443", ".example.com:8443", False),
        ("https://studio.example.com:8443", "example.com:9443", True),
        ("https://studio.example.com", "example.com:443", False),
        ("https://studio.example.com", "example.com:8443", True),
        ("https://studio.example.com", "10.0.0.0/8", True),
        ("https://notexample.com", "example.com", True),
        ("https://studio.example.com", "*.example.com", False),
        ("https://[2001:db8::7]", "2001:db8::/32", False),
        ("https://[2001:db9::7]", "2001:db8::/32", True),
        ("https://[2001:db8::7]", "[2001:db8::7]", False),
        ("https://[2001:db8::7]:8443", "[2001:db8::7]:8443", False),
        ("https://[2001:db8::7]:8443", "[2001:db8::7]:9443", True),
        ("https://[2001:db8::7]", "2001:db8:0:0::7", False),
        ("https://[2001:db8::7]", "[2001:db8::7", True),
    ],
)
def test_the_proxy_is_for_https_except_this_machine_and_the_entries_of_no_proxy(
    url: str, no_proxy: str, uses_proxy: bool
) -> None:
    proxies = proxies_from({"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy})
    assert (proxies.for_url(url) is not None) is uses_proxy


def test_lower_case_variables_take_precedence_as_in_requests() -> None:
    url = "https://studio.example.com"
    environ = {"HTTPS_PROXY": PROXY, "NO_PROXY": "example.com", "no_proxy": "example.org"}
    assert proxies_from(environ).for_url(url) is not None
    lower_case = "http://other.example.com:3128"
    proxy = proxies_from({"HTTPS_PROXY": PROXY, "https_proxy": lower_case}).for_url(url)
    assert proxy is not None
    assert proxy.get_secret_value() == lower_case


@given(
    st.sampled_from(HOSTS),
    st.sampled_from((None, 443, 8443)),
    st.lists(
        st.one_of(
            st.sampled_from(ENTRIES),
            st.builds("{}:{}".format, st.sampled_from(ENTRIES), st.sampled_from((443, 8443))),
            st.text(st.sampled_from("*./:[]-1a%\\é"), max_size=8),
        ),
        max_size=3,
    ).map(",".join),
)
@example("10.1.2.3", None, "10.0.0.0/8")
def test_the_proxy_is_bypassed_whenever_the_library_requests_bypasses_it(
    host: str, port: int | None, no_proxy: str
) -> None:
    url = f"https://{host}:{port}" if port else f"https://{host}"
    with mock.patch.dict(os.environ, clear=True):
        bypasses = requests.utils.should_bypass_proxies(url, no_proxy)
    target = address(url)
    assert target is not None
    assert bypasses_proxy(target, no_proxy) or not bypasses
