"""Compares forms: the form of a job before and after editing, and the forms of several jobs.

All lines are safe to draw.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import unified_diff
from itertools import islice
from typing import Any

from studio_tui.addresses import without_logins
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.field import MaskedPart
from studio_tui.presentation.form.fields import FIELDS, value_of
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.text import safe_line

UNCHANGED_HINT = "Each job keeps its own value, unless one is typed here for all of them."

_DEFAULT = "server default"
_EMPTY = "empty"
"""Shown for an empty value of a variable."""
_SAME_ENTRIES = "the same but for order, repeats, blanks or comments"
_TONES = {"+": Tone.GOOD, "-": Tone.BAD, "@": Tone.ACCENT, "~": Tone.ACTIVE}


def query_changes(before: str, after: str) -> Iterator[Cell]:
    """Yield a unified diff without its header; slow for long queries."""
    if before == after:
        return
    lines = unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=3)
    for line in islice(lines, 2, None):  # without the header
        yield Cell(safe_line(line), _TONES.get(line[0], Tone.PLAIN))


def setting_changes(
    before: Draft, after: Draft, files: Mapping[str, str], *, with_secrets: bool
) -> Iterator[Cell]:
    """Yield a line such as `workers: 1 → 4` for each change, except those of the query.

    `files` are safe names of uploads, by upload id.
    """
    for name, field in FIELDS.items():
        old: Any = value_of(name, before)
        new: Any = value_of(name, after)
        if name == "query" or old == new:
            continue  # a query is compared by `query_changes`
        if isinstance(old, bool):
            yield Cell(f"{field.label}: {_yes_or_no(new)}", Tone.ACTIVE)
        elif field.has_lines:
            if field.masked_part is MaskedPart.VALUES:
                lines = [*_variables(old, new, with_secrets=with_secrets)]
            else:
                changed = _changed_lines(_entries(old, files), _entries(new, files))
                lines = [(sign, _value(line, with_secrets=with_secrets)) for sign, line in changed]
            for sign, line in lines or [("~", _SAME_ENTRIES)]:
                yield Cell(f"{field.label}: {sign} {safe_line(line)}", _TONES[sign])
        elif old.strip() != new.strip():
            values = (_value(value, with_secrets=with_secrets) for value in (old, new))
            yield Cell(f"{field.label}: {' → '.join(values)}", Tone.ACTIVE)


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


def _value(text: str, *, with_secrets: bool) -> str:
    shown = text.strip() if with_secrets else without_logins(text.strip(), MASK)
    return safe_line(shown) or _DEFAULT


def _entries(value: str | tuple[str, ...], files: Mapping[str, str]) -> dict[str, None]:
    """Return the lines of a field that are not empty, as the keys of a dictionary."""
    entries = value.split("\n") if isinstance(value, str) else value
    lines = (files.get(entry, entry).strip() for entry in entries)
    return dict.fromkeys(line for line in lines if line)


def _changed_lines(before: Collection[str], after: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield `-` and each removed line, then `+` and each added line."""
    for sign, lines, others in (("-", before, after), ("+", after, before)):
        yield from ((sign, line) for line in lines if line not in others)


def _variables(before: str, after: str, *, with_secrets: bool) -> Iterator[tuple[str, str]]:
    """Yield `-`, `+` or `~`, and each variable that was removed, added or changed."""
    old, new = _parse_variables(before), _parse_variables(after)
    for name, value in old.items():
        if name not in new:
            yield "-", f"{name}={value}" if with_secrets else name
    for name, value in new.items():
        if name not in old:
            yield "+", f"{name}={value if with_secrets or not value else MASK}"
        elif old[name] != value:
            change = f"{old[name] or _EMPTY} → {value or _EMPTY}"
            yield "~", f"{name}={change if with_secrets else MASK}"


def _parse_variables(environment: str) -> dict[str, str]:
    """Return the last value of each variable by its name; other lines are left out."""
    lines = (line.strip() for line in environment.split("\n") if not line.lstrip().startswith("#"))
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: value for name, _, value in pairs}


# One form for several jobs.


def common_form(drafts: Sequence[Draft]) -> Draft:
    """Return the form with the values that all `drafts` share; fields that differ are empty."""
    differing = differences(drafts)
    return drafts[0].with_values({name: FIELDS[name].empty for name in differing})


def differences(drafts: Sequence[Draft]) -> dict[str, int]:
    """Return the number of different values of each field that differs, by its name."""
    counts = {name: len({value_of(name, draft) for draft in drafts}) for name in FIELDS}
    return {name: count for name, count in counts.items() if count > 1}


def changed_values(start: Draft, form: Draft) -> Mapping[str, FieldValue]:
    """Return the values in `form` that differ from the values in `start`, by field."""
    values = {name: value_of(name, form) for name in FIELDS}
    return {name: value for name, value in values.items() if value != value_of(name, start)}


def differs_placeholder(name: str, count: int) -> str:
    """Return the placeholder of a field that differs between the jobs: `(differs: 3 values)`."""
    return f"(differs: {count} {'queries' if name == 'query' else 'values'})"
