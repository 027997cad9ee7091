import pytest
from textual.app import App, ComposeResult

from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.tui.widgets.filter_bar import FilterInput, History, TermSuggester
from tests.driving import driving

VALUES_IN_ROWS = {"by": ["ann", "Bob"], "name": ["my eval x", "train.py", 'say "hi"']}
SUGGESTER = TermSuggester(
    ("is:canceled", "is:init", "status=failed", "status!=failed", "by=", "name=", "name!="),
    lambda field: VALUES_IN_ROWS.get(field, []),
)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("sta", "status=failed"),
        ("train !b", "train !by="),
        ("is:in", "is:init"),
        ("is:init,ca", "is:init,canceled"),
        ("!IS:init,failed,IN", "!IS:init,failed,INit"),
        ("status=init,f", "status=init,failed"),
        ("name=init,f", None),
        ("by=", "by=ann"),
        ("train by=b", "train by=bob"),
        ("!by=A", "!by=Ann"),
        ("name=", 'name="my eval x"'),
        ('name="my', 'name="my eval x"'),
        ('name="my ev', 'name="my eval x"'),
        ('name="tr', 'name="train.py"'),
        ('name="say', 'name="say \\"hi\\""'),
        ("name=my", 'name="my eval x"'),
        ("train !name=MY", 'train !name="my eval x"'),
        ("name=sa", 'name="say \\"hi\\""'),
        ("name==TR", "name==TRain.py"),
        ("name==my", 'name=="my eval x"'),
        ("name=train.py", None),
        ("by=zoe", None),
        ("name!", "name!="),
        ("status!=f", "status!=failed"),
        ("status!=init,f", "status!=init,failed"),
        ("by!=A", "by!=Ann"),
        ("name!=my", 'name!="my eval x"'),
        ("name!==TR", "name!==TRain.py"),
        ("color=", None),
        ("by=ann ", None),
        ("", None),
    ],
)
async def test_fields_and_the_values_of_rows_are_completed(
    typed: str, completed: str | None
) -> None:
    assert SUGGESTER.completion(typed) == completed
    can_be_drawn = completed is not None and completed.startswith(typed)
    assert await SUGGESTER.get_suggestion(typed) == (completed if can_be_drawn else None)


@pytest.mark.parametrize("key", ["tab", "right"])
async def test_a_value_with_blanks_is_quoted_when_its_completion_is_accepted(key: str) -> None:
    async with driving(FilterApp()) as pilot:
        await pilot.press(*"!name=my", key, *" by=a", key)
        assert pilot.app.query_one(FilterInput).value == '!name="my eval x" by=ann'
        await pilot.press("home", "right", *"x")
        assert pilot.app.query_one(FilterInput).value == '!xname="my eval x" by=ann'


def test_earlier_texts_are_recalled_and_a_text_that_is_being_typed_is_not_lost() -> None:
    history, shown = History(), "typed"
    for text in ("one", "two", "one", ""):
        history.add(text)
    for step, expected in ((1, "typed"), (-1, "one"), (-1, "two"), (-1, "two"), (1, "one")):
        shown = history.recall(step, shown)
        assert shown == expected
    assert history.recall(1, shown) == "typed"
    assert history.recall(-1, "one edited") == "one"
    assert history.recall(1, "one") == "one edited"


class FilterApp(App[None]):
    """An app with only the input for a filter of jobs."""

    def compose(self) -> ComposeResult:
        yield FilterInput(JOBS, lambda field: VALUES_IN_ROWS.get(field, []))
