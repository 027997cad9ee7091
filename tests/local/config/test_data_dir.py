from pathlib import Path

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
