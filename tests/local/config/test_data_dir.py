import shutil
from pathlib import Path

import pytest

from studio_tui.errors import ConfigError
from studio_tui.local.config.data_dir import DataDir


def test_a_new_data_directory_is_private(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    data.prepare()
    folders = (data.root, data.uploads, data.jobs, data.cache, data.cli_config)
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_a_folder_of_the_user_keeps_its_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o775)
    data = DataDir(tmp_path)
    data.prepare()
    assert tmp_path.stat().st_mode & 0o777 == 0o775
    assert data.jobs.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("inside", "subject"), [("", "it"), ("uploads", "{root}/uploads")])
def test_a_file_in_place_of_a_folder_is_named(tmp_path: Path, inside: str, subject: str) -> None:
    data = DataDir(tmp_path / "data")
    data.prepare()
    folder = data.root / inside
    shutil.rmtree(folder)
    folder.touch()
    with pytest.raises(ConfigError) as caught:
        data.prepare()
    why = f"{subject.format(root=data.root)} is not a folder."
    assert str(caught.value) == f"The data directory {data.root} cannot be used: {why}"
