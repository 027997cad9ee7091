"""Every dialog at several sizes: title and answers stay visible, and the rest can be scrolled."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest
from textual.app import App
from textual.events import MouseScrollDown
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Button, OptionList

from studio_tui import clock
from studio_tui.api.local_models import ListedDataset
from studio_tui.errors import NotSent
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS
from studio_tui.presentation.schedules.explanations import Explained
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.service.polling.poller import Poller
from studio_tui.service.polling.reachability import Reachability
from studio_tui.service.session import StudioSession
from studio_tui.tui.form.field_commands import Explanation
from studio_tui.tui.form.form_field import FormField
from studio_tui.tui.form.preview import Preview
from studio_tui.tui.form.saved_forms import SavedForms
from studio_tui.tui.form.templates import TemplatePicker
from studio_tui.tui.frame.actions import Action
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import SHRINKS, DialogLines
from studio_tui.tui.frame.dialogs import Ask, Choose, Confirm
from studio_tui.tui.frame.help import HelpScreen
from studio_tui.tui.frame.review import Review
from studio_tui.tui.logs.save_dialog import Offer, SaveLog
from studio_tui.tui.pipelines.dataset_list import DatasetList
from studio_tui.tui.pipelines.datasets import DatasetPicker
from studio_tui.tui.pipelines.rebuild_form import RebuildDraft, RebuildForm
from studio_tui.tui.schedules.editing import AskTime
from studio_tui.tui.sheets import OPENING
from tests.driving import driving
from tests.soak import at_length, combinations
from tests.tui.dashboards import until
from tests.tui.test_sizes import own_widgets

pytestmark = pytest.mark.draws_dashboards

SIZES = ((40, 12), (80, 24), (120, 40))

LINES = tuple(f"line{number} of a text that is wider than a narrow screen end{number}"
              for number in range(50))  # fmt: skip
LONG = "a-name-" * 30


class DialogCase(NamedTuple):
    """A dialog, and the words that must be visible in it."""

    create: Callable[[], Dialog[Any]]
    fixed_words: str
    """Words that are always visible."""
    scrolled_words: str
    """Words that become visible while the dialog is scrolled; the last one is at the end."""


def _words(lines: tuple[str, ...]) -> str:
    return " ".join(lines)


def _create_save_log() -> SaveLog:
    words = ("the selected lines", "the lines that the filter shows", "the whole log",
             "the visible lines")  # fmt: skip
    return SaveLog([Offer(each, cast("Any", None), f"./{LONG}.log") for each in words])


def _create_template_picker() -> TemplatePicker:
    templates = {line: cast("Any", None) for line in LINES}
    empty = {"an empty form": Draft()}
    return TemplatePicker(SavedForms(Path("nowhere")), templates, above=empty, below={})


async def _no_answer() -> JobList:
    raise NotSent("no answer")


def session_without_answers(*, is_local: bool = True) -> StudioSession:
    """Return the part of a session that forms about datasets need; its requests all fail."""
    return cast(
        "StudioSession",
        SimpleNamespace(
            jobs=Poller[JobList]("jobs", _no_answer, lambda _: 1.0),
            reachability=Reachability(),
            known_items=SimpleNamespace(pipelines=PipelineList),
            datasets=SimpleNamespace(names=tuple),
            client=SimpleNamespace(is_local_studio=is_local),
            is_local=is_local,
        ),
    )


def _create_rebuild_form() -> RebuildForm:
    names = " ".join(f"space.project.dataset{number}" for number in range(20))
    draft = RebuildDraft(names, time="0 3 1 1 *")
    session = session_without_answers()
    return RebuildForm(session, DatasetList(session), draft, {}, cast("Any", None))


def _action(number: int) -> Action:
    return Action(("ctrl+x",), "a", LINES[number], "noop", cast("Any", None), None, number)


_DATASETS = tuple(ListedDataset(name=f"dataset{number:02}") for number in range(50))
_EXPLAINED = Explained(LINES[:9], is_good=True)
_FIELD = max(FIELDS, key=lambda name: len(FIELDS[name].accepts))

DIALOGS: dict[type, DialogCase] = {
    Confirm: DialogCase(
        lambda: Confirm(
            "It is unknown whether this pipeline was created. Send it again?",
            LINES,
            yes="Send it again",
            no="Keep the old one",
        ),
        "It is unknown whether this pipeline was created. Send it again? y Send n Keep one",
        _words(LINES),
    ),
    Review: DialogCase(
        lambda: Review(
            "Run the changed job?",
            [Cell(line) for line in LINES],
            (
                ("r", "run from checkpoints"),
                ("f", "run from the start"),
                ("d", "save as a draft"),
                ("n", "back to the form"),
            ),
            revealed=[Cell("A=1")],
        ),
        "Run the changed job? run from checkpoints run from the start save as a draft"
        " back to the form s shows the values",
        _words(LINES),
    ),
    Choose: DialogCase(
        lambda: Choose("Sort by", [(line, line) for line in LINES], LINES[0]),
        "Sort by enter chooses, esc closes",
        _words(LINES),
    ),
    TemplatePicker: DialogCase(
        _create_template_picker,
        "enter starts from it, r renames, d deletes, esc closes",
        _words(LINES),
    ),
    DatasetPicker: DialogCase(
        lambda: DatasetPicker(
            cast(
                "DatasetList",
                SimpleNamespace(
                    listed=_DATASETS,
                    has_lineage=True,
                    rebuilding=lambda: "etl is rebuilding report",
                    moment=clock.now,
                ),
            ),
            "",
        ),
        "Datasets: 50, 0 out of date etl is rebuilding report "
        "enter shows versions, t rebuilds it, / filters",
        " ".join(each.name for each in _DATASETS),
    ),
    Ask: DialogCase(
        lambda: Ask("Keep it as a template called", LINES, "its name"),
        "Keep it as a template called its name enter saves it, esc closes",
        _words(LINES),
    ),
    AskTime: DialogCase(
        lambda: AskTime(f"When should {LONG[:60]} run?", "0 9 * * *", lambda _typed: _EXPLAINED),
        "When should run? enter continues, esc closes",
        _words(_EXPLAINED.lines),
    ),
    SaveLog: DialogCase(
        _create_save_log,
        "Save the log enter saves, esc closes",
        "selected lines filter whole visible",
    ),
    HelpScreen: DialogCase(
        lambda: HelpScreen([_action(number) for number in range(50)]),
        "Keys of this screen",
        _words(LINES),
    ),
    Preview: DialogCase(
        lambda: Preview(lambda _shown: ("\n".join(LINES),) * 3),
        "The request as JSON 1 JSON 2 curl 3 datachain s shows secrets y copies esc closes",
        _words(LINES),
    ),
    Explanation: DialogCase(
        lambda: Explanation(FIELDS[_FIELD]),
        f"{FIELDS[_FIELD].label} ok $EDITOR",
        f"{FIELDS[_FIELD].meaning} {FIELDS[_FIELD].accepts}",
    ),
    RebuildForm: DialogCase(
        _create_rebuild_form,
        "Rebuild datasets f9 Schedule f2 Datasets esc Close",
        "Datasets When Environment Only these",
    ),
}


def test_every_dialog_is_tested_here() -> None:
    dialogs = {each for each in own_widgets() if issubclass(each, Dialog)}
    assert dialogs - {Dialog} == DIALOGS.keys()


def box_region(app: App[None]) -> Region:
    return app.screen.query_one(".dialog").region


def visible_words(app: App[None]) -> set[str]:
    """Return the words that are visible in the box of the dialog."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    left, top, box_width, box_height = box_region(app)
    assert Region(0, 0, width, height).contains_region(box_region(app)), "the box is cut"
    lines = [
        strip.text[left + 1 : left + box_width - 1] for strip in strips[top : top + box_height]
    ]
    return set("\n".join(lines).replace("▍", " ").split())


def scrolled_part(app: App[None]) -> Widget:
    return app.screen.query(f".{SHRINKS}").first()


def dialog_parameters(pairs: Iterable[tuple[type, tuple[int, int]]]) -> Iterator[Any]:
    """Yield the cases of dialogs and sizes, as parameters of tests."""
    for kind, (width, height) in pairs:
        yield pytest.param(DIALOGS[kind], (width, height), id=f"{kind.__name__}-{width}x{height}")


class DialogApp(App[None]):
    """An app with the style sheets of dialogs, and no screen of its own."""

    CSS_PATH = OPENING


async def open_dialog(pilot: Pilot[None], dialog: DialogCase) -> None:
    screen = dialog.create()
    pilot.app.push_screen(screen)
    await until(pilot, lambda: screen.is_alive and screen.query(f".{SHRINKS}"))
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_keys_scroll_a_dialog_while_its_title_and_answers_stay_visible(
    size: tuple[int, int],
) -> None:
    async with driving(DialogApp(), size=size, frames=False) as pilot:
        cases = [*DIALOGS.items()]
        for kind, dialog in at_length(cases[SIZES.index(size) :: len(SIZES)], cases):
            await open_dialog(pilot, dialog)
            await _scroll_through(pilot, dialog, kind.__name__)
            await pilot.app.pop_screen()


async def _scroll_through(pilot: Pilot[None], dialog: DialogCase, name: str) -> None:
    """Press keys until they move nothing, and check that all words were visible."""
    seen_words: set[str] = set()
    position: tuple[object, ...] = ()
    fixed_words = set(dialog.fixed_words.split())
    while position != (position := _scroll_position(pilot.app)):
        assert fixed_words <= visible_words(pilot.app), f"{name}: title or answers are cut"
        assert scrolled_part(pilot.app).max_scroll_x == 0, name
        seen_words |= visible_words(pilot.app)
        await pilot.press("tab" if isinstance(pilot.app.screen, RebuildForm) else "pagedown")
        if isinstance(pilot.app.screen, RebuildForm):
            seen_words |= visible_words(pilot.app)
            if pilot.app.focused is pilot.app.screen.query_one("#yes"):
                break
    assert sorted(set(dialog.scrolled_words.split()) - seen_words) == [], name


async def test_the_further_rows_of_a_wrapped_line_are_indented_more_than_its_first() -> None:
    label = ("    error   " + "too few rows " * 8).rstrip()
    sign = f"✗ {label.strip()}"
    question = Confirm("Sure?", [label, sign], yes="Yes", no="No")
    report = Review("Ended", [Cell(label), Cell(sign)], (("esc", "ok"),), indent=2)
    async with driving(DialogApp(), size=(80, 24), frames=False) as pilot:
        cases: tuple[tuple[Dialog[Any], tuple[int, int]], ...]
        cases = (question, (6, 0)), (report, (2, 2))
        for screen, indents in cases:
            pilot.app.push_screen(screen)
            await until(pilot, lambda: screen.query(DialogLines))  # noqa: B023 (called at once)
            await pilot.pause()
            (lines,) = screen.query(DialogLines)
            rows = [lines.render_line(y).text.rstrip() for y in range(lines.size.height)]
            first, second = label[:9], sign[:7]
            begins = [row for row in rows if row.startswith((first, second))]
            others = [row for row in rows if row not in begins]
            assert len(begins) == 2, rows
            assert tuple(len(row) - len(row.lstrip()) for row in others) == indents, rows
            assert " ".join(" ".join(rows).split()) == " ".join(f"{label} {sign}".split())


async def test_a_field_stays_visible_when_the_notes_above_it_change() -> None:
    async with driving(DialogApp(), size=(40, 12), frames=False) as pilot:
        dialog = _create_rebuild_form()
        pilot.app.push_screen(dialog)
        await until(pilot, lambda: dialog.query("#field-time"))
        above = dialog.query_one("#field-datasets", FormField)
        field = dialog.query_one("#field-time", FormField)
        await until(pilot, lambda: field.editor.region)
        field.editor.focus()
        await pilot.pause()
        for rows in (20, 0, 20):
            above.set_notes((), ("note",) * rows, lasting=True)
            await pilot.pause()
            assert dialog.find_widget(field.editor).visible_region, rows


@pytest.mark.parametrize("words", [("All", "One", "Two", "None"), ("x" * 14, "y" * 14, "z" * 14)])
async def test_all_buttons_are_whole_in_a_dialog_of_any_width(words: tuple[str, ...]) -> None:
    answers = tuple((str(number), each) for number, each in enumerate(words))
    async with driving(DialogApp(), size=(40, 12), frames=False) as pilot:
        for width in (40, 48, 64, 70):
            await pilot.resize_terminal(width, 12)
            dialog = Review("Which?", (), answers=answers)
            pilot.app.push_screen(dialog)
            await pilot.pause()
            for button in dialog.query(Button):
                region = button.region
                assert dialog.find_widget(button).visible_region == region, (width, button.label)
                assert region.width >= len(str(button.label)) + 1
            pilot.app.pop_screen()


def _scroll_position(app: App[None]) -> tuple[object, ...]:
    """Return what keys move; a constant at the end of a list, where keys start again at the top."""
    lists = [each.highlighted for each in app.screen.query(OptionList)]
    ends = [each.highlighted == each.option_count - 1 for each in app.screen.query(OptionList)]
    if any(ends):
        return ("end",)
    return (scrolled_part(app).scroll_y, app.focused, *lists)


@pytest.mark.parametrize(("dialog", "size"), tuple(dialog_parameters(combinations(DIALOGS, SIZES))))
async def test_the_mouse_wheel_scrolls_every_dialog_to_its_end(
    dialog: DialogCase, size: tuple[int, int]
) -> None:
    async with driving(DialogApp(), size=size, frames=False) as pilot:
        await open_dialog(pilot, dialog)
        widget = scrolled_part(pilot.app)
        before = -1.0
        while widget.scroll_y > before:
            before = widget.scroll_y
            x, y = widget.region.offset
            event = MouseScrollDown(widget, x, y, 0, 1, 0, False, False, False, x, y)
            pilot.app.screen._forward_event(event)
            await pilot.pause()
        assert widget.scroll_y == widget.max_scroll_y
        assert set(dialog.fixed_words.split()) <= visible_words(pilot.app)
        if (
            len(pilot.app.screen.query(f".{SHRINKS}")) == 1
            and dialog.create is not _create_rebuild_form
        ):
            assert dialog.scrolled_words.split()[-1] in visible_words(pilot.app)
