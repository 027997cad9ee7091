import json
import subprocess
import sys

import pytest

from tests import needs
from tests.bench.__main__ import KEPT, main
from tests.bench.suite import EMPTY, QUICK
from tests.bench.suite_keys import KeyBench
from tests.waiting import HANG


@pytest.mark.starts_processes
def test_a_benchmark_measures_what_it_names_and_little_of_it_is_no_baseline_for_the_next() -> None:
    before = KEPT.read_bytes() if KEPT.exists() else None
    (figures,) = _measured("poll")
    assert [figure["p50"] >= 0 for figure in figures] == [True] * len(figures)
    assert figures
    assert (KEPT.read_bytes() if KEPT.exists() else None) == before


@needs.time
def test_the_benchmark_measures_everything_it_names() -> None:
    sections = _measured("start", "storm", "hold", "poll", "idle", "memory", "jobs", "help")
    assert len(sections) == 8
    assert all(figures["p50"] >= 0 for section in sections for figures in section)


@needs.time
def test_the_benchmark_measures_logs() -> None:
    opening, paging, following, memory, searching = _measured(
        "open", "page", "follow", "log-memory", "log-search"
    )
    assert [len(section) for section in (opening, paging, memory, searching)] == [7, 4, 4, 4]
    assert len(following) == 8
    shown = following.pop(6)  # less than is measured, in so short a time
    assert shown["p50"] >= 0
    assert all(figures["p50"] > 0 for figures in (*opening, *paging, *following, *searching))
    assert all(figures["p50"] > 0 for figures in memory[:3])
    assert memory[3]["p50"] >= 0


@needs.time
def test_the_benchmark_measures_pipelines() -> None:
    reckoned, drawn, crossed, opened, keyed = _measured(
        "dag", "dag-draw", "dag-crossings", "dag-open", "dag-keys"
    )
    assert [len(reckoned), len(drawn), len(opened), len(keyed)] == [12, 10, 6, 6]
    # Without Graphviz there is nothing to compare with.
    assert len(crossed) in {5, 10}
    assert all((figures["times_floor"] or 0) <= 2 for figures in crossed)
    assert all(figures["p50"] > 0 for figures in (*reckoned, *drawn, *opened, *keyed))


@needs.time
def test_the_benchmark_measures_the_recorder() -> None:
    reading, disk, starting = _measured("recorder", "recorder-disk", "recorder-start")
    assert [len(reading), len(disk), len(starting)] == [15, 2, 3]
    assert all(figures["p50"] > 0 for figures in (*reading, *disk, *starting[:2]))


@pytest.mark.starts_processes
def test_a_section_that_there_is_not_is_reported_beside_those_that_there_are() -> None:
    with pytest.raises(SystemExit, match=r"no section recorders\. Sections are start, idle"):
        main(["--quick", "recorders"])


@needs.time
@pytest.mark.parametrize("section", ["keys", "cpu"])
def test_the_benchmark_measures_every_kind_of_key(section: str) -> None:
    (figures,) = _measured(section)
    keyed = list(KeyBench(QUICK, EMPTY).keyed())
    assert len(figures) == len(keyed)
    assert all(figure["p50"] > 0 for figure in figures)
    assert [figure["times_floor"] is not None for figure in figures] == [
        bool(each.floor) for each in keyed
    ]


def test_keys_are_compared_with_what_was_measured_before_and_have_goals_then() -> None:
    keyed = list(KeyBench(QUICK, EMPTY).keyed())
    names = [each.name for each in keyed]
    assert len(set(names)) == len(names)
    for number, each in enumerate(keyed):
        assert (each.floor in names[:number]) == bool(each.floor) == (each.goal is not None)
    assert sum(each.goal is not None for each in keyed) == 2 * len(QUICK.sizes) + 2


def _measured(*sections: str) -> list[list[dict[str, float]]]:
    """Run the benchmark, as little of it as there is, and return its figures by section."""
    command = [sys.executable, "-m", "tests.bench", "--quick", "--json", *sections]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 0, done.stderr
    report: dict[str, dict[str, dict[str, float]]] = json.loads(done.stdout)
    return [
        [figures for name, figures in section.items() if name != "unit"]
        for section in report.values()
    ]
