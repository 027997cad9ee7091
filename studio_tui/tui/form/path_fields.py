"""Fields for local paths, with completion by tab."""

import asyncio
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.suggester import Suggester

from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.form.draft_files import candidates, complete_path
from studio_tui.tui.form.form_field import FieldInput, FormField, completing
from studio_tui.tui.widgets.lifetime import Lifetime

_LONGEST_LOOK = 1.0
"""Maximum seconds to wait for a folder: keys pressed meanwhile are delayed as long."""


async def _names(typed: str) -> list[str] | None:
    """Return the completions of a path; `None` if the folder does not respond in time."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(candidates, typed), _LONGEST_LOOK)
    except TimeoutError:
        return None


def _moves_on(typed: str, names: list[str] | None) -> bool:
    """Return whether tab moves on: the path is empty or complete, or has no completion."""
    return names is not None and (not names or not typed or typed.rpartition("/")[2] in names)


class PathInput(FieldInput):
    """An input for one path."""

    async def action_complete(self) -> None:  # type: ignore[override]
        """Complete the path as far as unique, or offer its completions; else move on."""
        names = await _names(self.value) if self.value else []
        whole = complete_path(self.value, names) if names else None
        if whole is not None:
            self.value = whole
            self.cursor_position = len(whole)
        elif _moves_on(self.value, names):
            self.screen.focus_next()
            return
        self.post_message(FormField.Offered(names or []))


class PathSuggester(Suggester):
    """Completes the path in an input."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the path completed as far as unique; `None` if it cannot be."""
        return await asyncio.to_thread(complete_path, value) if value else None


class PathArea(Lifetime, CodeArea):
    """A text area with one path per line."""

    BINDINGS: ClassVar[list[BindingType]] = [completing("form.complete_path")]

    def update_suggestion(self) -> None:
        """Look up the completion of the path before the cursor."""
        if self.is_alive:
            self._suggest_path()

    async def action_complete(self) -> None:
        """Complete the path as far as unique, or offer its completions; else move on."""
        typed = self._path()
        names = await _names(typed) if typed else []
        whole = complete_path(typed, names) if names else None
        if whole is not None:
            self.insert(whole[len(typed) :])
        elif _moves_on(typed, names):
            self.screen.focus_next()
            return
        self.post_message(FormField.Offered(names or []))

    @work(name="complete", group="complete", exclusive=True)
    async def _suggest_path(self) -> None:
        before = self._path()
        whole = await asyncio.to_thread(complete_path, before) if before else None
        if before == self._path():
            self.suggestion = whole[len(before) :] if whole else ""

    def _path(self) -> str:
        """Return the line before the cursor; empty unless the cursor is at its end."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        return line if column == len(line) else ""

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Clear the suggestion when the focus changes."""
        super().watch_has_focus(_has_focus)
        self.suggestion = ""
