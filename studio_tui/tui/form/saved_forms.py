"""Drafts and templates of forms, saved from one run of the dashboard to the next."""

import json
import logging
import threading
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from studio_tui.addresses import without_logins
from studio_tui.files import read_json, store_if_possible
from studio_tui.presentation.form.checks import job_name
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.field import MaskedPart
from studio_tui.presentation.form.fields import FIELDS, draft_from_json, draft_to_json
from studio_tui.presentation.form.line_checks import with_initial_values, without_values
from studio_tui.text import safe_line

SENT, REPLACED = "sent", "replaced"
"""Keys of the draft sent last, and of the one that was last replaced."""

MAX_DRAFTS = 50
"""Maximum number of drafts that are kept."""

SECRETS_NOT_SAVED = "Environment values, and logins in URLs, are not saved to disk."

SAVING_FAILED = "The form could not be saved to disk; see the program's log"
_REPLACED_OTHER = (
    "Another dashboard has saved this form too; f3 offers its input as “the form that was here "
    "before”."
)

logger = logging.getLogger(__name__)


class SavedForms:
    """The drafts and templates of one profile, each in a file of its own.

    If several dashboards save the same form, its file has what was saved last, and that of
    `REPLACED` what another dashboard had saved before. Values of the environment and logins in URLs
    are never in a file; those of drafts are kept in memory until the dashboard is closed.

    Methods may read or write files: call them in a thread.
    """

    def __init__(self, folder: Path) -> None:
        self._drafts, self._templates = folder / "drafts", folder / "templates"
        self._of_this_run: dict[str, Draft] = {}
        """The drafts read or saved in this run, by key."""
        self._in_files: dict[str, Draft | None] = {}
        """By key: the draft that this run has last read from its file, or written there."""
        self._unstored: dict[str, Draft | None] = {}
        """Drafts as in files, or `None` if removed, that could not be stored yet, by key."""
        self._lock = threading.Lock()

    @property
    def is_stored(self) -> bool:
        """Whether the files have all drafts."""
        return not self._unstored

    def draft(self, key: str, initial_environment: str = "") -> Draft | None:
        """Return the draft saved under a key; `None` if there is none.

        Variables that were saved unchanged get their values from `initial_environment`.
        """
        with self._lock:
            if key not in self._of_this_run:
                _, saved = _read(_file(self._drafts, key))
                self._in_files[key] = saved
                if saved is None:
                    return None
                self._of_this_run[key] = _with_values(saved, initial_environment)
            return self._of_this_run[key]

    def keep(self, key: str, draft: Draft | None, initial_environment: str = "") -> str:
        """Save a draft under a key, or remove it (`None`); return what the user should know.

        A draft that another dashboard has saved meanwhile is not removed, and becomes `REPLACED` if
        a new one is saved. `initial_environment` is the environment that the form had before the
        user typed.
        """
        with self._lock:
            words, file = "", _file(self._drafts, key)
            self._unstored.pop(key, None)
            in_file = None if key in {SENT, REPLACED} else _read(file)[1]
            is_of_another = in_file not in {None, self._in_files.get(key)}
            if draft is not None:
                self._of_this_run[key] = draft
                draft = _without_secrets(draft, initial_environment)
                if is_of_another and in_file != draft:
                    words = self._put_aside(file)
            elif self._of_this_run.pop(key, None) is None or is_of_another:
                return ""
            self._unstored[key] = draft
            for each, unstored in tuple(self._unstored.items()):
                if not _store(self._drafts, each, unstored):
                    return f"{SAVING_FAILED}. It is kept until the dashboard is closed."
                self._in_files[each] = self._unstored.pop(each)
            return words or self._drop_oldest(key)

    def templates(self) -> dict[str, Draft]:
        """Return the templates, sorted by name."""
        templates = map(_read, self._templates.glob("*.json"))
        return dict(sorted((name, draft) for name, draft in templates if draft is not None))

    def keep_template(self, name: str, draft: Draft | None) -> bool:
        """Save a template without its secrets, or remove it (`None`); return whether it worked."""
        return _store(self._templates, name, None if draft is None else _without_secrets(draft))

    def _put_aside(self, file: Path) -> str:
        """Make the draft of another dashboard `REPLACED`; return words about it."""
        try:
            file.replace(_file(self._drafts, REPLACED))
        except OSError:
            return ""
        self._of_this_run.pop(REPLACED, None)
        return _REPLACED_OTHER

    def _drop_oldest(self, newest_key: str) -> str:
        """Remove the files of the oldest drafts above the limit; return words about it."""
        words = ""
        # The clock may have been set back since other files were written.
        kept = {_file(self._drafts, each) for each in (newest_key, SENT, REPLACED)}
        with suppress(FileNotFoundError):  # another dashboard may remove files meanwhile
            files = [
                (file in kept, file.stat().st_mtime_ns, file)
                for file in self._drafts.glob("*.json")
            ]
            for *_, file in sorted(files)[:-MAX_DRAFTS]:
                _, draft = _read(file)
                name = (draft and draft_title(draft)) or "one without a name"
                file.unlink()
                words = (
                    f"At most {MAX_DRAFTS} unfinished forms are saved; "
                    f"the oldest was dropped: {name}."
                )
        return words


def draft_title(draft: Draft) -> str:
    """Return the name of a draft's job, else the first line of its query; safe to draw."""
    return safe_line(job_name(draft) or draft.query.partition("\n")[0])


def is_saved_completely(draft: Draft, initial_environment: str) -> bool:
    """Whether the file of a draft has all of it, or values of `initial_environment` complete it."""
    saved = _without_secrets(draft, initial_environment)
    return _with_values(saved, initial_environment) == draft


def _without_secrets(draft: Draft, initial_environment: str = "") -> Draft:
    values: dict[str, FieldValue] = {}
    for name, field in FIELDS.items():
        text = draft.value(name, "")
        if field.masked_part is MaskedPart.VALUES:
            values[name] = without_values(text, initial_environment)
        elif field.masked_part is MaskedPart.LOGINS:
            values[name] = without_logins(text)
    return draft.with_values(values)


def _with_values(draft: Draft, initial_environment: str) -> Draft:
    environment = with_initial_values(draft.environment, initial_environment)
    return replace(draft, environment=environment)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"


def _store(folder: Path, name: str, draft: Draft | None) -> bool:
    """Replace or remove (`None`) the file of a draft; return whether it worked."""
    file = _file(folder, name)
    if draft is not None:
        content = {"name": name, "form": draft_to_json(draft)}
        return store_if_possible(file, json.dumps(content))
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("A saved form could not be removed: %s", error)
        return False
    return True


def _read(file: Path) -> tuple[str, Draft | None]:
    """Return the name in a file and its draft, which is `None` if there is none to read."""
    try:
        content = read_json(file)
        return str(content["name"]), draft_from_json(content["form"])
    except FileNotFoundError:
        pass
    except (OSError, ValueError, LookupError, TypeError) as error:
        logger.warning("A saved form could not be read: %s", type(error).__name__)
    return "", None
