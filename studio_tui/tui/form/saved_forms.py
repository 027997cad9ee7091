"""Drafts and templates of forms, saved from one run of the dashboard to the next."""

import json
import logging
import threading
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio_tui.addresses import without_logins
from studio_tui.files import read_json, store_if_possible
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.field import Secret
from studio_tui.presentation.form.fields import FIELDS, draft_from_json, draft_to_json
from studio_tui.presentation.form.line_checks import with_values

MAX_DRAFTS = 20
"""The latest are kept."""

NOT_SAVED = "Environment values, and logins in URLs, are not saved to disk."

logger = logging.getLogger(__name__)


class SavedForms:
    """The drafts and templates of one profile.

    Values of the environment and logins in URLs are only in drafts that were saved in this run, and
    never in the file. Methods may read or write the file: call them in a thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._drafts: dict[str, Draft] | None = None
        """Drafts by key; `None` until the file is read."""
        self._templates: dict[str, Draft] = {}
        """Templates by name."""
        self._initial_environments: dict[str, str] = {}
        """What the forms of drafts saved in this run had as environment at first, by key."""
        self._unchanged_names: dict[str, list[str]] = {}
        """Variables that had their initial values when an earlier run saved them, by key."""
        self._dropped_counts: dict[str, int] = {}
        """Number of lines that an earlier run did not save, by key."""
        self._names_without_values: set[str] = set()
        """Lines of environments as read from disk: names without values, and lines `NAME=`."""
        self._lock = threading.Lock()

    def draft(self, key: str, initial_environment: str = "") -> Draft | None:
        """Return the draft saved under a key; `None` if there is none.

        Variables that were saved unchanged get their values from `initial_environment`.
        """
        with self._lock:
            saved = self._read().get(key)
            if saved is None:
                return None
            names = self._unchanged_names.get(key, ())
            return replace(
                saved, environment=with_values(saved.environment, initial_environment, names)
            )

    def dropped_lines(self, key: str) -> int:
        """Return how many lines of a draft's environment an earlier run did not save."""
        with self._lock:
            self._read()
            return self._dropped_counts.get(key, 0)

    @property
    def lost_values(self) -> Collection[str]:
        """Names of variables that were read from disk without their values."""
        with self._lock:
            return frozenset(self._names_without_values)

    def keep(self, key: str, draft: Draft | None, initial_environment: str = "") -> None:
        """Save a draft under a key, or remove it (`None`).

        `initial_environment` is the environment that the form had before the user typed.
        """
        with self._lock:
            drafts = self._read()
            before = drafts.pop(key, None)
            for notes in (self._initial_environments, self._unchanged_names, self._dropped_counts):
                notes.pop(key, None)
            if draft is not None:
                drafts[key] = draft
                self._initial_environments[key] = initial_environment
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
        """Save a template without its secrets, or remove it (`None`); return whether it worked."""
        with self._lock:
            self._read()
            if draft is None:
                self._templates.pop(name, None)
            else:
                self._templates[name] = self._without_secrets(draft)
            return self._write()

    def rename_template(self, name: str, new_name: str) -> bool:
        """Rename a template, replacing one with the new name; return whether it worked."""
        with self._lock:
            self._read()
            # Another dashboard may have removed it, and then must not lose `new_name` either.
            if name in self._templates:
                self._templates = {
                    new_name if each == name else each: draft
                    for each, draft in self._templates.items()
                    if each == name or each != new_name
                }
            return self._write()

    def _read(self) -> dict[str, Draft]:
        if self._drafts is not None:
            return self._drafts
        self._drafts = {}
        try:
            content = read_json(self._path)
            self._drafts = _drafts(content.get("drafts"))
            self._templates = _drafts(content.get("templates"))
            self._read_asides(content.get("asides"))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, AttributeError) as error:
            logger.warning("The saved forms could not be read: %s", type(error).__name__)
        for draft in (*self._drafts.values(), *self._templates.values()):
            self._names_without_values.update(draft.environment.split("\n"))
        return self._drafts

    def _read_asides(self, asides: Any) -> None:
        for key, aside in asides.items() if isinstance(asides, dict) else ():
            if not isinstance(aside, dict):
                continue
            names, dropped = aside.get("unchanged"), aside.get("dropped")
            if isinstance(names, list):
                self._unchanged_names[key] = [name for name in names if isinstance(name, str)]
            if isinstance(dropped, int):
                self._dropped_counts[key] = dropped

    def _aside(self, key: str, draft: Draft) -> dict[str, Any]:
        """Return what to save about the environment of a draft besides its names."""
        lines = [line for line in draft.environment.split("\n") if line.strip()]
        initial_lines = set(self._initial_environments.get(key, "").split("\n"))
        unchanged = [
            line.partition("=")[0] for line in lines if "=" in line and line in initial_lines
        ]
        dropped = sum("=" not in line and line not in self._names_without_values for line in lines)
        return {
            "unchanged": [*self._unchanged_names.get(key, ()), *unchanged],
            "dropped": self._dropped_counts.get(key, 0) + dropped,
        }

    def _write(self) -> bool:
        drafts = self._read()

        def to_json(forms: dict[str, Draft]) -> dict[str, Any]:
            return {key: draft_to_json(self._without_secrets(form)) for key, form in forms.items()}

        content = {
            "drafts": to_json(drafts),
            "templates": to_json(self._templates),
            "asides": {key: self._aside(key, draft) for key, draft in drafts.items()},
        }
        return store_if_possible(self._path, json.dumps(content))

    def _without_secrets(self, draft: Draft) -> Draft:
        values: dict[str, FieldValue] = {}
        for name, field in FIELDS.items():
            if field.secret is Secret.VALUES:
                values[name] = self._without_values(draft.value(name, ""))
            elif field.secret is Secret.LOGINS:
                values[name] = without_logins(draft.value(name, ""))
        return draft.with_values(values)

    def _without_values(self, text: str) -> str:
        """Return the lines without their values; lines without a name are dropped.

        A line with only a name is invalid, so that the form cannot be sent by mistake.
        """
        lines = []
        for line in text.split("\n"):
            name, equals, value = line.partition("=")
            if equals:
                lines.append(name if value.strip() else line)
            elif line in self._names_without_values:
                lines.append(line)
        return "\n".join(lines)


def _drafts(content: Any) -> dict[str, Draft]:
    drafts: dict[str, Draft] = {}
    for key, fields in content.items() if isinstance(content, dict) else ():
        try:
            drafts[str(key)] = draft_from_json(fields)
        except ValueError:
            logger.warning("A saved form could not be read")
    return drafts
