"""Drafts and templates of forms, saved from one run to the next.

The file is readable by its owner only, and still contains no secrets: values of the environment and
logins in URLs stay in memory. All methods access the disk: call them in a thread.
"""

import json
import logging
import threading
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio_tui.addresses import without_logins
from studio_tui.files import keep, read_json
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.field import Secret
from studio_tui.presentation.form.fields import FIELDS, draft_from_json, draft_to_json
from studio_tui.presentation.form.line_checks import with_values

MAX_DRAFTS = 20
"""The most drafts that are saved; the latest are kept."""

NOT_SAVED = "Environment values, and logins in URLs, are not saved to disk."

logger = logging.getLogger(__name__)


class SavedForms:
    """The forms of one profile, complete within a run, but without secrets on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._drafts: dict[str, Draft] | None = None
        self._templates: dict[str, Draft] = {}
        self._given: dict[str, str] = {}
        """The initial environment of forms in this run, by key."""
        self._unchanged: dict[str, list[str]] = {}
        """Names of variables from disk whose values were the initial ones, by key."""
        self._dropped: dict[str, int] = {}
        """Number of lines that were not saved to disk, by key."""
        self._names: set[str] = set()
        """Names of variables that were read from disk without their values."""
        self._lock = threading.Lock()
        """Prevents two threads from writing the file at the same time."""

    def draft(self, key: str, given: str = "") -> Draft | None:
        """Return the draft saved under a key.

        Values of its initial environment that were not changed are taken from `given`.
        """
        with self._lock:
            saved = self._read().get(key)
            if saved is None:
                return None
            environment = with_values(saved.environment, given, self._unchanged.get(key, ()))
            return replace(saved, environment=environment)

    def dropped_lines(self, key: str) -> int:
        """Return how many lines of a form's environment were not saved to disk."""
        with self._lock:
            self._read()
            return self._dropped.get(key, 0)

    @property
    def lost_values(self) -> Collection[str]:
        """Names of variables that were read from disk without their values."""
        with self._lock:
            return frozenset(self._names)

    def keep(self, key: str, draft: Draft | None, given: str = "") -> None:
        """Save a draft whose initial environment was `given`; with `None`, remove the draft."""
        with self._lock:
            drafts = self._read()
            before = drafts.pop(key, None)
            for noted in (self._given, self._unchanged, self._dropped):
                noted.pop(key, None)
            if draft is not None:
                drafts[key] = draft
                self._given[key] = given
            for oldest in list(drafts)[:-MAX_DRAFTS]:
                del drafts[oldest]
            if draft != before:
                self._write()

    def templates(self) -> dict[str, Draft]:
        """Return the templates by name."""
        with self._lock:
            self._read()
            return dict(self._templates)

    def keep_template(self, name: str, draft: Draft | None) -> bool:
        """Save a template, in the place of one with its name; with `None`, remove it.

        Return whether writing succeeded.
        """
        with self._lock:
            self._read()
            if draft is None:
                self._templates.pop(name, None)
            else:
                self._templates[name] = self._without_secrets(draft)
            return self._write()

    def rename_template(self, name: str, other: str) -> bool:
        """Rename a template, keeping its position; return whether writing succeeded."""
        with self._lock:
            self._read()
            self._templates = {
                other if each == name else each: draft
                for each, draft in self._templates.items()
                if each != other or each == name
            }
            return self._write()

    def _read(self) -> dict[str, Draft]:
        if self._drafts is not None:
            return self._drafts
        self._drafts = {}
        try:
            found = read_json(self._path)
            self._drafts = _drafts(found.get("drafts"))
            self._templates = _drafts(found.get("templates"))
            self._read_asides(found.get("asides"))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, AttributeError) as error:
            logger.warning("The forms that were left could not be read: %s", type(error).__name__)
        for draft in (*self._drafts.values(), *self._templates.values()):
            self._names.update(draft.environment.split("\n"))
        return self._drafts

    def _read_asides(self, found: Any) -> None:
        """Read the saved notes about drafts, see `_aside`."""
        for key, aside in found.items() if isinstance(found, dict) else ():
            if not isinstance(aside, dict):
                continue
            names, dropped = aside.get("unchanged"), aside.get("dropped")
            if isinstance(names, list):
                self._unchanged[key] = [name for name in names if isinstance(name, str)]
            if isinstance(dropped, int):
                self._dropped[key] = dropped

    def _aside(self, key: str, draft: Draft) -> dict[str, Any]:
        """Return notes to save about the environment that a draft cannot contain."""
        lines = [line for line in draft.environment.split("\n") if line.strip()]
        given = set(self._given.get(key, "").split("\n"))
        same = [line.partition("=")[0] for line in lines if "=" in line and line in given]
        lost = sum("=" not in line and line not in self._names for line in lines)
        return {
            "unchanged": [*self._unchanged.get(key, ()), *same],
            "dropped": self._dropped.get(key, 0) + lost,
        }

    def _write(self) -> bool:
        whole = {"drafts": self._read(), "templates": self._templates}
        asides = {key: self._aside(key, draft) for key, draft in self._read().items()}
        forms: dict[str, Any] = {
            kind: {
                name: draft_to_json(self._without_secrets(draft)) for name, draft in drafts.items()
            }
            for kind, drafts in whole.items()
        }
        return keep(self._path, json.dumps({**forms, "asides": asides}))

    def _without_secrets(self, draft: Draft) -> Draft:
        """Return a form without secrets, for the disk.

        A variable without its value is an invalid line, so it cannot be sent by mistake.
        """
        values: dict[str, FieldValue] = {}
        for name, field in FIELDS.items():
            if field.secret is Secret.VALUES:
                values[name] = self._without_values(draft.value(name, ""))
            elif field.secret is Secret.LOGINS:
                values[name] = without_logins(draft.value(name, ""))
        return draft.with_values(values)

    def _without_values(self, text: str) -> str:
        """Return lines of NAME=VALUE as names; other lines only if they were read like that."""
        lines = []
        for line in text.split("\n"):
            name, equals, value = line.partition("=")
            if equals:
                lines.append(name if value.strip() else line)
            elif line in self._names:
                lines.append(line)
        return "\n".join(lines)


def _drafts(found: Any) -> dict[str, Draft]:
    """Return the valid drafts of a parsed file."""
    drafts: dict[str, Draft] = {}
    for name, fields in found.items() if isinstance(found, dict) else ():
        try:
            drafts[str(name)] = draft_from_json(fields)
        except ValueError:
            logger.warning("A form that was left could not be read")
    return drafts
