"""Changes to the file of clusters while the local Studio runs."""

import os
from pathlib import Path

import pytest

from studio_tui.local.config.clusters import ClusterFile

ONE = '[[cluster]]\nname = "local"\nmax_workers = 2\n'
TWO = f'{ONE}[[cluster]]\nname = "gpu"\nmax_workers = 8\n'


def names(file: ClusterFile) -> list[str]:
    return [cluster.name for cluster in file.clusters.all]


async def test_a_changed_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "clusters.toml"
    path.write_text(ONE)
    file = ClusterFile(path)
    assert not await file.reread()
    path.write_text(TWO)
    assert await file.reread()
    assert (names(file), file.problem) == (["local", "gpu"], None)
    assert not await file.reread()


async def test_a_file_replaced_by_one_with_the_same_time_and_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clusters.toml"
    path.write_text(ONE)
    file = ClusterFile(path)
    fresh = tmp_path / "fresh"
    fresh.write_text(ONE.replace("2", "3"))
    times = path.stat()
    os.utime(fresh, ns=(times.st_atime_ns, times.st_mtime_ns))
    fresh.replace(path)
    assert await file.reread()
    assert file.clusters.default.max_workers == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cluster = 3", "are invalid: cluster"),
        ("not toml [", "are not valid TOML"),
        ("", "are invalid"),
        (ONE.replace("2", "0"), "cluster 1 max_workers"),
        (ONE + ONE.replace("local", "gpu").replace("2", "true"), "cluster 2 max_workers"),
    ],
)
async def test_an_invalid_file_keeps_the_last_valid_clusters_and_reports_the_problem(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "clusters.toml"
    path.write_text(TWO)
    file = ClusterFile(path)
    path.write_text(text)
    assert not await file.reread()
    assert names(file) == ["local", "gpu"]
    assert file.problem is not None
    assert problem in file.problem
    assert "Until then the last valid clusters apply." in file.problem
    path.write_text(TWO)
    assert not await file.reread()
    assert file.problem is None


async def test_a_missing_file_or_a_folder_in_its_place_keeps_the_last_valid_clusters(
    tmp_path: Path,
) -> None:
    path = tmp_path / "clusters.toml"
    path.write_text(TWO)
    file = ClusterFile(path)
    path.unlink()
    assert not await file.reread()
    assert (names(file), "is missing" in str(file.problem)) == (["local", "gpu"], True)
    assert not path.exists()
    path.mkdir()
    assert not await file.reread()
    assert "it is a folder" in str(file.problem)
    path.rmdir()
    path.write_text(ONE)
    assert await file.reread()
    assert (names(file), file.problem) == (["local"], None)
