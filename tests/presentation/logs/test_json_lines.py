"""A JSON line is shown as text, in which escaped control characters have no effect."""

import json
import time
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.logs.json_lines import (
    DEPTH_LIMIT,
    WIDTH_LIMIT,
    JsonValue,
    compact_text,
    field_texts,
    json_line,
)
from studio_tui.presentation.logs.line_levels import JSON_LIMIT
from tests.waiting import no_hang

LINES = [
    ('{"event": "started", "level": "info", "timestamp": "2026-01-02T03:04:05Z", "rows": 3}',
     "03:04:05 INFO started  rows=3"),  # structlog
    ('{"asctime": "2026-01-02 03:04:05,678", "levelname": "ERROR", "name": "a.b", "message": "no"}',
     "03:04:05 ERROR no  name=a.b"),  # python-json-logger
    ('{"level":50,"time":1767323045678,"pid":1,"hostname":"h","msg":"no"}',
     "03:04:05 ERROR no  pid=1 hostname=h"),  # pino
    ('{"name":"a","level":30,"msg":"hi","time":"2026-01-02T03:04:05.678Z","v":0}',
     "03:04:05 INFO hi  name=a v=0"),  # bunyan
    ('{"level":"warn","ts":1767323045.678,"caller":"a/b.go:1","msg":"slow"}',
     "03:04:05 WARNING slow  caller=a/b.go:1"),  # zap
    ('{"level":"fatal","msg":"gone","time":"2026-01-02T04:04:05+01:00"}',
     "03:04:05 CRITICAL gone"),  # logrus
    ('{"@timestamp":"2026-01-02T03:04:05.678Z","log.level":"ERROR","message":"no"}',
     "03:04:05 ERROR no"),  # ECS
    ('{"@timestamp":"2026-01-02T03:04:05.678Z","log":{"level":"error"},"message":"no"}',
     "03:04:05 ERROR no"),
    ('{"timeUnixNano":"1767323045678000000","severityNumber":17,"body":{"stringValue":"no"}}',
     "03:04:05 ERROR no"),  # OpenTelemetry
    ('{"version":"1.1","short_message":"no","timestamp":1767323045.678,"level":3}',
     "03:04:05 ERROR no  version=1.1"),  # GELF
    ('{"@t":"2026-01-02T03:04:05.678Z","@mt":"hi {n}","@l":"Warning","n":1}',
     "03:04:05 WARNING hi {n}  n=1"),  # Serilog
    ('{"severity":"NOTICE","message":"hi","time":"2026-01-02T03:04:05Z"}',
     "03:04:05 INFO hi"),  # Google Cloud
    ('{"log":"one\\n","stream":"stdout","time":"2026-01-02T03:04:05.678Z"}',
     "03:04:05 one  stream=stdout"),  # Docker
    ('{"loss": 0.5, "epoch": 3}', "loss=0.5 epoch=3"),
    ('{"time": "soon", "level": "loud", "message": 3}', "time=soon level=loud message=3"),
    ('{"a": "x y", "b": "", "c": null, "d": {"e": [1, true]}, "f": "k=v"}',
     'a="x y" b="" c=null d={"e": [1, true]} f="k=v"'),
    (r'{"a": "say \"b=1\"", "b c": "C:\\temp", "d=e": "C:\\a b"}',
     r'a="say \"b=1\"" "b c"=C:\temp "d=e"="C:\\a b"'),
    ('{"a": 1, "a": NaN, "b": -Infinity}', "a=NaN b=-Infinity"),
    ('{"message": "\\u001b[31mred\\u001b[0m\\nnext\\u202e", "\\u001b[2J": "\\r"}',
     "␛[31mred␛[0m␊next  ␛[2J=␍"),
    ('{"ts": 1e999, "time": true, "timestamp": 1767323045}', "03:04:05  ts=1e999 time=true"),
    ('{"loss": 0.10, "rate": 1E-5, "steps": [1.00, {"n": -2.50, "m": 7}]}',
     'loss=0.10 rate=1E-5 steps=[1.00, {"n": -2.50, "m": 7}]'),
    ('{"a": -0, "b": [0, -0.0, 1.0, 1], "c": 1e400, "d": 123456789012345678901234567890}',
     "a=-0 b=[0, -0.0, 1.0, 1] c=1e400 d=123456789012345678901234567890"),
    ("{}", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), LINES)
def test_a_json_line_is_shown_as_time_level_message_and_other_fields(text: str, shown: str) -> None:
    line = json_line(text)
    assert line is not None
    assert compact_text(line) == shown


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}x", "[1]", '"x"', "plain", "{'a': 1}", '{"a": 1} {"b": 2}', '{"a": }',
     '{"a":' * 5000 + "1" + "}" * 5000, '{"a":' + "[" * 40 + "]" * 40 + "}",
     '{"a": ' + "9" * 5000 + "}", '{"a": "' + "x" * JSON_LIMIT + '"}'],
)  # fmt: skip
def test_anything_but_a_small_valid_object_is_not_a_json_line(text: str) -> None:
    assert json_line(text) is None


def test_a_serialized_loguru_record_is_shown_like_its_log_line() -> None:
    moment = {"repr": "2026-01-02 03:04:05.678+00:00", "timestamp": 1767323045.678}
    record = {"level": {"name": "ERROR", "no": 40}, "message": "no", "line": 3, "time": moment}
    line = json_line(json.dumps({"text": "x", "record": record}))
    assert line is not None
    assert compact_text(line) == "03:04:05 ERROR no  line=3"


@pytest.fixture
def local_time_is_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as environment:
        environment.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("local_time_is_new_york")
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ('"2026-07-02 04:04:05+01:00"', "23:04:05"),
        ('"2026-07-02T03:04:05.678Z"', "23:04:05"),
        ("1782961445", "23:04:05"),
        ("1782961445678", "23:04:05"),
        ('"2026-07-02 04:04:05,678"', "04:04:05"),
        ('"0001-01-01T00:00:00Z"', "00:00:00"),
    ],
)
def test_times_with_a_zone_are_shown_in_local_time(value: str, shown: str) -> None:
    line = json_line(f'{{"time": {value}, "msg": "x"}}')
    assert line is not None
    assert compact_text(line) == f"{shown} x"


def test_the_zero_time_of_go_is_shown() -> None:
    line = json_line('{"time": "0001-01-01T00:00:00Z", "msg": "x"}')
    assert line is not None
    assert compact_text(line) == "00:00:00 x"


def test_an_expanded_line_shows_one_field_per_row_and_keeps_line_breaks() -> None:
    line = json_line(
        '{"level":"error","time":"2026-01-02T03:04:05.678Z","msg":"no","exc_info":'
        '"Traceback:\\n  File \\"a.py\\"\\nKeyError\\u001b[2J","user":{"id":7,"tags":[]},'
        '"steps":[{"n":1}],"sizes":[1,2.50],"share":0.10}'
    )
    assert line is not None
    assert field_texts(line) == [
        "level: error",
        "time: 2026-01-02T03:04:05.678Z",
        "msg: no",
        "exc_info:",
        "  Traceback:",
        '    File "a.py"',
        "  KeyError␛[2J",
        "user:",
        "  id: 7",
        "  tags: []",
        "steps:",
        "  0:",
        "    n: 1",
        "sizes: [1, 2.50]",
        "share: 0.10",
    ]


ANY_TEXT = st.text(st.characters(exclude_categories=()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=20,
)
NAMES = st.sampled_from(
    ["time", "ts", "level", "severityNumber", "log", "msg", "body", "record", "text",
     "short_message"]
)  # fmt: skip


def assert_safe(text: str) -> None:
    assert len(text) <= WIDTH_LIMIT
    for character in text:
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    text.encode()


@given(st.dictionaries(ANY_TEXT | NAMES, VALUES))
def test_escaped_control_characters_are_shown_as_safe_text(fields: dict[str, JsonValue]) -> None:
    line = json_line(json.dumps(fields))
    assert line is not None
    assert_safe(compact_text(line))
    for text in field_texts(line):
        assert_safe(text)


@given(ANY_TEXT | ANY_TEXT.map(lambda text: "{" + text + "}"))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    json_line(text)


def test_a_hostile_line_is_parsed_without_hanging() -> None:
    depth = DEPTH_LIMIT - 1
    texts = ['{"a":' + "[" * depth + "]" * depth + "}", "{" * 60_000 + "}",
             '{"a":"' + "\\n" * 30_000 + '"}',
             '{"a":[' + "[],[1]," * 8_000 + "1]}"]  # fmt: skip
    with no_hang("reading JSON"):
        for text in texts * 20:
            if line := json_line(text):
                compact_text(line)
                field_texts(line)
