"""Compares the form of a job that is run again with the edited form, before the edit is sent."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice
from types import MappingProxyType
from typing import Any

from studio_tui.addresses import without_logins
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.field import FieldWidget, Secret
from studio_tui.presentation.form.fields import FIELDS, label, value_of
from studio_tui.presentation.form.repeat_notes import NO_FILES
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.text import safe_line

_DEFAULT = "server default"
"""Shown for an empty setting."""
_TONES = {"+": Tone.GOOD, "-": Tone.BAD, "@": Tone.ACCENT}


@dataclass(frozen=True)
class Difference:
    """How a form differs from the job that it was filled from; every line is safe to draw."""

    query: tuple[Cell, ...]
    """A unified diff without its header; empty if the query is unchanged."""
    settings: tuple[Cell, ...]
    """One line per changed setting, such as `workers: 1 → 4`."""
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
    """Return the changes from `before` to `after`.

    Values of variables are masked, and logins in changed settings. Secrets in the query are shown.
    Both drafts have the text of the query in `query`, even if it came from a file. `not_sent` are
    the fields that `fields_not_sent` returns. `submitted` are fields that Studio does not send, and
    that were recorded when the job was submitted. `files` are safe names of uploads by upload id.
    Comparing long queries is slow, so call this in a thread.
    """
    return Difference(
        tuple(_query(before.query, after.query)),
        tuple(_settings(before, after, files)),
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


def _settings(before: Draft, after: Draft, files: Mapping[str, str]) -> Iterator[Cell]:
    for name, field in FIELDS.items():
        old: Any = value_of(name, before)
        new: Any = value_of(name, after)
        if field.secret is Secret.VALUES:
            yield from _variables(_parse_variables(old), _parse_variables(new))
        elif isinstance(old, tuple):
            old_entries = [files.get(entry, entry) for entry in old]
            new_entries = [files.get(entry, entry) for entry in new]
            yield from _lines(field.label, old_entries, new_entries)
        elif isinstance(old, bool):
            if old != new:
                yield Cell(f"{field.label}: {_yes_or_no(new)}", Tone.ACTIVE)
        elif name == "query":
            pass  # compared by `_query`
        elif field.widget is FieldWidget.TEXT:
            yield from _lines(field.label, old.split("\n"), new.split("\n"))
        elif old.strip() != new.strip():
            yield Cell(f"{field.label}: {_value(old)} → {_value(new)}", Tone.ACTIVE)


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


def _value(text: str) -> str:
    return safe_line(without_logins(text.strip(), MASK)) or _DEFAULT


def _lines(label: str, before: Collection[str], after: Collection[str]) -> Iterator[Cell]:
    for sign, lines, others in (("-", before, after), ("+", after, before)):
        other_lines = {line.strip() for line in others}
        for line in dict.fromkeys(line.strip() for line in lines):
            if line and line not in other_lines:
                yield Cell(f"{label}: {sign} {_value(line)}", _TONES[sign])


def _parse_variables(environment: str) -> dict[str, str]:
    """Return the last value of each variable, by its name with an equals sign: `{"MODE=": "full"}`.

    A line without an equals sign is a key as a whole, with an empty value.
    """
    lines = (line.strip() for line in environment.split("\n"))
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {f"{name}{equals}": value for name, equals, value in pairs}


def _variables(before: dict[str, str], after: dict[str, str]) -> Iterator[Cell]:
    for name in before:
        if name not in after:
            yield _variable("-", Tone.BAD, name)
    for name, value in after.items():
        if name not in before:
            yield _variable("+", Tone.GOOD, name)
        elif before[name] != value:
            yield _variable("~", Tone.ACTIVE, name)


def _variable(sign: str, tone: Tone, name: str) -> Cell:
    """Return a line about a variable.

    `name` ends with an equals sign, unless it is a whole line without an equals sign.
    """
    text = MASK  # a line without an equals sign may be a secret as a whole
    if name.endswith("="):
        text = name.removesuffix("=") if sign == "-" else f"{name}{MASK}"
    return Cell(f"{label('environment')}: {sign} {safe_line(text)}", tone)
