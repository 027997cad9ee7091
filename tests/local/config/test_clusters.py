import os
import stat
from pathlib import Path

import pytest

from studio_tui.errors import ConfigError
from studio_tui.local.config.clusters import read_clusters
from studio_tui.local.http.cluster_routes import cluster_outputs

THREE = """
[[cluster]]
name = "small"
max_workers = 2
[[cluster]]
name = "large"
max_workers = 64
default = true
[[cluster]]
name = "asleep"
max_workers = 1
active = false
"""


def test_a_new_file_has_one_cluster_with_a_worker_per_processor(tmp_path: Path) -> None:
    path = tmp_path / "clusters.toml"
    clusters = read_clusters(path)
    assert [(c.name, c.max_workers) for c in clusters.all] == [("local", os.cpu_count())]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_clusters(path) == clusters


def test_responses_have_the_number_of_busy_workers_of_each_cluster(tmp_path: Path) -> None:
    path = tmp_path / "clusters.toml"
    path.write_text(THREE)
    small, large, asleep = cluster_outputs(read_clusters(path), {"large": 7})
    assert (small["id"], small["busy_workers"], small["default"]) == (1, 0, False)
    assert (large["id"], large["busy_workers"], large["default"]) == (2, 7, True)
    assert (asleep["status"], asleep["is_active"], asleep["active_workers"]) == (
        "INACTIVE",
        False,
        0,
    )


def test_the_first_cluster_is_the_default_when_none_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "clusters.toml"
    path.write_text(THREE.replace("default = true", ""))
    assert read_clusters(path).default.name == "small"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cluster = 3",
        "not toml at all [",
        THREE.replace("large", "small"),
        THREE.replace('name = "small"', 'name = "small"\ndefault = true'),
        THREE.replace("64", "0"),
        THREE.replace("64", '"64"'),
        THREE.replace("max_workers = 64", ""),
        THREE.replace("active", "activ"),
        THREE.replace('"small"', '""'),
    ],
)
def test_an_invalid_file_is_a_config_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "clusters.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"clusters\.toml"):
        read_clusters(path)
