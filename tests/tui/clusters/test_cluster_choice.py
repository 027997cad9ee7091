from pathlib import Path

import pytest

from studio_tui.tui.clusters.cluster_choice import ClusterChoice


def test_a_choice_is_known_in_the_next_run_and_can_be_undone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "cluster.json"
    assert ClusterChoice(path).name is None
    ClusterChoice(path).choose("gpu 日本")
    again = ClusterChoice(path)
    assert again.name == "gpu 日本"
    again.choose(None)
    assert ClusterChoice(path).name is None
    assert [file.name for file in path.parent.iterdir()] == ["cluster.json"]


@pytest.mark.parametrize(
    "text", ["", "[1]", "null", "{", '{"name": 1}', '{"name": ["a"]}', "[" * 9999]
)
def test_a_file_that_cannot_be_read_is_no_choice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cluster.json"
    path.write_text(text, "utf-8")
    assert ClusterChoice(path).name is None


def test_a_name_from_the_file_is_safe_to_draw(tmp_path: Path) -> None:
    path = tmp_path / "cluster.json"
    path.write_text('{"name": "a\\u001b[31mb"}', "utf-8")
    assert "\x1b" not in (ClusterChoice(path).name or "\x1b")


def test_a_choice_holds_though_it_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    choice = ClusterChoice(tmp_path / "file" / "cluster.json")
    choice.choose("gpu")
    assert choice.name == "gpu"
