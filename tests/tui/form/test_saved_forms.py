import stat
import threading
from pathlib import Path

import pytest

from studio_tui.presentation.form.draft import Draft
from studio_tui.tui.form.saved_forms import MAX_DRAFTS, REPLACED, SENT, SavedForms

WITH_SECRETS = Draft(
    query="print('ü')",
    environment="A=hush\n# note = hush\nB=\nhush==\n",
    requirements="--index-url https://me:hush@pypi.example.org/simple\nnumpy",
    repository="https://me:hush@example.org/r",
)
WITHOUT_SECRETS = Draft(
    query="print('ü')",
    environment="A\nB=",
    requirements="--index-url https://pypi.example.org/simple\nnumpy",
    repository="https://example.org/r",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "forms.json"


def test_a_form_keeps_its_secrets_in_memory_but_not_on_disk(path: Path) -> None:
    saved_forms = SavedForms(path)
    saved_forms.keep("new", WITH_SECRETS)
    assert saved_forms.draft("new") == WITH_SECRETS
    assert SavedForms(path).draft("new") == WITHOUT_SECRETS
    assert "hush" not in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_name_of_a_lost_value_is_saved_again_and_a_line_without_a_name_is_not(
    path: Path,
) -> None:
    SavedForms(path).keep("new", WITH_SECRETS)
    reloaded = SavedForms(path)
    draft = reloaded.draft("new")
    assert draft is not None
    reloaded.keep("new", Draft(environment=f"{draft.environment}\nhush-without-a-name"))
    assert SavedForms(path).draft("new") == Draft(environment="A\nB=")


def test_unchanged_values_are_restored_from_the_initial_environment(path: Path) -> None:
    initial = "A=hush\nB=hush\nC=hush"
    SavedForms(path).keep("job", Draft(environment="# hush\nA=hush\nB=hushhush\nD=hush"), initial)
    assert "hush" not in path.read_text("utf-8")
    for _ in range(2):
        reloaded = SavedForms(path)
        assert reloaded.draft("job", initial) == Draft(environment="A=hush\nB\nD")
        assert reloaded.draft("job", "A=other\nB=hush") == Draft(environment="A=other\nB\nD")
        assert (reloaded.dropped_lines("job"), reloaded.dropped_lines("new")) == (1, 0)
        assert reloaded.lost_values == {"A", "B", "D"}
        reloaded.keep("new", Draft(query="1"))
        reloaded.keep("new", None)


def test_forms_of_different_keys_are_independent(path: Path) -> None:
    saved_forms = SavedForms(path)
    saved_forms.keep("a", Draft(query="1"))
    saved_forms.keep("b", Draft(query="2"))
    saved_forms.keep("a", None)
    reloaded = SavedForms(path)
    assert (reloaded.draft("a"), reloaded.draft("b")) == (None, Draft(query="2"))


def test_only_the_last_forms_are_kept_and_the_dropped_one_is_named(path: Path) -> None:
    saved_forms = SavedForms(path)
    saved_forms.keep(SENT, Draft(query="sent"))
    for number in range(MAX_DRAFTS):
        assert saved_forms.keep(str(number), Draft(query=str(number))) == ""
    words = [saved_forms.keep(name, Draft(query_name=name)) for name in ("50", "51")]
    assert words[1] == "At most 50 unfinished forms are saved; the oldest was dropped: 1."
    assert saved_forms.draft(SENT) == Draft(query="sent")
    saved_forms.keep("2", Draft(query="newest"))
    saved_forms.keep("last", Draft(query="last"))
    reloaded = SavedForms(path)
    assert [reloaded.draft(key) is not None for key in ("1", "2", "3", "4")] == [
        False,
        True,
        False,
        True,
    ]


def test_two_dashboards_lose_no_form_or_template_of_the_other(path: Path) -> None:
    one, two = SavedForms(path), SavedForms(path)
    assert (one.templates(), two.templates()) == ({}, {})
    one.keep("new", Draft(query="1"))
    one.keep_template("a", Draft(query="a"))
    two.keep("edit", Draft(query="2", environment="A=hush"))
    two.keep_template("b", Draft(query="b"))
    assert one.rename_template("b", "c")
    assert two.keep_template("a", None)
    one.keep("new", None)
    for saved_forms in (one, two, SavedForms(path)):
        assert list(saved_forms.templates()) == ["c"]
    reloaded = SavedForms(path)
    assert (reloaded.draft("new"), reloaded.draft("edit")) == (
        None,
        Draft("", "2", environment="A"),
    )
    one.keep("new", Draft(query="3"))
    assert two.draft("new") == Draft(query="3")
    assert two.draft("edit") == Draft(query="2", environment="A=hush")


def test_a_form_that_another_dashboard_has_saved_too_is_kept_beside_it(path: Path) -> None:
    one, two = SavedForms(path), SavedForms(path)
    assert (one.draft("new"), two.draft("new")) == (None, None)
    assert one.keep("new", Draft(query="1", environment="A=hush")) == ""
    words = two.keep("new", Draft(query="2"))
    assert words.startswith("Another dashboard has saved this form too; f3 offers")
    assert two.keep("new", Draft(query="2, continued")) == ""
    reloaded = SavedForms(path)
    assert (reloaded.draft("new"), reloaded.draft(REPLACED)) == (
        Draft(query="2, continued"),
        Draft(query="1", environment="A"),
    )
    two.keep("new", Draft(query="2", environment="A\nB=hush"))
    assert one.draft("new") == Draft(query="2", environment="A=hush\nB"), "values typed here stay"
    two.keep("new", Draft(query="4"))
    assert one.keep("new", None) == "", "what was sent from here is not what the other has typed"
    assert one.draft("new") == Draft(query="4")
    assert one.keep("new", None) == ""
    assert (one.draft("new"), two.draft("new"), SavedForms(path).draft("new")) == (None,) * 3


def test_a_template_keeps_its_position_when_it_is_renamed_or_replaced(path: Path) -> None:
    saved_forms = SavedForms(path)
    for number, name in enumerate(("a", "b", "c")):
        assert saved_forms.keep_template(name, Draft(query=str(number)))
    assert saved_forms.rename_template("b", "z")
    assert list(SavedForms(path).templates()) == ["a", "z", "c"]
    assert saved_forms.rename_template("a", "c")
    assert SavedForms(path).templates() == {"c": Draft(query="0"), "z": Draft(query="1")}
    assert saved_forms.rename_template("removed elsewhere", "c")
    assert SavedForms(path).templates() == {"c": Draft(query="0"), "z": Draft(query="1")}
    assert saved_forms.keep_template("c", Draft(query="3"))
    assert list(SavedForms(path).templates()) == ["c", "z"]
    assert saved_forms.keep_template("z", None)
    assert list(SavedForms(path).templates()) == ["c"]


def test_a_template_has_no_secrets_even_in_memory(path: Path) -> None:
    saved_forms = SavedForms(path)
    saved_forms.keep_template("t", WITH_SECRETS)
    assert saved_forms.templates() == SavedForms(path).templates() == {"t": WITHOUT_SECRETS}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"drafts": 3, "templates": {"t": 1}}',
        '{"drafts": {"new": []}}',
        '{"asides": 1}',
    ],
)
def test_an_unreadable_file_has_no_forms_and_is_overwritten(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content, "utf-8")
    saved_forms = SavedForms(path)
    assert (saved_forms.draft("new"), saved_forms.templates()) == (None, {})
    saved_forms.keep("new", Draft(query="1"))
    assert SavedForms(path).draft("new") == Draft(query="1")


def test_a_failure_to_write_is_reported_and_the_forms_stay_in_memory(
    tmp_path: Path,
) -> None:
    (tmp_path / "state").write_text("no folder")
    saved_forms = SavedForms(tmp_path / "state" / "forms.json")
    assert not saved_forms.keep_template("t", Draft(query="1"))
    assert saved_forms.keep("new", Draft(query="2")).startswith("The form could not be saved")
    assert (saved_forms.templates(), saved_forms.draft("new")) == (
        {"t": Draft(query="1")},
        Draft(query="2"),
    )


@pytest.mark.parametrize("dashboards", [1, 8])
def test_forms_saved_at_the_same_time_are_all_kept(path: Path, dashboards: int) -> None:
    each_saved_forms = [SavedForms(path) for _ in range(dashboards)]
    all_started = threading.Barrier(8)
    results: list[bool] = []

    def save(number: int) -> None:
        saved_forms = each_saved_forms[number % dashboards]
        all_started.wait()
        results.append(saved_forms.keep_template(str(number), Draft(query=str(number))))
        saved_forms.keep(str(number), Draft(query=str(number)))

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reloaded = SavedForms(path)
    assert results == [True] * 8
    assert {reloaded.draft(str(number)) for number in range(8)} == {
        Draft(query=str(number)) for number in range(8)
    }
    assert set(reloaded.templates()) == set(map(str, range(8)))
