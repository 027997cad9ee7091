import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.local.http.strict_json import JSON_LIMIT, UnusableJson, read_json
from tests.soak import at_length
from tests.studios import ThreadStudio

UNUSABLE = {
    "a name twice": (b'{"a": 1, "b": {"x": 1, "x": 2}}', '"x" twice'),
    "NaN": (b'{"a": NaN}', "NaN"),
    "Infinity": (b"[Infinity]", "Infinity"),
    "minus Infinity": (b"[-Infinity]", "Infinity"),
    "a float beyond all": (b"[1e999]", "too large"),
    "a huge int": (b"[" + b"9" * 5000 + b"]", "more than 18 digits"),
    "half a surrogate pair": (b'["\\ud800"]', "surrogate"),
    "half a surrogate pair in a name": (b'{"\\udfff": 1}', "surrogate"),
    "half a surrogate pair in UTF-8": (b'["\xed\xa0\x80"]', "not UTF-8"),
    "Latin-1": (b'["\xff"]', "not UTF-8"),
    "deep nesting": (b"[" * 100_000, "too deep"),
    "deep objects": (b'{"a":' * 100_000, "too deep"),
    "nothing but a sign": (b"-", "not JSON"),
    "a second value": (b"{} {}", "not JSON"),
    "single quotes": (b"{'a': 1}", "not JSON"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_json_is_refused_with_a_reason(case: str) -> None:
    body, reason = UNUSABLE[case]
    with pytest.raises(UnusableJson, match=reason):
        read_json(body)


@pytest.mark.parametrize("case", UNUSABLE)
def test_the_server_refuses_unusable_json_with_a_sentence(
    shared_studio: ThreadStudio, case: str
) -> None:
    response = shared_studio.request(
        "POST",
        "/datachain/jobs/",
        content=UNUSABLE[case][0],
        headers={"Content-Type": "application/json"},
    )
    is_text = UNUSABLE[case][1] != "not UTF-8"
    assert response.status_code == (422 if is_text else 400)
    assert response.json()["message"].startswith("The body ")
    assert response.json()["message"].endswith(".")


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
)


@settings(deadline=None, max_examples=at_length(15, 500))
@given(JSON_VALUES)
def test_unambiguous_json_is_read_unchanged(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value


@settings(deadline=None, max_examples=at_length(15, 500))
@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(UnusableJson):
        read_json(body)


def test_a_byte_order_mark_before_json_is_skipped(shared_studio: ThreadStudio) -> None:
    response = shared_studio.request(
        "POST",
        "/datachain/jobs/",
        content=b'\xef\xbb\xbf{"query": " ", "team_name": "local"}',
        headers={"Content-Type": "application/json"},
    )
    assert response.json()["message"] == "query is empty."


@pytest.mark.parametrize("size", [JSON_LIMIT + 1, 8 * JSON_LIMIT])
def test_a_body_above_the_limit_is_refused_and_the_client_gets_the_response(
    shared_studio: ThreadStudio, size: int
) -> None:
    response = shared_studio.request(
        "POST",
        "/datachain/jobs/",
        content=b" " * size,
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 413
    assert response.json()["message"] == "The body is larger than 1 MiB."


def test_a_body_of_undeclared_length_above_the_limit_is_refused(
    shared_studio: ThreadStudio,
) -> None:
    with shared_studio.http() as client:
        response = client.post(
            "/datachain/jobs/",
            content=(b" " * 65536 for _ in range(40)),
            headers={"Content-Type": "application/json"},
        )
    assert response.status_code == 413
