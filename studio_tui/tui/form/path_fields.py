"""Fields for local paths, with completion by tab."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.suggester import Suggester
from textual.widget import Widget

from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.form.form_field import COMPLETE, FieldInput, FormField
from studio_tui.tui.form.validation import path_of
from studio_tui.tui.widgets.lifetime import Lifetime

_MAX_WAIT = 1.0
"""Seconds to wait for a folder; keys pressed meanwhile are handled after the wait."""


async def _candidates_in_time(typed: str) -> list[str] | None:
    """Return the candidates; `None` if the folder does not respond in time."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(_candidates, typed), _MAX_WAIT)
    except TimeoutError:
        return None


async def _complete(field: Widget, typed: str, accept: Callable[[str], object]) -> None:
    """Complete a path as far as it is unique, and offer the names with which it can go on.

    If the path is complete or has no completion, go to the next field.
    """
    names = await _candidates_in_time(typed) if typed else []
    completed = _complete_path(typed, names) if names else None
    if completed is not None:
        accept(completed)
    elif names is not None and (not names or typed.rpartition("/")[2] in names):
        field.screen.focus_next()
        return
    field.post_message(FormField.Completed(names or [], is_longer=completed is not None))


class PathInput(FieldInput):
    """An input for one path."""

    async def action_complete(self) -> None:  # type: ignore[override]
        def accept(completed: str) -> None:
            self.value = completed
            self.cursor_position = len(completed)

        await _complete(self, self.value, accept)


class PathSuggester(Suggester):
    """Completes the path in an input."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the path completed as far as it is unique; `None` if nothing can be added."""
        return await asyncio.to_thread(_complete_path, value) if value else None


class PathArea(Lifetime, CodeArea):
    """A text area with one path per line."""

    BINDINGS: ClassVar[list[BindingType]] = [COMPLETE]

    def update_suggestion(self) -> None:
        if self.is_alive:
            self._suggest_path()

    async def action_complete(self) -> None:
        typed = self._path_before_cursor()
        await _complete(self, typed, lambda completed: self.insert(completed[len(typed) :]))

    @work(name="complete", group="complete", exclusive=True)
    async def _suggest_path(self) -> None:
        typed = self._path_before_cursor()
        completed = await asyncio.to_thread(_complete_path, typed) if typed else None
        if typed == self._path_before_cursor():
            self.suggestion = completed[len(typed) :] if completed else ""

    def _path_before_cursor(self) -> str:
        """Return the line with the cursor; empty if the cursor is not at the line's end."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        return line if column == len(line) else ""

    def watch_has_focus(self, _has_focus: bool) -> None:
        super().watch_has_focus(_has_focus)
        self.suggestion = ""


def _candidates(typed: str) -> list[str]:
    """Return the names with which a path can be completed, sorted; folders end in `/`."""
    folder, _, prefix = typed.rpartition("/")
    folder_path = path_of(f"{folder}/") if folder or typed.startswith("/") else Path()
    try:
        with os.scandir(folder_path) as entries:
            return sorted(
                f"{entry.name}/" if entry.is_dir() else entry.name
                for entry in entries
                if entry.name.startswith(prefix) and (prefix or not entry.name.startswith("."))
            )
    except (OSError, ValueError):
        return []


def _complete_path(typed: str, names: list[str] | None = None) -> str | None:
    """Return a path completed as far as all its candidates agree; `None` if they add nothing.

    `names` are the candidates if they are known already.
    """
    prefix = typed.rpartition("/")[2]
    names = _candidates(typed) if names is None else names
    common = os.path.commonprefix(names)  # noqa: RUF071 (compares characters, not folders)
    completed = common if common.isprintable() else ""
    return typed + completed[len(prefix) :] if len(completed) > len(prefix) else None
