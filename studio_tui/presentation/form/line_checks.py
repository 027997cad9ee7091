"""Checks the fields of the job form that consist of lines: requirements and environment.

The rules for requirements are those of `uv pip install -r`, which the local Studio runs. Names and
versions are parsed with `packaging`, as pip does.
"""

import re
from collections.abc import Iterator

from studio_tui.addresses import has_login
from studio_tui.job_rules import environment_lines
from studio_tui.presentation.form.problems import Problem, quoted, warning
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.redaction import without_secrets

LOGIN_IS_SEEN = "contains a password or token, which everyone who sees the job can read."
"""End of a warning about a URL with a login."""

# Options in requirements, by what must follow them and whether `uv pip install -r` accepts them.
_URL_OPTIONS = frozenset({"-i", "--index-url", "--extra-index-url", "-f", "--find-links"})
_VALUE_OPTIONS = frozenset({"--no-binary", "--only-binary"})
_OTHER_OPTIONS = frozenset({"--no-index", "--require-hashes"})
_EDITABLE_OPTIONS = frozenset({"-e", "--editable"})
_IGNORED_OPTIONS = frozenset({"--pre", "--trusted-host", "--prefer-binary", "--use-feature"})
_FILE_OPTIONS = frozenset({"-r", "--requirement", "-c", "--constraint"})
_OPTION = re.compile(r"(--?[a-zA-Z][a-z-]*)(?:(?:\s*=\s*|\s+)(.*))?")
"""`--pre`, `-i https://pypi.org/simple`."""
_REMOTE = re.compile(
    r"(?:(?:git|hg|svn|bzr)\+)?(?:https?|ssh|git)(?:\+[a-z]+)?://\S+", re.IGNORECASE
)
_LOCAL = re.compile(r"(?:[/.~]|file:).*|[^@]*\.(?:whl|tar\.gz|zip)")
_NAME = re.compile(r"\s*(?:export\s)?\s*[\w.-]*\s*")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_HASHES = re.compile(r"\s--hash[=\s].*")
_SINGLE_EQUALS = re.compile(r"(?P<name>[\w.\[\],-]+)\s*=\s*(?P<version>[^=<>!~\s][^=]*)")
"""`numpy=1.24`."""


def requirement_problems(text: str) -> tuple[Problem, ...]:
    """Return the problems of requirements; URLs and paths are only checked for logins."""
    problems: list[Problem] = []
    for number, line in _logical_lines(text):
        where = f"Line {number}: "
        if has_login(line):
            advice = "Write ${NAME} instead, and set NAME in the environment."
            message = f"{where}the address {LOGIN_IS_SEEN} {advice}"
            problems.append(warning("requirements", message))
        if line.startswith("-"):
            problems += _option_problems(where, line)
        elif not (_REMOTE.fullmatch(line) or _LOCAL.fullmatch(line)):
            problems += _package_problems(where, line)
    return tuple(problems)


def environment_problems(text: str) -> tuple[Problem, ...]:
    """Return the problems of lines of `NAME=VALUE`, which are sent unchanged."""
    problems: list[Problem] = []
    for number, name, value, fault in environment_lines(text):
        if MASK in {name, value}:
            message = f"Line {number}: the value was not saved to disk; type it again."
            problems.append(Problem("environment", message))
        elif fault:
            problems.append(Problem("environment", f"Line {number} {fault}."))
        elif value[:1] in {"'", '"'}:
            message = f"Line {number}: the quotes of {name} are sent as a part of its value."
            problems.append(warning("environment", message))
    return tuple(problems)


def masked_line(line: str) -> str:
    """Return a line of the environment with what follows its first `=` masked.

    Of a comment, only its `#` is shown. A line without a name is masked as a whole, as it may be a
    secret. So is a name without a value that is not in capitals, as base64 may end with an equals
    sign.
    """
    if line.lstrip().startswith("#"):
        return f"# {MASK}"
    name = _assigned_name(line)
    if name is not None and line.partition("=")[2].strip():
        return f"{name}={MASK}"
    is_shown = not line.strip() or (name is not None and name.isupper())
    return line if is_shown else MASK


def _assigned_name(line: str) -> str | None:
    """Return what is before the equals sign; `None` without one, or if it may be a secret.

    Secrets may be in comments, in base64, in known forms of keys, and in the logins of addresses
    such as `postgres://me:secret@host/db?sslmode=require`.
    """
    name, equals, value = line.partition("=")
    is_padding = bool(value.strip()) and not value.replace("=", "").strip()
    is_name = _NAME.fullmatch(name) and name == without_secrets(name)
    return name if equals and not is_padding and is_name else None


def without_values(text: str, initial: str) -> str:
    """Return the lines as they are saved: masked, or only the name of a line that `initial` has.

    Masked lines cannot be sent, except comments.
    """
    initial_lines = set(initial.split("\n"))
    return "\n".join(
        (line in initial_lines and _assigned_name(line)) or masked_line(line)
        for line in text.split("\n")
    )


def with_initial_values(text: str, initial: str) -> str:
    """Return a text of `without_values` with the lines of `initial` in place of their names."""
    lines = {_assigned_name(line): line for line in initial.split("\n")}
    return "\n".join((line and lines.get(line)) or line for line in text.split("\n"))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, without comments; each with the number of its first line.

    A line that ends with a backslash is joined with the next line. If there is no next line, the
    backslash is kept.
    """
    prefix, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        start = start or number
        line = _COMMENT.sub("", raw).strip()
        if line.endswith("\\"):
            prefix += line[:-1].rstrip() + " "
            continue
        if joined := (prefix + line).strip():
            yield start, joined
        prefix, start = "", 0
    if prefix.strip():
        yield start, prefix.strip() + " \\"


def _option_problems(where: str, line: str) -> tuple[Problem, ...]:
    parts = _OPTION.fullmatch(line)
    option, value = (
        (parts[1], (parts[2] or "").strip()) if parts else (line.split(maxsplit=1)[0], "")
    )
    if option in _FILE_OPTIONS:
        sentence = f"`{option}` names another file, which the job does not have; paste its lines."
    elif option in _URL_OPTIONS and not re.match(r"https?://\S+$", value, re.IGNORECASE):
        sentence = f"`{option}` needs a URL after it, such as https://pypi.org/simple."
    elif option in _VALUE_OPTIONS and not value:
        sentence = f"`{option}` needs a package after it, or :all:."
    elif option in _EDITABLE_OPTIONS and not value:
        sentence = f"`{option}` needs a path or URL after it."
    elif option in _URL_OPTIONS | _VALUE_OPTIONS | _EDITABLE_OPTIONS | _OTHER_OPTIONS:
        return ()
    elif option in _IGNORED_OPTIONS:
        message = f"{where}`{option}` may be ignored: only pip itself understands it."
        return (warning("requirements", message),)
    else:
        sentence = (
            f"{quoted(option)} is not an option of a requirements file; these are supported:"
            " --index-url, --extra-index-url, --find-links, --no-index, --no-binary,"
            " --only-binary and --require-hashes."
        )
    return (Problem("requirements", where + sentence),)


def _package_problems(where: str, line: str) -> tuple[Problem, ...]:
    """Check a requirement such as `numpy>=1.24`."""
    # Imported here, as the import takes 7 ms, and only forms need it.
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415

    try:
        requirement = Requirement(_HASHES.sub("", line))
    except InvalidRequirement as error:
        reason = str(error).partition("\n")[0]
    else:
        # `packaging` accepts `===` without a version, which pip refuses.
        if all(each.version for each in requirement.specifier):
            return ()
        reason = "Expected a version"
    if single := _SINGLE_EQUALS.fullmatch(line):
        corrected = quoted(f"{single['name']}=={single['version'].strip()}")
        sentence = f"{quoted(line)} has one equals sign; type {corrected}."
    else:
        sentence = f"{quoted(line)} is not a requirement such as numpy>=1.24: {quoted(reason)}."
    return (Problem("requirements", where + sentence),)
