import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio_tui.addresses import address, has_login, without_logins

WEB_ADDRESSES = st.builds("".join, st.lists(st.sampled_from(
    ["https", "http", "://", "//", "[", "]", "::1", "@", ":", "\\", "%", "a.example", "０", "99999",
     "/", "?", "#", "\x00", "\ud800", "℀", "\t", "\n", " "]
)))  # fmt: skip


@given(st.one_of(st.text(), WEB_ADDRESSES))
@example("https://[::1")
@example("https://[v1.]")
@example("https://a:b:c")
@example("https://a:99999")
@example("https://℀.example")
@example("https://\ud800")
@example("//[")
@example("")
def test_address_never_raises_an_error(text: str) -> None:
    parsed = address(text)
    if parsed is not None:
        assert parsed.origin.startswith(parsed.scheme)
        assert not parsed.is_web or parsed.host


def test_an_address_is_split_into_its_parts() -> None:
    parsed = address("HTTPS://Studio.Example.com:8443/team/jobs?x=1#y")
    assert parsed is not None
    assert (parsed.scheme, parsed.host, parsed.port) == ("https", "studio.example.com", 8443)
    assert (parsed.path, parsed.netloc) == ("/team/jobs", "Studio.Example.com:8443")
    assert parsed.is_web
    assert parsed.has_query_or_fragment
    assert not parsed.has_user


@pytest.mark.parametrize(
    ("spelling", "other_spelling"),
    [
        ("https://a.example/x", "HTTPS://A.EXAMPLE:443/y"),
        ("http://[::1]/", "http://[::1]:80/"),
    ],
)
def test_two_spellings_of_an_origin_are_equal(spelling: str, other_spelling: str) -> None:
    first, second = address(spelling), address(other_spelling)
    assert first is not None
    assert second is not None
    assert first.origin == second.origin


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example\\@studio.example/",
        "https://studio.example\t.evil.example/",
        "https://studio.example\n",
        "https://studio.example /",
        " https://studio.example/",
        "https://\u202eelpmaxe/",
        "https://[::1",
        "https://a.example:99999/",
        "https://a.example:port/",
    ],
)
def test_an_ambiguous_address_is_rejected(text: str) -> None:
    assert address(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/jobs/1",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://a.example:0/",
    ],
)
def test_an_address_needs_an_http_scheme_host_and_valid_port_to_be_a_web_address(text: str) -> None:
    parsed = address(text)
    assert parsed is not None
    assert not parsed.is_web


def test_a_user_name_before_the_host_is_detected() -> None:
    parsed = address("https://studio.example@evil.example/")
    assert parsed is not None
    assert parsed.has_user
    assert parsed.host == "evil.example"


@pytest.mark.parametrize(
    "template",
    [
        "https://{}@git.example.org/u/r",
        "https://{}:@git.example.org/u/r",
        "https://u:{}@git.example.org/u/r@main",
        "https://{}:x-oauth-basic@git.example.org/u/r",
        "https://u:p@{}@git.example.org",
        "HTTPS://u:{}?#@git.example.org",
        "ssh://git:{}@git.example.org/u/r",
        "numpy\n--index-url=https://{}@example.org/simple\npandas",
        "pkg @ git+https://u:{}@example.org/r.git@v1#egg=pkg",
    ],
)
def test_a_login_in_an_address_is_detected_and_masked(template: str) -> None:
    text = template.format("hunter2")
    assert has_login(text)
    masked = without_logins(text, "••")
    assert "hunter2" not in masked
    assert masked.startswith(text[: text.lower().index("://") + 3] + "••@")
    assert not has_login(without_logins(text))


@pytest.mark.parametrize(
    "text",
    [
        "https://git.example.org/u/r@main",
        "https://git.example.org/@scope/r@1",
        "ssh://git@git.example.org/u/r",
        "git+ssh://git@git.example.org/u/r",
        "git@git.example.org:u/r",
        "https://@git.example.org/u/r",
        "https://${TOKEN}@git.example.org/u/r",
        "https://u:${TOKEN}@git.example.org/u/r",
        "ann@example.org",
        "",
    ],
)
def test_text_without_a_login_is_unchanged(text: str) -> None:
    assert not has_login(text)
    assert without_logins(text, "••") == text


@given(st.one_of(st.text(), WEB_ADDRESSES))
def test_without_logins_removes_every_login_from_any_text(text: str) -> None:
    assert not has_login(without_logins(text))
    assert has_login(text) == (without_logins(text) != text)
