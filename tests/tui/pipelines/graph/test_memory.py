from pathlib import Path

import pytest

from studio_tui.tui.pipelines.graph.memory import (
    MOST_PIPELINES,
    DagMemory,
    DagPlace,
    Grouping,
    Mode,
)


def test_what_was_remembered_is_found_again(tmp_path: Path) -> None:
    memory = DagMemory()
    place = DagPlace(
        mode=Mode.TIMELINE,
        cursor="a",
        folds=frozenset({"b"}),
        opened=frozenset({"\0name::shard_*"}),
        marks=("c", "d"),
        drawer=False,
        grouping=Grouping.STAGE,
        span=600.0,
    )
    memory.note("7", place)
    memory.save(tmp_path / "deep" / "dags.json")
    again = DagMemory.load(tmp_path / "deep" / "dags.json")
    assert again.place("7") == place
    assert again.place("8") == DagPlace(mode=Mode.TIMELINE)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"mode": "spiral"}', '{"places": {"7": {"marks": 7}}}']
)
def test_what_cannot_be_read_costs_the_places_and_no_more(tmp_path: Path, text: str) -> None:
    (tmp_path / "dags.json").write_text(text)
    assert DagMemory.load(tmp_path / "dags.json") == DagMemory()


def test_the_places_of_the_last_pipelines_are_kept() -> None:
    memory = DagMemory()
    for number in range(MOST_PIPELINES + 5):
        memory.note(str(number), DagPlace(top=number))
    memory.note("7", DagPlace(top=1))
    assert len(memory.places) == MOST_PIPELINES
    assert list(memory.places)[-1] == "7"
    assert "4" not in memory.places
