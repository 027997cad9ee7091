"""Redaction recognizes secrets by their form or the text around them, and changes little else."""

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio_tui.redaction import REDACTED, without_secrets
from tests.soak import at_length
from tests.waiting import no_hang

SECRET = "hunter2-Zq9w8e7r"
"""A secret that no pattern recognizes without text around it."""

TEMPLATES = [
    "bad header Bearer {}",
    "bearer {}.",
    "cloning https://{}@git.example.org/r",
    "Authorization: Bearer {}",
    "{{'Authorization': 'token {}'}}",
    "authorization=Basic {}",
    "DB_SECRET={}",
    "MY_SECRET_2='{}' is wrong",
    'export API_SECRET="{} with blanks"',
    "AWS_SECRET_ACCESS_KEY={}",
    "AWS_SESSION_TOKEN={}",
    "AWS_REGION={}",
    "aws_secret_access_key = {}",
    "password={}&next=1",
    "environment: PASSWORD={};HOME=/root",
    '{{"client_secret": "{}", "name": "x"}}',
    '{{"apiKey":"{}"}}',
    "accessToken: {}",
    "cannot clone https://ann:{}@github.com/a/b.git: denied",
    "https://:{}@host/x",
    "postgresql://ann:{}@db:5432/x",
    "could not log in as ann:{}@db.example.com",
    "redis://ann:{}@@host",
    "token {} is not valid",
    "Studio refused the token '{}'.",
    "the password {}, which is wrong",
    "unknown API key {}",
    "secret {}",
    "STUDIO_TOKEN {}",
    "cannot log in with password {}: denied",
    "secret key {}",
    "password token {}",
    "Bearer token {}",
    "Bearer\t{}",
    "https://bucket.example.org/x?X-Amz-Signature={}&X-Amz-Date=1",
    "https://account.example.org/x?se=2026&sig={}",
    "DB_PASS={}",
    "OPENAI_KEY={}",
    "DefaultEndpointsProtocol=https;AccountKey={};EndpointSuffix=x",
    "TOKEN_2={}, TOKEN2=x",
    "the token is {}",
    "the password was '{}'",
    "{{'X-Api-Key': '{}'}}",
]

OTHER_TEMPLATES = [
    "Set-Cookie: name=1; session={}",
    "{{'cookie': 'name=1; session={}'}}",
    "refused the token ({})",
    "token=b'{}'",
    "password=SecretStr('{}')",
    '"{{\\"password\\": \\"{}\\"}}"',
    "password%3D{}",
    "at /login?next=%2Fx%3Ftoken%3D{}%26a%3D1",
    "Authorization%3a%20Bearer%20{}",
    "https%3A%2F%2Fann%3A{}%40host%2Fx",
    "https%253A%252F%252Fann%253A{}%2540host%252Fx",
    "https://ann:{}%40host/x",
]
"""Contexts in which the placeholder also replaces some of the text around the secret."""


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_secret_in_each_context_is_redacted(template: str) -> None:
    redacted = without_secrets(template.format(SECRET))
    assert SECRET not in redacted
    assert "hunter" not in redacted
    before = template.format(SECRET).partition(SECRET)[0].rstrip("\"'")
    assert redacted.startswith(before + REDACTED)


@pytest.mark.parametrize("template", OTHER_TEMPLATES)
def test_an_encoded_or_enclosed_secret_is_redacted(template: str) -> None:
    redacted = without_secrets(template.format(SECRET))
    assert "hunter" not in redacted
    assert REDACTED in redacted


@pytest.mark.parametrize(
    "key",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "github_pat_11ABCDEFG0123456789_abcdefghij",
        "glpat-abcdefghij0123456789",
        "hf_abcdefghijklmnopqrst",
        "xoxb-123456789012-abcdefghij",
        "sk-proj-abcdefghijklmnop0123",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-nature_1",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIE that is cut",
    ],
)
def test_a_key_with_a_known_form_is_redacted_anywhere(key: str) -> None:
    assert without_secrets(f"it was {key}") == f"it was {REDACTED}"
    assert key not in without_secrets(f"({key}) was refused")


@pytest.mark.parametrize(
    "text", ['{"password": "abc"}', '"{\\"password\\": \\"abc\\"}"', "password: 'abc'"]
)
def test_a_short_value_in_quotes_is_redacted(text: str) -> None:
    assert "abc" not in without_secrets(text)


ORDINARY = [
    "cloning https://ann@git.example.org/r",
    "Studio refused the token: expired.",
    "Studio refused the token (401 Unauthorized).",
    "The bearer authentication failed; bearer tokens are needed",
    "password: must be set; secret: field required",
    "environment.API_SECRET: must be text",
    "max_tokens=100, tokens: 12345678",
    "token expired 2026-11-29T10:00:00Z; the token authentication is not available",
    "of 128000 tokens 12345678 were read; token 12345678",
    "token 2026-11-29T10:00:00Z has passed",
    "token expired, token was refused, token is not valid; Token authentication failed",
    "the token /home/ann/.config/token-2026 and token ~/token-2026 are unreadable",
    "the token DATACHAIN_STUDIO_TOKEN is not set, the token <YOUR-TOKEN-1> is a placeholder",
    "the secret AWS_KEY is missing, password must-be-set, API key required",
    "token 17 of 4096; tokens 123456789 were read; a tokenizer v1.2.3-beta4",
    "the token https://example.org/v1/jobs was asked for",
    "workers: must be a number from 1 to 64",
    "see https://studio.datachain.ai/team/jobs?id=1b22aa09 at 14:05:33",
    "ann@example.com, git@github.com:a/b.git",
    "image registry/name:3.12@sha256:0123456789abcdef",
    "started at 2026-01-01T10:00:00+00:00; exit code: 137",
    "/home/ann/secret/passwords.txt is missing",
    "No module named 'secrets'",
    "primary_key=12, sort_key: name, the signature: f(x), cookie: must be set",
    "100%25 of https://example.org/a%20b?next=%2Fjobs%3Fteam%3Dvision",
    "key=value a=b, name: embed.py",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_text_without_a_secret_is_unchanged(text: str) -> None:
    assert without_secrets(text) == text


WORDS = st.from_regex(r"[A-Z]?[a-z]{1,14}", fullmatch=True) | st.sampled_from(
    ["token", "Bearer", "basic", "secret", "password", "Authorization", "credentials", "AWS", "key"]
)


@given(st.lists(st.tuples(WORDS, st.sampled_from([" ", ", ", ". ", ": ", " - ", "\n", "; "]))))
@example([("Authorization", ": "), ("Bearer", " "), ("authentication", "")])
def test_sequences_of_ordinary_words_are_unchanged(words: list[tuple[str, str]]) -> None:
    text = "".join(word + end for word, end in words)
    assert without_secrets(text) == text


PARTS = st.sampled_from(
    [*TEMPLATES, *OTHER_TEMPLATES, *ORDINARY, REDACTED, SECRET,
     "AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJIUzI1NiJ9.e.s", "://",
     "@", ":", "=", '"', "'", "\\", " ", "\n", "SECRET", "TOKEN", "Bearer ", "aws_", "-----BEGIN ",
     "PRIVATE KEY-----", "-----", "a", "."]
)  # fmt: skip


@given(st.lists(PARTS | st.text(string.printable, max_size=6), max_size=12).map("".join))
def test_redaction_is_idempotent(text: str) -> None:
    once = without_secrets(text)
    assert without_secrets(once) == once


@given(st.text(), st.sampled_from([*TEMPLATES, *OTHER_TEMPLATES]), st.text())
def test_a_secret_between_arbitrary_lines_is_redacted(
    before: str, template: str, after: str
) -> None:
    redacted = without_secrets(f"{before}\n{template.format(SECRET)}\n{after}")
    assert SECRET not in redacted


REPEATED = (
    [*TEMPLATES, *OTHER_TEMPLATES, "%41", "%41 ", "cookie: a=",
     "a:", "a=", "://a:", "SECRET", "SECRET=", "://", "eyJ", "eyJaaaaaaaaaa.", "AKIA",
     "x", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "Bearer ", "bearer", " ", '="', "'", '"\\',
     "@", ".", "authorization:", "a.b-", "\\"]
)  # fmt: skip


@pytest.mark.parametrize("part", at_length(REPEATED[::4], REPEATED))
def test_redaction_of_a_long_text_does_not_hang(part: str) -> None:
    """A pattern that backtracks would take hours."""
    with no_hang("redaction"):
        without_secrets(part * (200_000 // len(part)))


def test_the_placeholder_is_one_word_in_brackets() -> None:
    assert re.fullmatch(r"\[[a-z]+\]", REDACTED)
