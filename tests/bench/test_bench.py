import json
import subprocess
import sys

import pytest

from tests import needs
from tests.bench.__main__ import BASELINE_FILE, main
from tests.bench.suite import EMPTY, QUICK
from tests.bench.suite_keys import KeyBench
from tests.waiting import HANG


@pytest.mark.starts_processes
def test_a_quick_run_prints_its_figures_and_does_not_store_them_as_the_baseline() -> None:
    before = BASELINE_FILE.read_bytes() if BASELINE_FILE.exists() else None
    ((parsing, *polls),) = _measured("poll")
    assert parsing["p50"] > 0
    assert len(polls) == 3
    assert (BASELINE_FILE.read_bytes() if BASELINE_FILE.exists() else None) == before


@needs.time
def test_the_benchmark_measures_the_sections_without_a_test_of_their_own() -> None:
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
    following.pop(6)  # the CPU time of showing lines, which can be 0 in so short a time
    assert all(figures["p50"] > 0 for figures in (*opening, *paging, *following, *searching))
    assert all(figures["p50"] > 0 for figures in memory[:3])
    assert memory[3]["p50"] >= 0


@needs.time
def test_the_benchmark_measures_pipelines() -> None:
    processing, drawing, crossings, opening, keys = _measured(
        "dag", "dag-draw", "dag-crossings", "dag-open", "dag-keys"
    )
    assert [len(processing), len(drawing), len(opening), len(keys)] == [12, 10, 6, 6]
    # Without Graphviz, the five baselines are missing.
    assert len(crossings) in {5, 10}
    assert all((figures["times_floor"] or 0) <= 2 for figures in crossings)
    assert all(figures["p50"] > 0 for figures in (*processing, *drawing, *opening, *keys))


@needs.time
def test_the_benchmark_measures_the_recorder() -> None:
    reading, disk, starting = _measured("recorder", "recorder-disk", "recorder-start")
    assert [len(reading), len(disk), len(starting)] == [15, 2, 3]
    assert all(figures["p50"] > 0 for figures in (*reading, *disk, *starting[:2]))


@pytest.mark.starts_processes
def test_an_unknown_section_is_reported_together_with_the_known_ones() -> None:
    with pytest.raises(SystemExit, match=r"no section recorders\. Sections are start, idle"):
        main(["--quick", "recorders"])


@needs.time
@pytest.mark.parametrize("section", ["keys", "cpu"])
def test_the_benchmark_measures_every_kind_of_key(section: str) -> None:
    (figures,) = _measured(section)
    measurements = list(KeyBench(QUICK, EMPTY).measurements())
    assert len(figures) == len(measurements)
    assert all(figure["p50"] > 0 for figure in figures)
    assert [figure["times_floor"] is not None for figure in figures] == [
        bool(each.floor) for each in measurements
    ]


def test_measurements_with_a_goal_have_an_earlier_measurement_as_their_baseline() -> None:
    measurements = list(KeyBench(QUICK, EMPTY).measurements())
    names = [each.name for each in measurements]
    assert len(set(names)) == len(names)
    for number, each in enumerate(measurements):
        assert (each.floor in names[:number]) == bool(each.floor) == (each.goal is not None)
    assert sum(each.goal is not None for each in measurements) == 2 * len(QUICK.table_sizes) + 2


def _measured(*sections: str) -> list[list[dict[str, float]]]:
    """Run sections of the benchmark with `--quick`, and return their figures."""
    command = [sys.executable, "-m", "tests.bench", "--quick", "--json", *sections]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 0, done.stderr
    report: dict[str, dict[str, dict[str, float]]] = json.loads(done.stdout)
    return [
        [figures for name, figures in section.items() if name != "unit"]
        for section in report.values()
    ]
