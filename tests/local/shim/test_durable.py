from pathlib import Path

import pytest

from studio_tui.local.shim.durable import (
    copy_file,
    remove,
    write_durably,
    write_into_reserve,
    write_new,
)
from tests.local.permissions import permissions_matter


def test_a_new_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    write_new(tmp_path / "a", b"secret")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_a_new_file_does_not_replace_a_file_or_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "existing").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("existing", "link"):
        with pytest.raises(FileExistsError):
            write_new(tmp_path / name, b"new")
    assert (tmp_path / "existing").read_text() == "kept"
    assert not (tmp_path / "nowhere").exists()


def test_a_durably_written_file_replaces_the_earlier_one_without_a_temporary_file(
    tmp_path: Path,
) -> None:
    for text in (b"a longer first one", b"second"):
        write_durably(tmp_path / "a", text)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"second"


def test_a_temporary_file_left_by_a_crash_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".a.tmp").write_text("half")
    write_durably(tmp_path / "a", b"whole")
    assert (tmp_path / "a").read_bytes() == b"whole"


def test_a_reserve_becomes_the_written_file_and_keeps_its_length(tmp_path: Path) -> None:
    write_new(tmp_path / "reserve", b"x" * 100)
    reserved = (tmp_path / "reserve").stat().st_ino
    write_into_reserve(tmp_path / "reserve", tmp_path / "a", b"{}")
    assert (tmp_path / "a").read_bytes() == b"{}" + b" " * 98
    assert (tmp_path / "a").stat().st_ino == reserved
    assert not (tmp_path / "reserve").exists()


def test_a_copy_replaces_a_link_and_not_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("kept")
    (tmp_path / "name").symlink_to(tmp_path / "target")
    (tmp_path / "source").write_text("copied")
    copy_file(tmp_path / "source", tmp_path / "name")
    assert (tmp_path / "name").read_text() == "copied"
    assert not (tmp_path / "name").is_symlink()
    assert (tmp_path / "target").read_text() == "kept"


def test_a_copy_does_not_replace_a_folder(tmp_path: Path) -> None:
    (tmp_path / "name").mkdir()
    (tmp_path / "source").write_text("copied")
    with pytest.raises(OSError, match=r"directory|permitted"):
        copy_file(tmp_path / "source", tmp_path / "name")


def test_a_folder_is_removed_although_nobody_can_write_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    (folder / "b" / "c").mkdir(parents=True)
    (folder / "b" / "file").touch()
    (folder / "link").symlink_to(tmp_path)
    (folder / "b" / "c").chmod(0)
    (folder / "b").chmod(0o500)
    folder.chmod(0o500)
    tmp_path.chmod(0o750)
    with permissions_matter():
        remove(folder)
    assert [*tmp_path.iterdir()] == []
    assert tmp_path.stat().st_mode & 0o777 == 0o750
