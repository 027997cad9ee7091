import os
import stat
import threading
from pathlib import Path

import pytest

from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.tui.form.saved_forms import (
    MAX_DRAFTS,
    REPLACED,
    SENT,
    SavedForms,
    is_saved_completely,
)

WITH_SECRETS = Draft(
    query="print('ü')",
    environment="A=hush\n# note = hush\nB=\nhush==\n",
    requirements="--index-url https://me:hush@pypi.example.org/simple\nnumpy",
    repository="https://me:hush@example.org/r",
)
WITHOUT_SECRETS = Draft(
    query="print('ü')",
    environment=f"A={MASK}\n# {MASK}\nB=\n{MASK}\n",
    requirements="--index-url https://pypi.example.org/simple\nnumpy",
    repository="https://example.org/r",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "forms"


def only_file(folder: Path) -> Path:
    (file,) = (each for each in folder.rglob("*") if each.is_file())
    return file


def test_a_form_keeps_its_secrets_in_memory_but_not_on_disk(path: Path) -> None:
    saved_forms = SavedForms(path)
    saved_forms.keep("new", WITH_SECRETS)
    assert saved_forms.draft("new") == WITH_SECRETS
    assert SavedForms(path).draft("new") == WITHOUT_SECRETS
    file = only_file(path)
    assert "hush" not in file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not is_saved_completely(WITH_SECRETS, "")


def test_what_was_read_from_disk_is_saved_again_completely(path: Path) -> None:
    SavedForms(path).keep("new", WITH_SECRETS)
    reloaded = SavedForms(path)
    draft = reloaded.draft("new")
    assert draft is not None
    assert is_saved_completely(draft, "")
    reloaded.keep("new", draft)
    assert SavedForms(path).draft("new") == WITHOUT_SECRETS


def test_unchanged_values_are_restored_from_the_initial_environment(path: Path) -> None:
    initial = "A=hush\nB=hush\nC=hush\n=hush"
    draft = Draft(environment="# hush\n\nA=hush\nB=hushhush\nD=hush\n=hush")
    SavedForms(path).keep("job", draft, initial)
    assert "hush" not in only_file(path).read_text("utf-8")
    lost = f"B={MASK}\nD={MASK}\n={MASK}"
    for _ in range(2):
        restored = SavedForms(path).draft("job", initial)
        assert restored == Draft(environment=f"# {MASK}\n\nA=hush\n{lost}")
        SavedForms(path).keep("job", restored, initial)
    other = SavedForms(path).draft("job", "A=other\nB=hush")
    assert other == Draft(environment=f"# {MASK}\n\nA=other\n{lost}")


def test_forms_of_different_keys_are_independent(path: Path) -> None:
    saved_forms = SavedForms(path)
    saved_forms.keep("a", Draft(query="1"))
    os.utime(only_file(path), (1, 1))  # as a backup may do
    saved_forms.keep("b/../\ud800" + "c" * 500, Draft(query="2"))
    saved_forms.keep("a", None)
    reloaded = SavedForms(path)
    assert reloaded.draft("a") is None
    assert reloaded.draft("b/../\ud800" + "c" * 500) == Draft(query="2")


def test_only_the_last_forms_are_kept_and_the_dropped_one_is_named(path: Path) -> None:
    saved_forms = SavedForms(path)
    for number in range(MAX_DRAFTS):
        assert saved_forms.keep(str(number), Draft(query=str(number))) == ""
        file = max((path / "drafts").iterdir(), key=lambda file: file.stat().st_mtime_ns)
        os.utime(file, (number, number))
    saved_forms = SavedForms(path)
    assert saved_forms.draft("0") is not None
    assert saved_forms.keep("0", Draft(query="newest")) == ""
    words = saved_forms.keep("last", Draft(query="last"))
    assert words == f"At most {MAX_DRAFTS} unfinished forms are saved; the oldest was dropped: 1."
    reloaded = SavedForms(path)
    assert [reloaded.draft(key) is not None for key in ("0", "1", "2", "last")] == [
        True,
        False,
        True,
        True,
    ]


def test_the_form_saved_last_and_the_one_sent_last_are_never_dropped(path: Path) -> None:
    saved_forms, future = SavedForms(path), 4_000_000_000
    saved_forms.keep(SENT, Draft(query="sent"))
    for number in range(MAX_DRAFTS - 1):
        saved_forms.keep(str(number), Draft(query=str(number)))
    for file in (path / "drafts").iterdir():
        os.utime(file, (future, future))
    words = saved_forms.keep("last", Draft(query="last"))
    assert words.startswith("At most")
    assert not words.endswith("last.")
    assert SavedForms(path).draft("last") == Draft(query="last")
    assert SavedForms(path).draft(SENT) == Draft(query="sent")


def test_two_dashboards_lose_no_form_or_template_of_the_other(path: Path) -> None:
    one, two = SavedForms(path), SavedForms(path)
    assert two.draft("new") is None
    one.keep("new", Draft(query="1"))
    one.keep_template("a", Draft(query="a"))
    two.keep("edit", Draft(query="2"))
    two.keep_template("b", Draft(query="b"))
    two.keep("new", None)
    assert SavedForms(path).draft("new") == Draft(query="1"), "an empty form there removes nothing"
    for saved_forms in (one, two, SavedForms(path)):
        assert list(saved_forms.templates()) == ["a", "b"]
    assert one.draft("edit") == Draft(query="2")


def test_a_form_that_another_dashboard_has_saved_too_is_kept_beside_it(path: Path) -> None:
    one, two = SavedForms(path), SavedForms(path)
    assert one.keep("new", Draft(query="1", environment="A=hush")) == ""
    assert two.draft(REPLACED) is None
    words = two.keep("new", Draft(query="2"))
    assert words.startswith("Another dashboard has saved this form too; f3 offers")
    assert two.keep("new", Draft(query="2, continued")) == ""
    assert one.draft("new") == Draft(query="1", environment="A=hush"), "each keeps its own"
    for saved_forms in (two, SavedForms(path)):
        assert saved_forms.draft("new") == Draft(query="2, continued")
        assert saved_forms.draft(REPLACED) == Draft(query="1", environment=f"A={MASK}")
    assert one.keep("new", None) == "", "what was sent from here is not what the other has typed"
    assert one.draft("new") == Draft(query="2, continued")
    assert one.keep("new", None) == ""
    assert SavedForms(path).draft("new") is None


def test_equal_forms_of_two_dashboards_replace_no_other_form(path: Path) -> None:
    one, two = SavedForms(path), SavedForms(path)
    one.keep(REPLACED, Draft(query="0"))
    assert one.keep("new", Draft(query="1")) == two.keep("new", Draft(query="1")) == ""
    assert two.draft(REPLACED) == Draft(query="0")


def test_a_template_has_no_secrets_even_in_memory(path: Path) -> None:
    saved_forms = SavedForms(path)
    assert saved_forms.keep_template("t", WITH_SECRETS)
    assert saved_forms.templates() == SavedForms(path).templates() == {"t": WITHOUT_SECRETS}
    assert saved_forms.keep_template("t", None)
    assert saved_forms.templates() == {}


@pytest.mark.parametrize("content", ["", "[]", "{", "3", '{"name": "new", "form": []}'])
def test_an_unreadable_file_is_no_form_and_is_overwritten(path: Path, content: str) -> None:
    SavedForms(path).keep(SENT, Draft(query="0"))
    only_file(path).write_text(content, "utf-8")
    saved_forms = SavedForms(path)
    assert saved_forms.draft(SENT) is None
    saved_forms.keep(SENT, Draft(query="1"))
    assert SavedForms(path).draft(SENT) == Draft(query="1")


def test_a_failure_to_write_is_reported_and_the_form_stays_in_memory(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    saved_forms = SavedForms(tmp_path / "state" / "forms")
    assert not saved_forms.keep_template("t", Draft(query="1"))
    assert saved_forms.templates() == {}
    assert saved_forms.keep("new", None) == "", "there is nothing to remove"
    assert saved_forms.keep("new", Draft(query="2")).startswith("The form could not be saved")
    assert (saved_forms.is_stored, saved_forms.draft("new")) == (False, Draft(query="2"))
    (tmp_path / "state").unlink()
    assert saved_forms.keep("other", Draft(query="3")) == ""
    assert saved_forms.is_stored
    assert SavedForms(tmp_path / "state" / "forms").draft("new") == Draft(query="2")


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
