"""Redacts text that looks like a secret in untrusted messages: keys, tokens, passwords.

A job's log, query and files belong to the user and are not changed. The time is linear in the
length of the text: a pattern that fails at one place has not read past the next place where it
could match, or has read a bounded number of characters.
"""

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote_plus

REDACTED = "[secret]"

_SHORTEST = 8
"""Minimum length of a secret where ordinary words are possible, as after `token: ` or `Bearer `."""

_ROUNDS = 4
"""Maximum number of passes, since removing one secret may reveal another."""

_SECRET_NAME = re.compile(
    r"secret|passw(?:or)?d|passphrase|(?:api|access|private|account|encryption|signing)[_-]?key"
    r"|credential|(?:pwd|token)(?:$|[_.\d-])|^aws_|_pass$|(?:^|[_-])(?:signature|sig|jwt)$"
    r"|(?-i:[A-Z\d]_(?:KEY|PAT)$)",
    re.IGNORECASE,
)
"""The name of a secret value: `DB_SECRET_2`, `clientSecret`, `OPENAI_KEY`, all that begin with
`AWS_`, but neither `max_tokens` nor `primary_key`."""

_ORDINARY = re.compile(r"(?:[A-Za-z][a-z]*+|[A-Z]++)(?:[-'/.,_](?:[a-z]++|[A-Z]++))*+")
"""A word of a sentence, or several words joined by punctuation."""

_KNOWN_FORMS = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}+\w*+"
    r"|\b(?:gh[opsur]_|github_pat_|glpat-|hf_|xox[abeoprs]-|sk-|sk_live_|rk_live_)[\w-]{16,}+"
    r"|\beyJ[\w-]{8,}+\.[\w-]++(?:\.[\w-]*+)?"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----).)*+(?:-----END [A-Z ]{0,40}-----)?",
    re.DOTALL,
)
"""Keys of AWS, GitHub, GitLab, Hugging Face, Slack, OpenAI and Stripe; JSON web tokens; private
keys in PEM."""

_HEADER = re.compile(
    r"(\b(?:(?:proxy-)?authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?){1,8}+"
    r"(?:(?:bearer|basic|token|digest) ++){0,8}+)([^\s\"',;]++)",
    re.IGNORECASE,
)
"""A header `Authorization` with its value, in a header line, a dictionary or JSON."""

_AFTER_SCHEME = re.compile(r"(\b(?:(?:bearer|basic)[ \t]++){1,8}+)([\w.~+/=-]++)", re.IGNORECASE)
"""The credentials after an authentication scheme, as in `Bearer VALUE`."""

_COOKIES = re.compile(
    r"(\bcookie[\"']?\s{0,3}:\s{0,3}[\"']?)([^\s=;\"']{1,64}+=[^\r\n\"']++)", re.IGNORECASE
)

_AFTER_NAME = re.compile(
    r"((?:(?:token|passw(?:or)?d|passphrase|(?:api|access|private|secret)[ _-]?key|secret"
    r"|credential)s?+ {1,3}){1,8}+(?:(?:is|was) {1,3})?+)"
    r"[\"'`(]?(?!\d{4}-\d\d-\d\d)([A-Za-z0-9][\w.~+/=-]{7,}+)(?!://)[\"'`]?",
    re.IGNORECASE,
)
"""A value after the name of a secret, as in `token VALUE is invalid`, if not a date or a URL."""

_HAS_LETTER_AND_DIGIT = re.compile(r"(?=[^\d]*+\d)(?=[^A-Za-z]*+[A-Za-z])")

_QUOTES = ('"', "'")

_NAME_AND_SIGN = re.compile(r"(?<![\w.-])([\w.-]++)((?:\\{0,4}[\"'])? ?[=:] ?)")
"""A name and the sign after it, as in `DB_SECRET=` or `"password": `."""

_VALUE = re.compile(
    rf"{re.escape(REDACTED)}"
    r"|\w{0,30}+[(\[]?+(?:\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?)"
    r"|\\{1,4}+\"[^\"\\\n]*+(?:\\++\")?|[^\s\"'&,;]++"
)
"""The value after `_NAME_AND_SIGN`: quoted, as in `"x"`, `b'x'`, `Text('x')` or `\\"x\\"`, or up to
a separator; or `REDACTED`, from an earlier step."""

_PASSWORD_IN_URL = re.compile(r"(?<=://)([^\s/@:]{0,128}+:)[^\s/]{1,1024}(?=@)")

_TOKEN_IN_URL = re.compile(r"(\bhttps?://)([^\s/@:]{1,1024}+)(?=@)", re.IGNORECASE)
"""A token in place of a user in a URL, as in `https://TOKEN@host`."""

_PASSWORD_BEFORE_HOST = re.compile(
    r"(?<![\w.+%:/-])([\w.+%-]{1,128}+:)(?!//)[^\s@/]{1,256}+(?=@(?!sha256:))"
)
"""User and password before a host, without a scheme, as in `user:password@host`."""


_ENCODED = re.compile(r"(?<!\S)(?=\S*?%[0-9A-Fa-f]{2})\S++")


def without_secrets(text: str) -> str:
    """Return `text` with everything that looks like a secret redacted."""
    for _ in range(_ROUNDS):
        before, text = text, _redact_once(text)
        if text == before:
            break
    return text


def _redact_once(text: str) -> str:
    text = _redact_plain(text)
    return _ENCODED.sub(_redact_encoded, text) if "%" in text else text


def _redact_plain(text: str) -> str:
    folded = text.casefold()
    for required_parts, step in _STEPS:
        # Most texts have none of the parts, and a search for them is ten times as fast as the step.
        if any(part in folded for part in required_parts):
            text = step(text)
    return text


def _redact_after_group_1(match: re.Match[str]) -> str:
    return match[1] + REDACTED


def _redact_unless_ordinary(match: re.Match[str]) -> str:
    return match[0] if _is_ordinary(match[2]) else match[1] + REDACTED


def _redact_if_generated(match: re.Match[str]) -> str:
    return match[1] + REDACTED if _HAS_LETTER_AND_DIGIT.match(match[2]) else match[0]


def _redact_encoded(match: re.Match[str]) -> str:
    """Return `REDACTED` if the decoded word looks like a secret, else the word.

    A word may be encoded up to `_ROUNDS` times.
    """
    decoded = match[0]
    for _ in range(_ROUNDS):
        decoded = unquote_plus(decoded)
        if _redact_plain(decoded) != decoded:
            return REDACTED
    return match[0]


def _without_named_values(text: str) -> str:
    """Redact the values of secrets: `DB_SECRET=value`, `"password": "value"`, `token: a1b2c3d4`.

    After a colon, an ordinary word without quotes is not redacted: it may be part of a sentence.
    """
    parts: list[str] = []
    position = 0
    for match in _NAME_AND_SIGN.finditer(text):
        name, sign = match.groups()
        if match.start() < position or not _SECRET_NAME.search(name):
            continue
        value = _VALUE.match(text, match.end())
        if value is None:
            continue
        is_quoted = any(part.lstrip("\\").startswith(_QUOTES) for part in (sign, value[0]))
        is_sentence = ":" in sign and not is_quoted
        if not (is_sentence and _is_ordinary(value[0])):
            parts += (text[position : match.end()], REDACTED)
            position = value.end()
    return "".join((*parts, text[position:]))


def _is_ordinary(value: str) -> bool:
    word = value.strip(".,:;!?()[]")
    return len(word) < _SHORTEST or _ORDINARY.fullmatch(word) is not None


_STEPS: tuple[tuple[tuple[str, ...], Callable[[str], str]], ...] = (
    (("",), partial(_KNOWN_FORMS.sub, REDACTED)),
    (("authorization",), partial(_HEADER.sub, _redact_unless_ordinary)),
    (("bearer", "basic"), partial(_AFTER_SCHEME.sub, _redact_unless_ordinary)),
    (("cookie",), partial(_COOKIES.sub, _redact_after_group_1)),
    (
        ("token", "pass", "key", "secret", "credential"),
        partial(_AFTER_NAME.sub, _redact_if_generated),
    ),
    (("=", ":"), _without_named_values),
    (("://",), partial(_PASSWORD_IN_URL.sub, _redact_after_group_1)),
    (("://",), partial(_TOKEN_IN_URL.sub, _redact_unless_ordinary)),
    (("@",), partial(_PASSWORD_BEFORE_HOST.sub, _redact_after_group_1)),
)
"""The steps in their order: the parts of which a text must contain one, in upper or lower case, and
the function that is called then."""
