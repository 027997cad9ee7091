from pathlib import Path

import pytest

from studio_tui.tui.pipelines.graph.memory import (
    MOST_PIPELINES,
    DagMemory,
    DagPlace,
    Grouping,
    Mode,
)


def test_a_saved_place_is_loaded_and_its_mode_applies_to_other_pipelines(tmp_path: Path) -> None:
    memory = DagMemory()
    place = DagPlace(
        mode=Mode.TIMELINE,
        cursor="a",
        folds=frozenset({"b"}),
        opened=frozenset({"\0name::shard_*"}),
        marks=("c", "d"),
        drawer=False,
        grouping=Grouping.NAME,
    )
    memory.note("7", place)
    (tmp_path / "dags.json").write_text(memory.model_dump_json(), "utf-8")
    loaded = DagMemory.load(tmp_path / "dags.json")
    assert loaded.place("7") == place
    assert loaded.place("8") == DagPlace(mode=Mode.TIMELINE)


def test_an_unknown_grouping_in_the_file_does_not_lose_the_places(tmp_path: Path) -> None:
    text = '{"places": {"7": {"cursor": "a", "grouping": "stage"}}}'
    (tmp_path / "dags.json").write_text(text)
    assert DagMemory.load(tmp_path / "dags.json").place("7") == DagPlace(cursor="a")


@pytest.mark.parametrize(
    "text", ["", "[]", '{"mode": "spiral"}', '{"places": {"7": {"marks": 7}}}']
)
def test_an_unreadable_file_is_loaded_as_an_empty_memory(tmp_path: Path, text: str) -> None:
    (tmp_path / "dags.json").write_text(text)
    assert DagMemory.load(tmp_path / "dags.json") == DagMemory()


def test_only_the_places_of_the_last_pipelines_are_kept() -> None:
    memory = DagMemory()
    for number in range(MOST_PIPELINES + 5):
        memory.note(str(number), DagPlace(top=number))
    memory.note("7", DagPlace(top=1))
    assert len(memory.places) == MOST_PIPELINES
    assert list(memory.places)[-1] == "7"
    assert "4" not in memory.places
