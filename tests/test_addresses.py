import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.addresses import Address, address

BROKEN = ("https://[::1", "https://]", "http://a:b", "http://a:99999", "https://", "x", "", "//",
          "http://\x1b]0;x", "http://a\n", "https://[a]/", "mailto:a@b")  # fmt: skip
"""What is no address, or names no host."""


@pytest.mark.parametrize("text", BROKEN)
def test_what_names_no_host_is_no_address(text: str) -> None:
    assert address(text) is None


def test_an_address_is_taken_apart() -> None:
    assert address("HTTPS://Studio.Example.com/a?b") == Address(
        "https", "studio.example.com", None, has_user=False
    )
    assert address("http://u:p@[::1]:80/") == Address("http", "::1", 80, has_user=True)
    assert (address("ftp://a/") or Address("", "", None, has_user=False)).is_web_page is False


@given(st.text(), st.sampled_from(("", "http://", "https://[", "https://a:")))
def test_no_text_raises(text: str, before: str) -> None:
    address(before + text)
