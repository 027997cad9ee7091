from pathlib import Path

import pytest

from studio_tui.tui.clusters.cluster_choice import ClusterChoice


@pytest.mark.parametrize(
    "text", ["", "[1]", "null", "{", '{"name": 1}', '{"name": ["a"]}', "[" * 9999]
)
def test_an_unreadable_file_has_no_choice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cluster.json"
    path.write_text(text, "utf-8")
    assert ClusterChoice.load(path).name is None


def test_a_name_from_the_file_is_safe_to_draw(tmp_path: Path) -> None:
    path = tmp_path / "cluster.json"
    path.write_text('{"name": "a\\u001b[31mb"}', "utf-8")
    assert "\x1b" not in (ClusterChoice.load(path).name or "\x1b")
