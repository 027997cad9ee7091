"""Redacts text that looks like a secret in untrusted messages: keys, tokens, passwords.

It is used for messages and the program's own log. A job's log, query and files belong to the user
and are not changed. The time is linear in the length of the text: a pattern that fails has read no
further than to the next possible match, or some hundred characters.
"""

import re

REDACTED = "[secret]"
"""Replacement for a secret."""

_SHORTEST = 8
"""Minimum length of a secret, unless a sign or quotes mark it as a value, as in `password=abc`."""

_ROUNDS = 4
"""Maximum number of passes, since removing one secret may reveal another."""

_NAMES = re.compile(
    r"secret|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credential"
    r"|(?:pwd|token)(?:$|[_.-])|^aws_",
    re.IGNORECASE,
)
"""Names of secret values: `DB_SECRET_2`, `clientSecret`, all of `AWS_`, but not `max_tokens`."""

_ORDINARY = re.compile(r"(?:[A-Za-z][a-z]*+|[A-Z]++)(?:[-'/.,_](?:[a-z]++|[A-Z]++))*+")
"""A word of a sentence, or several words joined by punctuation."""

_KNOWN_FORMS = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}+\w*+"
    r"|\b(?:gh[opsur]_|github_pat_|glpat-|hf_|xox[abeoprs]-|sk-|sk_live_|rk_live_)[\w-]{16,}+"
    r"|\beyJ[\w-]{8,}+\.[\w-]++(?:\.[\w-]*+)?"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----).)*+(?:-----END [A-Z ]{0,40}-----)?",
    re.DOTALL,
)
"""Keys of AWS, GitHub, GitLab, Hugging Face, Slack, OpenAI and Stripe; JSON web tokens; PEM."""

_HEADER = re.compile(
    r"(\b(?:(?:proxy-)?authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?){1,8}+"
    r"(?:(?:bearer|basic|token|digest) ++){0,8}+)([^\s\"',;]++)",
    re.IGNORECASE,
)
"""A header `Authorization` with its value, in a header line, a dictionary or JSON."""

_SCHEME = re.compile(r"(\b(?:(?:bearer|basic) ++){1,8}+)([\w.~+/=-]++)", re.IGNORECASE)
"""A value after `Bearer` or `Basic`."""

_AFTER_NAME = re.compile(
    r"((?:(?:token|passw(?:or)?d|passphrase|(?:api|access|private|secret)[ _-]?key|secret"
    r"|credential)s?+ {1,3}){1,8}+)"
    r"[\"'`]?(?!\d{4}-\d\d-\d\d)([A-Za-z0-9][\w.~+/=-]{7,}+)(?!://)[\"'`]?",
    re.IGNORECASE,
)
"""A value after the name of a secret, as in `token VALUE is invalid`, if not a date or a URL."""

_HAS_BOTH = re.compile(r"(?=[^\d]*+\d)(?=[^A-Za-z]*+[A-Za-z])")
"""Both a digit and a letter, as a generated value has, unlike a word or a number."""

_NAME = re.compile(r"(?<![\w.-])([\w.-]++)([\"']? ?[=:] ?)")
"""A name and the sign after it, as in `DB_SECRET=` or `"password": `."""

_VALUE = re.compile(
    rf"{re.escape(REDACTED)}"
    r"|\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?|[^\s\"'&,;]++"
)
"""The value after such a sign, quoted or up to a separator; or a value redacted already."""

_IN_URL = re.compile(r"(?<=://)([^\s/@:]{0,128}+:)[^\s/]{1,1024}(?=@)")
"""User and password in a URL; the password is redacted."""

_TOKEN_IN_URL = re.compile(r"(\bhttps?://)([^\s/@:]{1,1024}+)(?=@)", re.IGNORECASE)
"""A token in place of a user in a URL, as in `https://TOKEN@host`."""

_BEFORE_HOST = re.compile(
    r"(?<![\w.+%:/-])([\w.+%-]{1,128}+:)(?!//)[^\s@/]{1,256}+(?=@(?!sha256:))"
)
"""User and password before a host, without a scheme, as in `user:password@host`."""


def without_secrets(text: str) -> str:
    """Return `text` with everything that looks like a secret redacted."""
    for _ in range(_ROUNDS):
        before, text = text, _redact_once(text)
        if text == before:
            break
    return text


def _redact_once(text: str) -> str:
    text = _KNOWN_FORMS.sub(REDACTED, text)
    text = _HEADER.sub(_redact_unless_ordinary, text)
    text = _SCHEME.sub(_redact_unless_ordinary, text)
    text = _AFTER_NAME.sub(_redact_if_generated, text)
    text = _without_named_values(text)
    text = _IN_URL.sub(_redact_second, text)
    text = _TOKEN_IN_URL.sub(_redact_unless_ordinary, text)
    return _BEFORE_HOST.sub(_redact_second, text)


def _redact_second(match: re.Match[str]) -> str:
    return match[1] + REDACTED


def _redact_unless_ordinary(match: re.Match[str]) -> str:
    return match[0] if _is_ordinary(match[2]) else match[1] + REDACTED


def _redact_if_generated(match: re.Match[str]) -> str:
    return match[1] + REDACTED if _HAS_BOTH.match(match[2]) else match[0]


def _without_named_values(text: str) -> str:
    """Redact the values of secrets: `DB_SECRET=value`, `"password": "value"`, `token: value`.

    After a colon, an ordinary word is not redacted, as the colon may be part of a sentence.
    """
    parts: list[str] = []
    position = 0
    for match in _NAME.finditer(text):
        name, sign = match.groups()
        if match.start() < position or not _NAMES.search(name):
            continue
        value = _VALUE.match(text, match.end())
        if value is None:
            continue
        is_sentence = ":" in sign and value[0][0] not in "\"'" and sign[0] not in "\"'"
        if not (is_sentence and _is_ordinary(value[0])):
            parts += (text[position : match.end()], REDACTED)
            position = value.end()
    return "".join((*parts, text[position:]))


def _is_ordinary(value: str) -> bool:
    word = value.strip(".,:;!?()[]")
    return len(word) < _SHORTEST or _ORDINARY.fullmatch(word) is not None
