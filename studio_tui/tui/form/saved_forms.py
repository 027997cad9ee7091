"""Drafts and templates of forms, saved from one run of the dashboard to the next."""

import json
import logging
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio_tui.addresses import without_logins
from studio_tui.files import exclusive_lock, read_json, store_if_possible
from studio_tui.paths import create_private_dir
from studio_tui.presentation.form.checks import job_name
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.field import MaskedPart
from studio_tui.presentation.form.fields import FIELDS, draft_from_json, draft_to_json
from studio_tui.presentation.form.line_checks import assigned_name, with_values
from studio_tui.text import safe_line

SENT, REPLACED = "sent", "replaced"
"""Keys of the draft sent last, and of the one that was last replaced."""

MAX_DRAFTS = 50
"""Maximum number of unfinished forms that are kept."""

NOT_SAVED = "Environment values, and logins in URLs, are not saved to disk."

NOT_STORED = "The form could not be saved to disk; see the program's log"
_REPLACED_OTHER = (
    "Another dashboard has saved this form too; f3 offers its input as “the form that was here "
    "before”."
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Saved:
    """A draft with what is known about lines of its environment that are not in the file."""

    draft: Draft
    unchanged: tuple[str, ...] = ()
    """Variables that have the values with which the form was opened."""
    dropped: int = 0
    """Number of lines that an earlier run did not save."""


class SavedForms:
    """The drafts and templates of one profile.

    Values of the environment and logins in URLs are only in drafts that were saved in this run, and
    never in the file. Methods may read or write the file: call them in a thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved: dict[str, _Saved] = {}
        self._templates: dict[str, Draft] = {}
        self._drafts_in_file: dict[str, Draft] | None = None
        """The drafts in the file when it was last read or written; `None` before that."""
        self._changed_elsewhere: set[str] = set()
        """Keys of drafts that other dashboards have written, and that no form shows yet."""
        self.is_stored = True
        """Whether the last attempt to write succeeded, so that all templates are in the file."""
        self._names_without_values: set[str] = set()
        """Lines of environments as read from disk: names without values, and lines `NAME=`."""
        self._lock = threading.Lock()

    def draft(self, key: str, initial_environment: str = "") -> Draft | None:
        """Return the draft saved under a key; `None` if there is none.

        Variables that were saved unchanged get their values from `initial_environment`.
        """
        with self._lock:
            self._read()
            self._changed_elsewhere.discard(key)
            saved = self._saved.get(key)
            if saved is None:
                return None
            return _with_values(saved.draft, initial_environment, saved.unchanged)

    def dropped_lines(self, key: str) -> int:
        """Return how many lines of a draft's environment an earlier run did not save."""
        with self._lock:
            self._read()
            return self._saved[key].dropped if key in self._saved else 0

    @property
    def lost_values(self) -> Collection[str]:
        """Names of variables that were read from disk without their values."""
        with self._lock:
            return frozenset(self._names_without_values)

    def keep(self, key: str, draft: Draft | None, initial_environment: str = "") -> str:
        """Save a draft under a key, or remove it (`None`); return what the user should know.

        If another dashboard has saved the draft since this one has read it, it is not removed, and
        becomes `REPLACED` if a new one is saved. `initial_environment` is the environment that the
        form had before the user typed.
        """
        with self._exclusively():
            words = ""
            before = self._saved.pop(key, None)
            if before and key in self._changed_elsewhere and key not in {SENT, REPLACED}:
                if draft is None:
                    self._saved[key] = before
                    return ""
                if draft != before.draft:
                    self._saved[REPLACED], words = before, _REPLACED_OTHER
            self._changed_elsewhere.discard(key)
            if draft is not None:
                names = _names_of_equal_lines(draft.environment, initial_environment)
                self._saved[key] = _Saved(draft, names)
            unfinished = [each for each in self._saved if each not in {SENT, REPLACED}]
            for oldest in unfinished[:-MAX_DRAFTS]:
                words = _dropped_words(self._saved.pop(oldest).draft)
            if draft != (before and before.draft) and not self._write():
                words = f"{NOT_STORED}. It is kept until the dashboard is closed."
            return words

    def templates(self) -> dict[str, Draft]:
        with self._lock:
            self._read()
            return dict(self._templates)

    def keep_template(self, name: str, draft: Draft | None) -> bool:
        """Save a template without its secrets, or remove it (`None`); return whether it worked."""
        with self._exclusively():
            if draft is None:
                self._templates.pop(name, None)
            else:
                self._templates[name] = self._without_secrets(draft)
            return self._write()

    def rename_template(self, name: str, new_name: str) -> bool:
        """Rename a template, replacing one with the new name; return whether it worked."""
        with self._exclusively():
            # If another dashboard has removed it, a template named `new_name` must stay.
            if name in self._templates:
                self._templates = {
                    new_name if each == name else each: draft
                    for each, draft in self._templates.items()
                    if each == name or each != new_name
                }
            return self._write()

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Read the file, and keep other threads and dashboards from writing it meanwhile."""
        with ExitStack() as locks:
            # Without a folder or locks of the file system, only threads are kept from writing.
            with suppress(OSError):
                folder = create_private_dir(self._path.parent)
                locks.enter_context(exclusive_lock(folder / f"{self._path.stem}.lock"))
            locks.enter_context(self._lock)
            self._read()
            yield

    def _read(self) -> None:
        """Read the file; what other dashboards have written replaces what is known here."""
        try:
            content = read_json(self._path)
            drafts = _parse_drafts(content.get("drafts"))
            templates = _parse_drafts(content.get("templates"))
            asides = dict(content.get("asides") or {})
        except FileNotFoundError:
            self._drafts_in_file = self._drafts_in_file or {}
            return
        except (OSError, ValueError, AttributeError, TypeError) as error:
            logger.warning("The saved forms could not be read: %s", type(error).__name__)
            return
        before = self._drafts_in_file or {}
        if self.is_stored:
            self._templates = templates
            for key in before.keys() - drafts.keys():
                self._saved.pop(key, None)
        for key, draft in drafts.items():
            # What could not be stored is newer than the file.
            if draft == before.get(key) or (key in self._saved and not self.is_stored):
                continue
            if self._drafts_in_file is not None:
                self._changed_elsewhere.add(key)
            names = draft.environment.split("\n")
            self._names_without_values.update(names)
            known = self._saved.pop(key, None)
            values = known.draft.environment if known else ""
            self._saved[key] = _parse_saved(_with_values(draft, values, names), asides.get(key))
        self._drafts_in_file = drafts
        for draft in templates.values():
            self._names_without_values.update(draft.environment.split("\n"))

    def _write(self) -> bool:
        drafts = {key: self._without_secrets(saved.draft) for key, saved in self._saved.items()}
        content = {
            "drafts": {key: draft_to_json(draft) for key, draft in drafts.items()},
            "templates": {name: draft_to_json(draft) for name, draft in self._templates.items()},
            "asides": {
                key: {"unchanged": saved.unchanged, "dropped": self._count_dropped(saved)}
                for key, saved in self._saved.items()
            },
        }
        self.is_stored = store_if_possible(self._path, json.dumps(content))
        if self.is_stored:
            self._drafts_in_file = drafts
        return self.is_stored

    def _count_dropped(self, saved: _Saved) -> int:
        lines = filter(str.strip, saved.draft.environment.split("\n"))
        return saved.dropped + sum(
            assigned_name(line) is None and line not in self._names_without_values for line in lines
        )

    def _without_secrets(self, draft: Draft) -> Draft:
        values: dict[str, FieldValue] = {}
        for name, field in FIELDS.items():
            if field.masked_part is MaskedPart.VALUES:
                values[name] = self._without_values(draft.value(name, ""))
            elif field.masked_part is MaskedPart.LOGINS:
                values[name] = without_logins(draft.value(name, ""))
        return draft.with_values(values)

    def _without_values(self, text: str) -> str:
        """Return the lines without their values; lines without a name are dropped.

        A line with only a name is invalid, so that the form cannot be sent by mistake.
        """
        lines = []
        for line in text.split("\n"):
            name = assigned_name(line)
            if name is not None:
                lines.append(name if line.partition("=")[2].strip() else line)
            elif line in self._names_without_values:
                lines.append(line)
        return "\n".join(lines)


def draft_title(draft: Draft) -> str:
    """Return the name of a draft's job, else the first line of its query; safe to draw."""
    return safe_line(job_name(draft) or draft.query.partition("\n")[0])


def _dropped_words(draft: Draft) -> str:
    name = draft_title(draft) or "one without a name"
    return f"At most {MAX_DRAFTS} unfinished forms are saved; the oldest was dropped: {name}."


def _with_values(draft: Draft, environment: str, names: Collection[str]) -> Draft:
    """Return a draft with the values in `environment` for the lines that are only a name."""
    return replace(draft, environment=with_values(draft.environment, environment, names))


def _names_of_equal_lines(environment: str, before: str) -> tuple[str, ...]:
    """Return the variables of the lines that both environments have."""
    lines = before.split("\n")
    return tuple(
        line.partition("=")[0] for line in environment.split("\n") if "=" in line and line in lines
    )


def _parse_saved(draft: Draft, aside: Any) -> _Saved:
    try:
        names, dropped = aside["unchanged"], aside["dropped"]
        return _Saved(draft, tuple(map(str, names)), int(dropped))
    except (KeyError, TypeError, ValueError):
        return _Saved(draft)


def _parse_drafts(content: Any) -> dict[str, Draft]:
    drafts: dict[str, Draft] = {}
    for key, fields in content.items() if isinstance(content, dict) else ():
        try:
            drafts[str(key)] = draft_from_json(fields)
        except ValueError:
            logger.warning("A saved form could not be read")
    return drafts
