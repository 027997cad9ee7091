"""Screenshots as files that only their owner can read, as a screen may show secrets."""

from pathlib import Path
from typing import Any

from textual import work
from textual.app import App

from studio_tui import clock


def screenshot_folder() -> Path:
    """Return the user's Downloads folder, or the current folder if there is none."""
    from platformdirs import user_downloads_path  # noqa: PLC0415 (not before it is needed)

    downloads = user_downloads_path()
    return downloads if downloads.is_dir() else Path()


class SavesScreenshots(App[Any]):
    """Saves screenshots that only the owner can read, and notifies the user of the outcome."""

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """Save the screen in the folder `path`, by default `screenshot_folder()`."""
        stamp = clock.now().astimezone().strftime(time_format or "%Y-%m-%d-%H%M%S-%f")
        name = filename or f"studio-tui-{stamp}.svg"
        folder = Path(path) if path else screenshot_folder()
        self._save_picture(self.export_screenshot(), str(folder / name))
        return None

    @work(name="screenshot", group="screenshot")
    async def _save_picture(self, picture: str, path: str) -> None:
        # Not at the start, as these modules import the log storage.
        from studio_tui.presentation.format import size  # noqa: PLC0415
        from studio_tui.text import safe_line  # noqa: PLC0415
        from studio_tui.tui.frame.saving import CannotSaveError, path_of, save, text_pieces  # noqa: PLC0415

        try:
            saved = await save(text_pieces(picture), path_of(path))
        except CannotSaveError as error:
            self.notify(f"No screenshot: {error}", severity="error", markup=False)
        else:
            words = f"Saved: {size(saved.size)}, in {safe_line(str(saved.path))}"
            self.notify(words, markup=False)
