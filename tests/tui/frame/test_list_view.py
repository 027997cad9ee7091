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
        json.dumps({"loaded": -1}),
        json.dumps({"loaded": 10**12}),
        json.dumps({"contents": [-1]}),
        json.dumps({"marks": 7}),
        json.dumps({"marks": [7, ["x"]]}),
    ],
)
def test_an_invalid_file_is_loaded_as_the_default_view(tmp_path: Path, text: str) -> None:
    path = tmp_path / "view.json"
    path.write_text(text)
    assert load_view(path, JOBS) == ListView()


def test_a_file_that_cannot_be_read_is_loaded_as_the_default_view(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert load_view(tmp_path / "file" / "view.json", JOBS) == ListView()


def test_a_view_is_replaced_only_by_a_different_view() -> None:
    view = ListView(cursor="7", line=3)
    assert view.replace(line=3) is view
    assert view.replace(line=4) == ListView(cursor="7", line=4)
