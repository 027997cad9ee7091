"""Screenshots from the palette: their path, their permissions, and the errors."""

import os
import resource
import stat
from pathlib import Path

import pytest

from studio_tui.tui.frame.screenshots import screenshot_folder
from tests import needs
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, notices, until, until_notified, until_shown


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home without Downloads; the current folder is `here` in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("XDG_DOWNLOAD_DIR", raising=False)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return tmp_path


async def take_screenshot(pilot: Dashboard) -> None:
    """Take a screenshot from the palette."""
    await pilot.press("ctrl+p", *"Screenshot")
    await until_shown(pilot, "Save an SVG 'screenshot'")
    await pilot.press("enter")


def pictures(folder: Path) -> list[Path]:
    return list(folder.glob("*.svg"))


@pytest.mark.parametrize("has_downloads", [True, False])
async def test_a_screenshot_is_a_private_file_in_downloads_or_the_current_folder(
    studio: ThreadStudio, home: Path, has_downloads: bool
) -> None:
    folder = home / ("Downloads" if has_downloads else "here")
    folder.mkdir(exist_ok=True)
    before = os.umask(0)
    try:
        async with dashboard(studio, home / "data") as pilot:
            await take_screenshot(pilot)
            await until_shown(pilot, "Saved", " KiB, in")
            (picture,) = pictures(folder)
    finally:
        os.umask(before)
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600
    assert picture.name.startswith("studio-tui-20")
    assert picture.read_text().startswith("<svg")
    assert "Saved" not in picture.read_text()


@needs.linux("/sys is a folder that root may not write in either")
async def test_a_folder_without_write_permission_is_reported(
    studio: ThreadStudio, home: Path
) -> None:
    (home / "Downloads").symlink_to("/sys", target_is_directory=True)
    async with dashboard(studio, home / "data") as pilot:
        await take_screenshot(pilot)
        await until_shown(pilot, "No screenshot", "cannot be")
        assert pilot.app.is_running


async def test_a_current_folder_that_no_longer_exists_is_reported(
    studio: ThreadStudio, home: Path
) -> None:
    async with dashboard(studio, home / "data") as pilot:
        (home / "here").rmdir()
        await take_screenshot(pilot)
        await until_shown(pilot, "No screenshot", "There is no folder")


async def test_a_screenshot_above_the_file_size_limit_is_reported_and_leaves_no_file(
    studio: ThreadStudio, home: Path
) -> None:
    async with dashboard(studio, home / "data") as pilot:
        await until(pilot, lambda: pilot.app.is_running)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        picture = pilot.app.export_screenshot
        assert len(picture()) > 4096
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            pilot.app.deliver_screenshot()
            await until_shown(pilot, "No screenshot")
            # On the screen, the message is wrapped where the length of the folder's name requires.
            (notice,) = pilot.app._notifications
            assert notice.message.endswith("cannot be written: File too large.")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((home / "here").iterdir()) == []


def test_a_regular_file_named_downloads_is_not_used_as_a_folder(home: Path) -> None:
    (home / "Downloads").touch()
    assert screenshot_folder() == Path()


async def test_the_error_for_a_taken_name_of_a_screenshot_does_not_ask_to_type_another(
    studio: ThreadStudio, home: Path
) -> None:
    (home / "here" / "taken.svg").touch()
    async with dashboard(studio, home / "data") as pilot:
        pilot.app.deliver_screenshot("taken.svg")
        await until_notified(pilot, "No screenshot: taken.svg exists already.")
        assert "type" not in "".join(notices(pilot))
