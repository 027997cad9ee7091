import stat
import threading
from pathlib import Path

import pytest

from studio_tui.presentation.form.draft import Draft
from studio_tui.tui.form.saved_forms import MAX_DRAFTS, SavedForms

SECRETS = Draft(
    query="print('ü')",
    environment="A=hush\n# note\nB=\n",
    requirements="--index-url https://me:hush@pypi.example.org/simple\nnumpy",
    repository="https://me:hush@example.org/r",
)
WITHOUT = Draft(
    query="print('ü')",
    environment="A\nB=",
    requirements="--index-url https://pypi.example.org/simple\nnumpy",
    repository="https://example.org/r",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "forms.json"


def test_a_form_is_whole_within_a_run_and_lacks_its_secrets_after_it(path: Path) -> None:
    saved_forms = SavedForms(path)
    saved_forms.keep("new", SECRETS)
    assert saved_forms.draft("new") == SECRETS
    assert SavedForms(path).draft("new") == WITHOUT
    assert "hush" not in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_name_whose_value_is_lost_is_kept_on_and_what_was_never_one_is_not(path: Path) -> None:
    SavedForms(path).keep("new", SECRETS)
    again = SavedForms(path)
    left = again.draft("new")
    assert left is not None
    again.keep("new", Draft(environment=f"{left.environment}\nhush-without-a-name"))
    assert SavedForms(path).draft("new") == Draft(environment="A\nB=")


def test_values_that_were_not_changed_come_back_from_what_the_form_began_with(path: Path) -> None:
    given = "A=hush\nB=hush\nC=hush"
    SavedForms(path).keep("job", Draft(environment="# hush\nA=hush\nB=hushhush\nD=hush"), given)
    assert "hush" not in path.read_text("utf-8")
    for _ in range(2):
        again = SavedForms(path)
        assert again.draft("job", given) == Draft(environment="A=hush\nB\nD")
        assert again.draft("job", "A=other\nB=hush") == Draft(environment="A=other\nB\nD")
        assert (again.dropped_lines("job"), again.dropped_lines("new")) == (1, 0)
        assert again.lost_values == {"A", "B", "D"}
        again.keep("new", Draft(query="1"))
        again.keep("new", None)


def test_forms_of_different_keys_do_not_touch_each_other(path: Path) -> None:
    saved_forms = SavedForms(path)
    saved_forms.keep("a", Draft(query="1"))
    saved_forms.keep("b", Draft(query="2"))
    saved_forms.keep("a", None)
    again = SavedForms(path)
    assert (again.draft("a"), again.draft("b")) == (None, Draft(query="2"))


def test_only_the_last_forms_are_kept(path: Path) -> None:
    saved_forms = SavedForms(path)
    for number in range(MAX_DRAFTS + 2):
        saved_forms.keep(str(number), Draft(query=str(number)))
    saved_forms.keep("2", Draft(query="newest"))
    saved_forms.keep("last", Draft(query="last"))
    again = SavedForms(path)
    assert [again.draft(key) is not None for key in ("1", "2", "3", "4")] == [
        False,
        True,
        False,
        True,
    ]


def test_a_template_keeps_its_place_when_it_is_renamed_or_replaced(path: Path) -> None:
    saved_forms = SavedForms(path)
    for number, name in enumerate(("a", "b", "c")):
        assert saved_forms.keep_template(name, Draft(query=str(number)))
    assert saved_forms.rename_template("b", "z")
    assert list(SavedForms(path).templates()) == ["a", "z", "c"]
    assert saved_forms.rename_template("a", "c")
    assert SavedForms(path).templates() == {"c": Draft(query="0"), "z": Draft(query="1")}
    assert saved_forms.keep_template("c", Draft(query="3"))
    assert list(SavedForms(path).templates()) == ["c", "z"]
    assert saved_forms.keep_template("z", None)
    assert list(SavedForms(path).templates()) == ["c"]


def test_a_template_lacks_secrets_even_within_the_run(path: Path) -> None:
    saved_forms = SavedForms(path)
    saved_forms.keep_template("t", SECRETS)
    assert saved_forms.templates() == {"t": WITHOUT}


@pytest.mark.parametrize(
    "found", ["", "[]", "{", '{"drafts": 3, "templates": {"t": 1}}', '{"drafts": {"new": []}}']
)
def test_what_cannot_be_read_is_no_form_and_is_written_over(path: Path, found: str) -> None:
    path.parent.mkdir()
    path.write_text(found, "utf-8")
    saved_forms = SavedForms(path)
    assert (saved_forms.draft("new"), saved_forms.templates()) == (None, {})
    saved_forms.keep("new", Draft(query="1"))
    assert SavedForms(path).draft("new") == Draft(query="1")


def test_an_unwritable_disk_is_reported_and_loses_nothing_within_the_run(
    tmp_path: Path,
) -> None:
    (tmp_path / "state").write_text("no folder")
    saved_forms = SavedForms(tmp_path / "state" / "forms.json")
    assert not saved_forms.keep_template("t", Draft(query="1"))
    saved_forms.keep("new", Draft(query="2"))
    assert (saved_forms.templates(), saved_forms.draft("new")) == (
        {"t": Draft(query="1")},
        Draft(query="2"),
    )


def test_threads_that_keep_at_once_lose_nothing(path: Path) -> None:
    saved_forms = SavedForms(path)
    begin = threading.Barrier(8)
    kept: list[bool] = []

    def keep(number: int) -> None:
        begin.wait()
        kept.append(saved_forms.keep_template(str(number), Draft(query=str(number))))
        saved_forms.keep(str(number), Draft(query=str(number)))

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = SavedForms(path)
    assert kept == [True] * 8
    assert {again.draft(str(number)) for number in range(8)} == {
        Draft(query=str(number)) for number in range(8)
    }
    assert set(again.templates()) == set(map(str, range(8)))
