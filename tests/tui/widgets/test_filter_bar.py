import pytest

from studio_tui.tui.widgets.filter_bar import TermSuggester

KNOWN = {"by": ["ann", "Bob"], "name": ["my eval x", "train.py", 'say "hi"']}
SUGGESTER = TermSuggester(("status=failed", "by=", "name="), lambda field: KNOWN.get(field, []))


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("sta", "status=failed"),
        ("train !b", "train !by="),
        ("by=", "by=ann"),
        ("train by=b", "train by=bob"),
        ("!by=A", "!by=Ann"),
        ("name=", 'name="my eval x"'),
        ('name="my', 'name="my eval x"'),
        ('name="my ev', 'name="my eval x"'),
        ('name="tr', 'name="train.py"'),
        ('name="say', 'name="say \\"hi\\""'),
        ("name=train.py", None),
        ("by=zoe", None),
        ("colour=", None),
        ("by=ann ", None),
        ("", None),
    ],
)
async def test_fields_and_the_values_that_rows_have_are_completed(
    typed: str, completed: str | None
) -> None:
    assert await SUGGESTER.get_suggestion(typed) == completed
