"""Checks the fields of the job form that consist of lines: requirements and environment.

The rules for requirements are those of `uv pip install -r`, which the local Studio runs. Names and
versions are parsed with `packaging`, as pip does.
"""

import re
from collections.abc import Collection, Iterator

from studio_tui.addresses import has_login
from studio_tui.job_rules import VariableFault, is_variable, variable_fault
from studio_tui.presentation.form.problems import Problem, quoted, warning
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.redaction import without_secrets

LOGIN_IS_SEEN = "contains a password or token, which everyone who sees the job can read."
"""End of a warning about a URL with a login."""

_LONGEST_NAME = 40
"""A longer name of a variable may be a pasted secret."""
_CAPITAL_NAME = re.compile(r"[A-Z][A-Z0-9_.-]*")
"""What is probably meant as a name, and no secret, even if it is not a valid name."""
_USUAL_NAME = re.compile(r"[A-Z][A-Z0-9_.-]*|[a-z]+(?:_[a-z]+)+")
"""Names that are probably no secrets: `HF_HOME`, `http_proxy`; but `hunter2` may be one."""

# Options in requirements, by what must follow them and whether `uv pip install -r` accepts them.
_URL_OPTIONS = frozenset({"-i", "--index-url", "--extra-index-url", "-f", "--find-links"})
_VALUE_OPTIONS = frozenset({"--no-binary", "--only-binary"})
_BARE_OPTIONS = frozenset({"--no-index", "--require-hashes"})
_IGNORED_OPTIONS = frozenset({"--pre", "--trusted-host", "--prefer-binary", "--use-feature"})
_FILE_OPTIONS = frozenset({"-r", "--requirement", "-c", "--constraint"})
_EDITABLE = frozenset({"-e", "--editable"})
_OPTION = re.compile(r"(--?[a-zA-Z][a-z-]*)(?:(?:\s*=\s*|\s+)(.*))?")
"""`--pre`, `-i https://pypi.org/simple`."""
_REMOTE = re.compile(
    r"(?:(?:git|hg|svn|bzr)\+)?(?:https?|ssh|git)(?:\+[a-z]+)?://\S+", re.IGNORECASE
)
_COMMENT = re.compile(r"(?:^|\s)#.*")
_HASHES = re.compile(r"\s--hash[=\s].*")
_TURNED_COMPARISON = re.compile(
    r"(?P<name>[A-Za-z][\w.-]*(?:\[[^\]]*\])?)\s*=(?P<sign>[<>!~])\s*(?P<version>[^=<>].*)"
)
"""`numpy=>1.24`."""
_SINGLE_EQUALS = re.compile(r"(?P<name>[\w.\[\],-]+)\s*=\s*(?P<version>[^=\s][^=]*)")
"""`numpy=1.24`."""


def requirement_problems(text: str, *, has_files: bool) -> tuple[Problem, ...]:
    """Return the problems of requirements.

    `has_files` is whether the job has files or a repository, to which paths can refer.
    """
    problems: list[Problem] = []
    first_lines: dict[str, int] = {}
    for number, line in _logical_lines(text):
        where = f"Line {number}: "
        if has_login(line):
            message = (
                f"{where}the address {LOGIN_IS_SEEN} Write ${{NAME}} for a variable of the job."
            )
            problems.append(warning("requirements", message))
        if line.startswith("-"):
            problems += _option_problems(where, line, has_files=has_files)
        elif _REMOTE.fullmatch(line):
            continue
        elif line.startswith(("/", "file:", "~")):
            problems.append(_path_warning(where, line))
        elif line.startswith(".") or (
            line.endswith((".whl", ".tar.gz", ".zip")) and "@" not in line
        ):
            problems += _local_file_problems(where, line, has_files=has_files)
        else:
            problems += _package_problems(where, number, line, first_lines)
    return tuple(problems)


def environment_problems(text: str, lost_values: Collection[str] = ()) -> tuple[Problem, ...]:
    """Return the problems of lines of `NAME=VALUE`, which are sent unchanged.

    `lost_values` are lines of a saved form that are only a name, as values are not saved.
    """
    problems: list[Problem] = []
    line_of_name: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        where = f"Line {number}: "
        name, equals, value = entry.removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not equals and line in lost_values and _is_visible_name(entry):
            sentence = f"{name} has no value: values are not saved to disk; type it again."
        else:
            sentence = _fault_sentence(name, entry) if equals else _no_equals_sentence(entry)
        if sentence:
            problems.append(Problem("environment", where + sentence))
            continue
        problems += _value_problems(where, entry, name, value)
        if name in line_of_name:
            message = f"{where}{name} is set on line {line_of_name[name]} too; the last one counts."
            problems.append(warning("environment", message))
        line_of_name[name] = number
    return tuple(problems)


def masked_line(line: str) -> str:
    """Return a line of the environment with its value masked.

    A comment or a line without a recognizable name is masked as a whole, as it may be a secret.
    """
    if not line.strip():
        return line
    name, equals, value = line.partition("=")
    bare_name = name.strip().removeprefix("export ").strip()
    if value.replace("=", "").strip():
        is_visible = not bare_name or is_variable(bare_name) or _is_visible_name(bare_name)
    else:
        is_visible = _is_visible_alone(bare_name)
    if is_visible:
        return f"{name}={MASK if value.strip() else value}" if equals else line
    return MASK


def assigned_name(line: str) -> str | None:
    """Return what is before the equals sign; `None` without one, or in a comment or base64."""
    name, equals, value = line.partition("=")
    is_padding = bool(value.strip()) and not value.replace("=", "").strip()
    return name if equals and not is_padding and not line.lstrip().startswith("#") else None


def with_values(text: str, before: str, names: Collection[str]) -> str:
    """Return `text`, with each line that is one of `names` replaced by its assignment in `before`.

    A name without an assignment in `before` stays as it is.
    """
    assignments = {line.partition("=")[0]: line for line in before.split("\n") if "=" in line}
    lines = text.split("\n")
    return "\n".join(assignments.get(line, line) if line in names else line for line in lines)


def has_new_values(text: str, before: str) -> bool:
    """Whether `text` has a line with a value that `before` does not have."""
    new_lines = set(text.split("\n")) - set(before.split("\n"))
    return any(line.partition("=")[2].strip() for line in new_lines)


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


def _option_problems(where: str, line: str, *, has_files: bool) -> tuple[Problem, ...]:
    parts = _OPTION.fullmatch(line)
    option, value = (
        (parts[1], (parts[2] or "").strip()) if parts else (line.split(maxsplit=1)[0], "")
    )
    if option in _FILE_OPTIONS:
        sentence = f"`{option}` names another file, which the job does not have; paste its lines."
    elif option in _EDITABLE:
        return _local_file_problems(where, value, has_files=has_files)
    elif option in _URL_OPTIONS and not re.match(r"https?://\S+$", value, re.IGNORECASE):
        sentence = f"`{option}` needs a URL after it, such as https://pypi.org/simple."
    elif option in _VALUE_OPTIONS and not value:
        sentence = f"`{option}` needs a package after it, or :all:."
    elif option in _URL_OPTIONS | _VALUE_OPTIONS | _BARE_OPTIONS:
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


def _path_warning(where: str, line: str) -> Problem:
    sentence = f"{quoted(line)} is a path, which only a Studio on this machine can read."
    return warning("requirements", where + sentence)


def _local_file_problems(where: str, line: str, *, has_files: bool) -> tuple[Problem, ...]:
    """Check a URL, or a path relative to the job's folder, which has its repository and files."""
    if _REMOTE.fullmatch(line) or has_files:
        return ()
    if line.startswith(("/", "~", "file:")):
        return (_path_warning(where, line),)
    sentence = f"{quoted(line)} is not in the job's folder; add it to the files, or a repository."
    return (Problem("requirements", where + sentence),)


def _package_problems(
    where: str, number: int, line: str, first_lines: dict[str, int]
) -> tuple[Problem, ...]:
    """Check a requirement such as `numpy>=1.24`; add its name to `first_lines` if it is new."""
    # Imported here, as the import takes 7 ms, and only forms need it.
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    try:
        requirement = Requirement(_HASHES.sub("", line))
    except InvalidRequirement:
        requirement = None
    # `packaging` accepts `===` without a version, which pip refuses.
    if requirement is None or any(not each.version for each in requirement.specifier):
        return (Problem("requirements", where + _why_invalid(line)),)
    if requirement.marker is not None:
        return ()
    first_line = first_lines.setdefault(canonicalize_name(requirement.name), number)
    if first_line != number:
        message = f"{where}{quoted(requirement.name)} is required on line {first_line} too."
        return (warning("requirements", message),)
    return ()


def _why_invalid(line: str) -> str:
    if turned := _TURNED_COMPARISON.fullmatch(line):
        corrected = quoted(f"{turned['name']}{turned['sign']}={turned['version'].strip()}")
        return f"{quoted(line)} has its comparison the wrong way round; type {corrected}."
    single = _SINGLE_EQUALS.fullmatch(line)
    if single:
        corrected = quoted(f"{single['name']}=={single['version'].strip()}")
        return f"{quoted(line)} has one equals sign; type {corrected}."
    words = line.split()
    if len(words) > 1 and all(re.fullmatch(r"[A-Za-z][\w.-]*", word) for word in words):
        return f"{quoted(line)} names {len(words)} packages; put each on a line of its own."
    if operator := re.search(r"(?:===|[=<>!~]=|[<>])$", line):
        return f"{quoted(line)} has no version after {operator[0]}."
    return f"{quoted(line)} is not a requirement such as numpy>=1.24."


def _is_visible_name(text: str) -> bool:
    """Whether a text, with or without `export`, is meant as a name and unlikely to be a secret."""
    name = text.removeprefix("export ").strip()
    is_name = is_variable(name) or _CAPITAL_NAME.fullmatch(name) is not None
    return is_name and len(name) <= _LONGEST_NAME and without_secrets(name) == name


def _is_visible_alone(text: str) -> bool:
    """Whether a text without a value is meant as a name; a pasted secret may look like one."""
    name = text.removeprefix("export ").strip()
    return _is_visible_name(name) and _USUAL_NAME.fullmatch(name) is not None


def _no_equals_sentence(entry: str) -> str:
    name = entry.removeprefix("export ").strip()
    if is_variable(name) and _is_visible_alone(name):
        return f"{name} has no value; type {name}=VALUE, or {name}= for an empty one."
    # The line is not quoted, as it may be a secret that was pasted without a name.
    return "it is not NAME=VALUE; type a name and an equals sign before the value."


def _fault_sentence(name: str, entry: str) -> str:
    if not name:
        return "there is no name before the equals sign; type NAME=VALUE."
    match variable_fault(name, entry):
        case VariableFault.NAME:
            # Other text may be the part of a secret before an equals sign.
            shown = name if _is_visible_name(name) else "the text before the equals sign"
            rule = "letters, digits and _ only, not beginning with a digit"
            return f"{shown} is not a valid variable name: {rule}."
        case VariableFault.LENGTH:
            return f"{name} is longer than 128 KiB, which cannot be passed to a program."
        case VariableFault.NUL:
            return f"{name} contains a NUL character, which cannot be passed to a program."
        case None:
            return ""


def _value_problems(where: str, entry: str, name: str, value: str) -> list[Problem]:
    messages: list[str] = []
    if entry.startswith("export "):
        messages.append(f"`export` is sent as typed; {name}=… alone is safer.")
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        messages.append(
            f"the quotes around the value of {name} are sent as typed; Studio may keep them."
        )
    elif value[:1] in {"'", '"'}:
        messages.append(
            f"the quote before the value of {name} has no end; a value has no line breaks."
        )
    return [warning("environment", where + message) for message in messages]
