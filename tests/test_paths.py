"""Folders of the program are private, and those of the user stay as they are."""

import stat
from pathlib import Path

import pytest

from studio_tui.paths import create_private_dir


def _mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_a_new_folder_and_its_new_parents_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "program" / "log"
    assert create_private_dir(folder) == folder
    assert {_mode(each) for each in (folder, *folder.parents[:2])} == {0o700}


def test_a_folder_that_exists_keeps_its_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o775)
    create_private_dir(tmp_path / "shared")
    assert (_mode(tmp_path), _mode(tmp_path / "shared")) == (0o755, 0o775)


def test_a_file_or_a_broken_link_in_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "link", "file/folder"):
        with pytest.raises(OSError, match=name.partition("/")[0]):
            create_private_dir(tmp_path / name)
