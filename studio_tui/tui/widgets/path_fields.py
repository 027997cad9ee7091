"""Fields in which paths of this machine are typed, and completed with tab."""

import asyncio
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.suggester import Suggester

from studio_tui.tui.draft_files import completed
from studio_tui.tui.widgets.code_area import CodeArea


class PathSuggester(Suggester):
    """Completes the path on a line."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the path with its last name completed, where that is sure."""
        return await asyncio.to_thread(completed, value) if value else None


class PathArea(CodeArea):
    """A path a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab",
            "complete",
            "complete or next",
            show=False,
            id="form.complete_path",
            tooltip="Complete the path, else go to the next field",
        )
    ]

    def update_suggestion(self) -> None:
        """Look for how the path before the cursor goes on."""
        if self.is_attached:
            self._look_for_path()

    def action_complete(self) -> None:
        """Take the suggestion, or go on."""
        if self.suggestion:
            self.insert(self.suggestion)
        else:
            self.screen.focus_next()

    @work(name="complete", group="complete", exclusive=True)
    async def _look_for_path(self) -> None:
        before = self._path()
        whole = await asyncio.to_thread(completed, before) if before else None
        if before == self._path():
            self.suggestion = whole[len(before) :] if whole else ""

    def _path(self) -> str:
        """Return what stands before the cursor; nothing where the cursor is not at the end."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        return line if column == len(line) else ""

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Suggest nothing that the user has not come to."""
        super().watch_has_focus(_has_focus)
        self.suggestion = ""
