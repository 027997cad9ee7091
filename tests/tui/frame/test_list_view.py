import json
from pathlib import Path

import pytest

from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.tui.frame.list_view import ListView, load_view


def test_a_view_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    view = ListView(
        filter="status=failed", sort="name", reverse=True, preview=False, cursor="7"
    ).replace(marks=("7", "8"))
    path = tmp_path / "view.json"
    path.write_text(view.model_dump_json(), "utf-8")
    assert load_view(path, JOBS) == view


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "[]",
        "7",
        json.dumps({"filter": "color=red"}),
        json.dumps({"filter": 7, "sort": None, "cursor": ["x"], "wide": "yes", "new": 1}),
        json.dumps({"sort": "nothing"}),
        json.dumps({"sideways": -1}),
        json.dumps({"sideways": 10**9}),
        json.dumps({"marks": 7}),
        json.dumps({"marks": [7, ["x"]]}),
    ],
)
def test_an_invalid_file_is_loaded_as_the_default_view(tmp_path: Path, text: str) -> None:
    path = tmp_path / "view.json"
    path.write_text(text)
    assert load_view(path, JOBS) == ListView()


@pytest.mark.parametrize(
    ("name", "value"),
    [("sort", 5), ("preview", "yes"), ("line", -1), ("sideways", 10**9), ("marks", [7]),
     ("contents", [-1]), ("cursor", 7)],
)  # fmt: skip
def test_only_an_invalid_field_gets_its_default(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "view.json"
    path.write_text(json.dumps({"filter": "train", "opened": ["▸a"], name: value}), "utf-8")
    assert load_view(path, JOBS) == ListView(filter="train", opened=("▸a",))


def test_a_file_that_cannot_be_read_is_loaded_as_the_default_view(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert load_view(tmp_path / "file" / "view.json", JOBS) == ListView()


@pytest.mark.parametrize("loaded", [-1, 10**12, True, "many", 1.5])
def test_an_invalid_number_of_loaded_rows_is_ignored(tmp_path: Path, loaded: object) -> None:
    path = tmp_path / "view.json"
    path.write_text(json.dumps({"loaded": loaded}), "utf-8")
    assert load_view(path, JOBS).loaded in {0, 1}


def test_a_view_is_replaced_only_by_a_different_view() -> None:
    view = ListView(cursor="7", line=3)
    assert view.replace(line=3) is view
    assert view.replace(line=4) == ListView(cursor="7", line=4)
