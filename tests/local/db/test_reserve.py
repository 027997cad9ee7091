import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio_tui.local.db.reserve import Reserve
from tests import needs

SIZE = 8192


@contextmanager
def limited_file_size(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_reserve_occupies_its_size_and_is_released_once(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    reserve = Reserve(path, SIZE)
    assert not reserve.release(), "no space is occupied yet"
    reserve.fill()
    assert path.stat().st_blocks * 512 >= SIZE
    assert path.stat().st_mode & 0o777 == 0o600
    assert reserve.release()
    assert not path.exists()
    assert not reserve.release()


def test_a_reserve_of_an_earlier_server_is_used_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    Reserve(path, SIZE).fill()
    before = path.read_bytes()
    reserve = Reserve(path, SIZE)
    reserve.fill()
    assert path.read_bytes() == before
    assert reserve.release()


@needs.linux("elsewhere the limit of file sizes sends a signal")
def test_a_reserve_without_space_leaves_no_file_and_is_filled_later(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    reserve = Reserve(path, SIZE)
    with limited_file_size(SIZE // 2):
        reserve.fill()
        assert not path.exists()
        assert not reserve.release()
    reserve.fill()
    assert path.stat().st_size == SIZE


def test_a_link_in_place_of_the_reserve_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    path = tmp_path / "reserve"
    path.symlink_to(target)
    Reserve(path, SIZE).fill()
    assert target.read_text() == "mine"
