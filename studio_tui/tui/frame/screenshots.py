"""Pictures of a screen as files, for their owner alone, as a screen may show anything."""

from pathlib import Path
from typing import Any

from textual import work
from textual.app import App

from studio_tui import clock


def screenshot_folder() -> Path:
    """Return the user's Downloads folder; where there is none, the current one."""
    from platformdirs import user_downloads_path  # noqa: PLC0415 (not before it is needed)

    downloads = user_downloads_path()
    return downloads if downloads.is_dir() else Path()


class SavesScreenshots(App[Any]):
    """Saves screenshots as logs are saved, and says where they are or why they are not.

    Textual's own can be read by everybody, and their failures are not told.
    """

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """Save what is in sight in the folder `path`, else where downloads go, in a worker."""
        stamp = clock.now().astimezone().strftime(time_format or "%Y-%m-%d-%H%M%S-%f")
        name = filename or f"studio-tui-{stamp}.svg"
        folder = Path(path) if path else screenshot_folder()
        self._save_picture(self.export_screenshot(), str(folder / name))
        return None

    @work(name="screenshot", group="screenshot")
    async def _save_picture(self, picture: str, typed: str) -> None:
        # Not before the first paint: this loads how logs are kept.
        from studio_tui.presentation.format import size  # noqa: PLC0415
        from studio_tui.text import safe_line  # noqa: PLC0415
        from studio_tui.tui.frame.saving import CannotSaveError, path_of, save, text  # noqa: PLC0415

        try:
            saved = await save(text(picture), path_of(typed), replace=False)
        except CannotSaveError as error:
            self.notify(error.why, title="No screenshot", severity="error", markup=False)
        else:
            words = f"{size(saved.size)}, in {safe_line(str(saved.path))}"
            self.notify(words, title="Saved", markup=False)
