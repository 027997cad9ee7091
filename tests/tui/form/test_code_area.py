import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from studio_tui.presentation.jobs.facts import MASK
from studio_tui.tui.form.code_area import MOST_COLORED, CodeArea, colors
from tests.driving import driving
from tests.tui.dashboards import widget_text

HOSTILE = "a\x1b[31m\u202eb\x07c\x9bd [red]e[/]\ud800"
SCRIPT = '"""Long\nstring."""\r\nx = 1  # note\n'


class Stage(App[None]):
    """A field of several lines, and another to go to."""

    def __init__(self, area: CodeArea) -> None:
        super().__init__()
        self.area = area

    def compose(self) -> ComposeResult:
        yield Input()
        yield self.area


async def test_control_codes_are_drawn_as_one_sign_each_and_kept_in_the_text() -> None:
    area = CodeArea(HOSTILE)
    async with driving(Stage(area)) as pilot:
        await pilot.pause()
        shown = widget_text(area)
        assert not {"\x1b", "\x07", "\x9b", "\u202e", "\ud800"} & set(shown)
        assert "[red]e[/]" in shown
        assert len(area.get_line(0).plain) == len(HOSTILE)
        assert area.text == HOSTILE


async def test_values_are_masked_unless_the_field_has_the_focus_or_they_are_shown() -> None:
    area = CodeArea("A=hush=hush\nEMPTY=\n\nhush-without-a-name", masked=True)
    async with driving(Stage(area)) as pilot:
        await pilot.pause()
        lines = widget_text(area).split("\n")[:4]
        assert [line.strip() for line in lines] == [f"A={MASK}", "EMPTY=", "", MASK]
        assert area.hides_text
        area.focus()
        await pilot.pause()
        assert "A=hush=hush" in widget_text(area)
        await pilot.press("tab")
        await pilot.pause()
        assert "hush" not in widget_text(area)
        area.masked = False
        assert not area.hides_text
        await pilot.pause()
        assert "A=hush=hush" in widget_text(area)


async def test_a_masked_value_does_not_reveal_its_length() -> None:
    area = CodeArea("A=x", masked=True)
    async with driving(Stage(area)) as pilot:
        await pilot.pause()
        assert widget_text(area).split("\n")[0].strip() == f"A={MASK}"


async def test_colors_are_applied_only_to_the_text_that_they_were_computed_for() -> None:
    area = CodeArea(SCRIPT)
    async with driving(Stage(area)) as pilot:
        python_colors = colors(area.text, "python")
        area.color(area.text, python_colors)
        await pilot.pause()
        number_line = area.get_line(2)
        styled = {number_line.plain[span.start : span.end] for span in number_line.spans}
        assert {"1", "# note"} <= {text.strip() for text in styled}
        assert all(span.style.bgcolor is None for span in number_line.spans)  # type: ignore[union-attr]
        before = area.get_line(2).spans
        area.color("another text", ())
        assert area.get_line(2).spans == before


def test_each_line_has_its_own_colors_with_any_line_endings() -> None:
    line_colors = colors(SCRIPT, "python")
    assert [bool(spans) for spans in line_colors] == [True, True, True]
    assert max(end for _, end, _ in line_colors[2]) <= len("x = 1  # note")


def test_a_long_text_is_not_colored() -> None:
    assert colors("x = 1\n" * (MOST_COLORED // 6 + 1), "python") == ()


@pytest.mark.parametrize("soft_wrap", [False, True])
async def test_edits_that_remove_or_add_the_scrollbar_can_be_undone_and_redone(
    soft_wrap: bool,
) -> None:
    area = CodeArea("one", soft_wrap=soft_wrap)
    async with driving(Stage(area), size=(40, 12)) as pilot:
        area.focus()
        area.move_cursor(area.document.end)
        for text in ("\n" * 3, "x\n" * 30):
            area.insert(text, maintain_selection_offset=False)
            area.history.checkpoint()
            await pilot.pause()
        long_text = area.text
        await pilot.press("ctrl+z", "ctrl+z")
        await pilot.pause()
        assert area.text == "one"
        await pilot.press("ctrl+y", "ctrl+y")
        await pilot.pause()
        assert area.text == long_text
        area.select_all()
        await pilot.press("delete")
        await pilot.press("ctrl+z", "ctrl+y", "ctrl+z")
        await pilot.pause()
        assert area.text == long_text
