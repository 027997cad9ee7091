import pytest

from studio_tui.presentation.pipelines.datasets import (
    dataset_problems,
    datasets_in,
    matching_names,
    short_name,
)

NAMES = ("local.local.index", "vision.prod.embeddings", "vision.dev.index_old", "@ns.proj.report")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        (" , ", ()),
        ("a", ("a",)),
        ("a b,c ,, d\t@ns.p.e@1.0.0 a", ("a", "b", "c", "d", "@ns.p.e@1.0.0")),
    ],
)
def test_names_are_separated_by_blanks_or_commas_and_returned_once(
    text: str, names: tuple[str, ...]
) -> None:
    assert datasets_in(text) == names


def test_an_invalid_name_is_reported_while_typing_and_a_missing_name_when_sent() -> None:
    assert dataset_problems("", is_required=False) == ()
    assert [problem.sentence for problem in dataset_problems(" ", is_required=True)] == [
        "Name a dataset to rebuild."
    ]
    (problem,) = dataset_problems("good bad@", is_required=False)
    assert "“bad@”" in problem.sentence
    assert dataset_problems("@ns.proj.name@1.0.0 name", is_required=True) == ()


def test_text_that_cannot_be_sent_is_reported() -> None:
    assert "NUL" in dataset_problems("a\0", is_required=False)[0].sentence


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("vis", ["vision.prod.embeddings", "vision.dev.index_old"]),
        ("ind", ["local.local.index", "vision.dev.index_old"]),
        ("REP", ["@ns.proj.report"]),
        ("dex", ["local.local.index", "vision.dev.index_old"]),
        ("nothing", []),
    ],
)
def test_a_word_matches_names_that_begin_with_or_contain_it(word: str, names: list[str]) -> None:
    assert list(matching_names(word, NAMES)) == names


def test_names_that_begin_with_a_word_come_before_names_that_contain_it() -> None:
    names = ("my.reindex", "local.index", "index.raw")
    assert matching_names("index", names) == ("index.raw", "local.index", "my.reindex")


def test_only_the_local_namespace_is_omitted_from_a_short_name() -> None:
    assert short_name("@local.local.labels@1.0.0") == "labels@1.0.0"
    assert short_name("vision.prod.labels") == "vision.prod.labels"
