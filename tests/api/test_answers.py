"""Parsing of responses: errors and JSON bodies."""

import json
from datetime import UTC, datetime

import pytest

from studio_tui import errors, log
from studio_tui.api import answers
from studio_tui.api.exchange import Answer
from studio_tui.api.models import Pipeline

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (400, errors.InvalidRequest),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDenied),
        (404, errors.NotFound),
        (409, errors.InvalidRequest),
        (413, errors.InvalidRequest),
        (422, errors.InvalidRequest),
        (429, errors.RateLimited),
        (500, errors.ServerError),
        (599, errors.ServerError),
        (499, errors.InvalidRequest),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"message": null}', b"\xff"])
def test_the_status_determines_the_kind_of_error_whatever_the_body(
    status: int, error_class: type[errors.StatusError], body: bytes
) -> None:
    error = answers.status_error(status, body)
    assert type(error) is error_class
    assert error.status == status
    assert "html" not in str(error)
    assert str(error)[0].isupper()
    assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"message": "No such cluster"}', "No such cluster"),
        (b'{"detail": "No such cluster"}', "No such cluster"),
        (b'{"message": "No such cluster", "detail": "other"}', "No such cluster"),
        (
            b'{"detail": [{"loc": ["query", "limit"], "msg": "too many"}, {"msg": "no"}]}',
            "limit: too many; no",
        ),
        (b'{"detail": [{"loc": ["body", "files", 0], "msg": "odd"}, 7]}', "files.0: odd"),
        (b'{"detail": [{"loc": [["body"]], "msg": "odd"}]}', "['body']: odd"),
        (b'{"detail": [{"loc": 7, "msg": "odd"}, {"loc": ["x"], "msg": 3}]}', "odd"),
        (b'{"message": "\\u001b[2J[/]\\nsecond"}', "␛[2J[/]␊second"),
    ],
)
def test_an_error_contains_studio_s_message_sanitized(body: bytes, message: str) -> None:
    assert str(answers.status_error(422, body)) == message


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"id": "a", "status": "CREATED"}', "a"),
        (b'{"pipeline_id": "p"}', "p"),
        (b'{"ok": true, "pipeline": {"pipeline_id": "p"}}', "p"),
        (b'{"ok": true, "pipeline": null}', ""),
        (b'{"id": 5}', ""),
        (b"[1]", ""),
        (b"<html>", ""),
    ],
)
def test_the_id_in_the_answer_to_a_command_is_found(body: bytes, found: str) -> None:
    assert answers.id_in_answer(Answer(201, {}, body, len(body))) == found


def test_a_429_error_has_studio_s_reason_and_the_delay() -> None:
    body = b'{"message": "The team may create 60 jobs per hour"}'
    error = answers.status_error(429, body, retry_after=30.0)
    reason = "The team may create 60 jobs per hour."
    assert str(error) == f"Studio is receiving too many requests: {reason} Retry in 30 s."


def test_a_long_message_is_cut() -> None:
    error = answers.status_error(400, b'{"message": "%s"}' % (b"x" * 100_000))
    assert len(str(error)) <= 512


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("12", 12.0),
        (" 12 ", 12.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("1e9", None),
        ("9" * 400, 300.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2026 23:00:00 GMT", 300.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
    ],
)
def test_retry_after_is_parsed_and_bounded(header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"retry-after": header}
    assert answers.retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not complete JSON"),
        (b"", "empty"),
        (b"  <!-- x --><html>", "web page"),
        (b"[]", "not a JobPipelineOutput: it:"),
        (b'{"name": "x"}', "pipeline_id: Field required"),
    ],
)
def test_the_error_for_a_body_that_does_not_fit_the_model_says_why(body: bytes, words: str) -> None:
    with pytest.raises(errors.ProtocolError, match=words):
        answers.parse_model(Pipeline, body)


def test_a_lone_surrogate_in_one_field_does_not_affect_other_fields() -> None:
    pipeline = answers.parse_model(Pipeline, b'{"pipeline_id": "p", "name": "\\ud800", "total": 3}')
    assert pipeline.total == 3


@pytest.mark.parametrize(
    ("message", "sentence"),
    [("token expired", "token expired."), ("Log in!", "Log in!"), ("No.", "No.")],
)
@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_error_with_studio_s_message_ends_with_one_punctuation_mark(
    status: int, message: str, sentence: str
) -> None:
    error = answers.status_error(status, json.dumps({"message": message}).encode())
    assert str(error).endswith(f": {sentence}")


def test_a_byte_order_mark_before_a_body_is_skipped() -> None:
    assert answers.parse_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    assert "because" in str(answers.status_error(422, b'\xef\xbb\xbf{"message": "because"}'))


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(503, "Studio failed with 503 Service Unavailable."), (599, "Studio failed with status 599.")],
)
def test_an_error_without_a_message_names_its_status_once(status: int, sentence: str) -> None:
    assert str(answers.status_error(status, b"<html>")) == sentence


@pytest.mark.parametrize("token", ["wrong", "expired", "The", "token"])
def test_a_token_that_is_an_ordinary_word_is_not_redacted_in_a_message(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_secrets", set())
    log.register_secret(token)
    body = json.dumps({"message": "The token is wrong or expired."}).encode()
    assert str(answers.status_error(401, body)).endswith(": The token is wrong or expired.")
    log.register_secret("c4nary-word")
    body = json.dumps({"message": "The token c4nary-word is wrong."}).encode()
    assert "c4nary" not in str(answers.status_error(401, body))


@pytest.mark.parametrize(
    ("message", "teams"),
    [
        ("Not authorized for the team vision; the only one is local.", ("local",)),
        ("You are in the teams: a.b, b-c and d.", ("a.b", "b-c", "d")),
        ("Your teams are vision and audio.", ("vision", "audio")),
        ("Not authorized for the team vision", ()),
        ("The team is not yours", ()),
        ("The team is gone", ()),
        ("", ()),
    ],
)
def test_the_teams_named_in_a_refusal_are_extracted(message: str, teams: tuple[str, ...]) -> None:
    error = answers.status_error(403, json.dumps({"message": message}).encode())
    assert isinstance(error, errors.PermissionDenied)
    assert error.teams == teams
