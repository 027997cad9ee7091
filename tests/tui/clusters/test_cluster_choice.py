from pathlib import Path

import pytest

from studio_tui.tui.clusters.cluster_choice import ClusterChoice


def test_a_choice_is_restored_after_a_restart_and_can_be_cleared(tmp_path: Path) -> None:
    path = tmp_path / "state" / "cluster.json"
    assert ClusterChoice(path).name is None
    ClusterChoice(path).choose("gpu 日本")
    reloaded = ClusterChoice(path)
    assert reloaded.name == "gpu 日本"
    reloaded.choose(None)
    assert ClusterChoice(path).name is None
    assert [file.name for file in path.parent.iterdir()] == ["cluster.json"]


@pytest.mark.parametrize(
    "text", ["", "[1]", "null", "{", '{"name": 1}', '{"name": ["a"]}', "[" * 9999]
)
def test_an_unreadable_file_has_no_choice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cluster.json"
    path.write_text(text, "utf-8")
    assert ClusterChoice(path).name is None


def test_a_name_from_the_file_is_safe_to_draw(tmp_path: Path) -> None:
    path = tmp_path / "cluster.json"
    path.write_text('{"name": "a\\u001b[31mb"}', "utf-8")
    assert "\x1b" not in (ClusterChoice(path).name or "\x1b")


def test_a_choice_that_cannot_be_saved_stays_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    choice = ClusterChoice(tmp_path / "file" / "cluster.json")
    choice.choose("gpu")
    assert choice.name == "gpu"
