"""Compares the form of a job that is run again with the edited form."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice
from types import MappingProxyType
from typing import Any

from studio_tui.addresses import without_logins
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.field import MaskedPart
from studio_tui.presentation.form.fields import FIELDS, label, value_of
from studio_tui.presentation.form.repeat_notes import NO_FILES
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.text import safe_line

_DEFAULT = "server default"
_EMPTY = "empty"
"""Shown for an empty value of a variable."""
_SAME_ENTRIES = "the same but for order, repeats, blanks or comments"
_TONES = {"+": Tone.GOOD, "-": Tone.BAD, "@": Tone.ACCENT, "~": Tone.ACTIVE}


@dataclass(frozen=True)
class Difference:
    """How a form differs from the job that it was filled from; every line is safe to draw."""

    query: tuple[Cell, ...]
    """A unified diff without its header; empty if the query is unchanged."""
    settings: tuple[Cell, ...]
    """One line per changed setting, such as `workers: 1 → 4`; secrets are masked."""
    revealed_settings: tuple[Cell, ...]
    """The lines of `settings` with their secrets."""
    as_submitted: tuple[Cell, ...]
    """One line per setting that Studio does not send and that has the value recorded here."""
    defaults: tuple[Cell, ...]
    """One line per setting that Studio does not send and that gets Studio's default."""


def difference(
    before: Draft,
    after: Draft,
    not_sent: Collection[str] = (),
    submitted: Collection[str] = (),
    *,
    files: Mapping[str, str] = MappingProxyType({}),
) -> Difference:
    """Return the changes from `before` to `after`; slow for long queries: call it in a thread.

    Args:
        before: The form of the job; like `after`, with a query from a file in `query`.
        after: The edited form.
        not_sent: The result of `fields_not_sent`.
        submitted: Fields that Studio does not send and that are known from the history.
        files: Safe names of uploads, by upload id.
    """
    return Difference(
        tuple(_query(before.query, after.query)),
        tuple(_settings(before, after, files, with_secrets=False)),
        tuple(_settings(before, after, files, with_secrets=True)),
        tuple(
            Cell(f"{label(name)}: {_shown(value_of(name, after), files)}, as submitted from here")
            for name in submitted
            if value_of(name, after) and value_of(name, after) == value_of(name, before)
        ),
        tuple(Cell(_default_line(name), Tone.WARN) for name in not_sent),
    )


def _default_line(name: str) -> str:
    if name == "files":
        return NO_FILES
    return f"{label(name)}: {_DEFAULT}, because Studio does not say what it was"


def _shown(value: FieldValue, files: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return _yes_or_no(value)
    if isinstance(value, str):
        return safe_line(value.strip())
    return ", ".join(files.get(entry) or safe_line(entry.strip()) for entry in value)


def _query(before: str, after: str) -> Iterator[Cell]:
    if before == after:
        return
    lines = unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=3)
    for line in islice(lines, 2, None):  # without the header
        yield Cell(safe_line(line), _TONES.get(line[0], Tone.PLAIN))


def _settings(
    before: Draft, after: Draft, files: Mapping[str, str], *, with_secrets: bool
) -> Iterator[Cell]:
    for name, field in FIELDS.items():
        old: Any = value_of(name, before)
        new: Any = value_of(name, after)
        if name == "query" or old == new:
            continue  # a query is compared by `_query`
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
