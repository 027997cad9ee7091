"""Screenshots from the palette: their path, their permissions, and the errors."""

import os
import resource
import stat
from pathlib import Path

import pytest

from studio_tui.tui.frame.screenshots import screenshot_folder
from tests import needs
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, until, until_shown


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's home, which has no Downloads, and where the program was started."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("XDG_DOWNLOAD_DIR", raising=False)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return tmp_path


async def take(pilot: Dashboard) -> None:
    """Take a screenshot by the palette."""
    await pilot.press("ctrl+p", *"Screenshot")
    await until_shown(pilot, "Save an SVG 'screenshot'")
    await pilot.press("enter")


def pictures(folder: Path) -> list[Path]:
    return list(folder.glob("*.svg"))


@pytest.mark.parametrize("has_downloads", [True, False])
async def test_a_screenshot_is_for_its_owner_alone_in_downloads_or_the_current_folder(
    studio: ThreadStudio, home: Path, has_downloads: bool
) -> None:
    folder = home / ("Downloads" if has_downloads else "here")
    folder.mkdir(exist_ok=True)
    before = os.umask(0)
    try:
        async with dashboard(studio, home / "data") as pilot:
            await take(pilot)
            await until_shown(pilot, "Saved", " KiB, in")
            (picture,) = pictures(folder)
    finally:
        os.umask(before)
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600
    assert picture.name.startswith("studio-tui-20")
    assert picture.read_text().startswith("<svg")
    assert "Saved" not in picture.read_text()


@needs.linux("/sys is a folder that root may not write in either")
async def test_a_folder_that_takes_no_screenshot_is_reported(
    studio: ThreadStudio, home: Path
) -> None:
    (home / "Downloads").symlink_to("/sys", target_is_directory=True)
    async with dashboard(studio, home / "data") as pilot:
        await take(pilot)
        await until_shown(pilot, "No screenshot", "You have no permission to write in")
        assert pilot.app.is_running


async def test_a_current_folder_that_is_gone_takes_no_screenshot_and_the_user_is_notified(
    studio: ThreadStudio, home: Path
) -> None:
    async with dashboard(studio, home / "data") as pilot:
        (home / "here").rmdir()
        await take(pilot)
        await until_shown(pilot, "No screenshot", "The current folder no longer exists.")


async def test_a_disk_that_does_not_take_a_screenshot_is_reported_and_left_as_it_was(
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
            # The sentence has the name of the folder, and breaks anywhere.
            (notice,) = pilot.app._notifications
            assert notice.message.endswith("does not allow files this large.")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((home / "here").iterdir()) == []


def test_a_folder_named_downloads_that_is_none_is_passed_over(home: Path) -> None:
    (home / "Downloads").touch()
    assert screenshot_folder() == Path()
