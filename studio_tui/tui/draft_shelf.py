"""What is kept of forms from one run to the next: those that were left, and templates.

The file is its owner's alone, and still holds no secret: the values of the environment and what
logs in to a URL stay in memory. All but the constructor asks the disk: call it in a thread.
"""

import json
import logging
import os
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio_tui.paths import private_dir
from studio_tui.presentation.draft import Draft

KEPT = 20
"""Forms that were left and are kept, the last ones."""

NOT_KEPT = "Values of the environment, and logins in URLs, are not kept on disk."

logger = logging.getLogger(__name__)

_URL_LOGIN = re.compile(r"(\w://)[^/@\s]+@")


class DraftShelf:
    """The forms of one profile. Within a run they are whole; from the disk they lack secrets."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._drafts: dict[str, Draft] | None = None
        self._templates: dict[str, Draft] = {}
        self._names: set[str] = set()
        """Names of variables that came from the disk without their values."""
        self._lock = threading.Lock()
        """Two threads at once would take the file from under each other."""

    def draft(self, key: str) -> Draft | None:
        """Return the form that was left under a key."""
        with self._lock:
            return self._read().get(key)

    def keep(self, key: str, draft: Draft | None) -> None:
        """Keep a form as it is left; `None` for nothing more to keep."""
        with self._lock:
            drafts = self._read()
            before = drafts.pop(key, None)
            if draft is not None:
                drafts[key] = draft
            for oldest in list(drafts)[:-KEPT]:
                del drafts[oldest]
            if draft != before:
                self._write()

    def templates(self) -> dict[str, Draft]:
        """Return the templates by name."""
        with self._lock:
            self._read()
            return dict(self._templates)

    def keep_template(self, name: str, draft: Draft | None) -> bool:
        """Keep a form under a name, or with `None` no longer; return whether the disk took it."""
        with self._lock:
            self._read()
            self._templates.pop(name, None)
            if draft is not None:
                self._templates[name] = self._without_secrets(draft)
            return self._write()

    def rename_template(self, name: str, other: str) -> bool:
        """Keep a template under another name, in its place; return whether the disk took it."""
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
            found = json.loads(self._path.read_bytes())
            self._drafts = _drafts(found.get("drafts"))
            self._templates = _drafts(found.get("templates"))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, AttributeError) as error:
            logger.warning("The forms that were left could not be read: %s", type(error).__name__)
        for draft in (*self._drafts.values(), *self._templates.values()):
            self._names.update(draft.environment.split("\n"))
        return self._drafts

    def _write(self) -> bool:
        whole = {"drafts": self._read(), "templates": self._templates}
        text = json.dumps(
            {
                kind: {
                    name: json.loads(self._without_secrets(draft).to_json())
                    for name, draft in drafts.items()
                }
                for kind, drafts in whole.items()
            }
        )
        fresh = self._path.with_suffix(".new")
        try:
            private_dir(self._path.parent)
            fresh.unlink(missing_ok=True)
            with os.fdopen(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
            ) as file:
                file.write(text)
            fresh.replace(self._path)
        except OSError as error:
            logger.warning("The form could not be kept: %s", error)
            return False
        return True

    def _without_secrets(self, draft: Draft) -> Draft:
        """Return a form as it may lie on a disk.

        A variable without its value is no valid line, so it cannot be sent by mistake.
        """
        lines = []
        for line in draft.environment.split("\n"):
            name, equals, value = line.partition("=")
            if equals:
                lines.append(name if value.strip() else line)
            elif line in self._names:
                lines.append(line)
        return replace(
            draft,
            environment="\n".join(lines),
            requirements=_URL_LOGIN.sub(r"\1", draft.requirements),
            repository=_URL_LOGIN.sub(r"\1", draft.repository),
        )


def _drafts(found: Any) -> dict[str, Draft]:
    """Return what was written, as far as it can be read."""
    drafts: dict[str, Draft] = {}
    for name, fields in found.items() if isinstance(found, dict) else ():
        try:
            drafts[str(name)] = Draft.from_json(json.dumps(fields))
        except ValueError:
            logger.warning("A form that was left could not be read")
    return drafts
