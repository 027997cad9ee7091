"""Rows that one painter draws in any order look as if a new painter had drawn each."""

import tempfile
from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.style import Style

from studio_tui.presentation.logs.row_forms import JsonForm
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.logs.view.painter import LogPainter, RowOptions
from studio_tui.tui.logs.view.palette import LogPalette
from studio_tui.tui.logs.view.place import LogLook
from studio_tui.tui.logs.view.viewport import Row

PALETTE = LogPalette.resolve(
    lambda *_: Style(), Style(reverse=True), lambda style: style, ColorSystem.TRUECOLOR
)
LINES = (
    *(b"", b"plain text", b"  indented", b"ERROR: no disk", b"WARNING low on memory"),
    *(b"thread 'main' (482) panicked at src/shard.rs:41:17:", b"index out of bounds", b"\t"),
    *("╭─ Error ─────╮".encode(), "│ no such file │".encode(), "╰──────────────╯".encode()),
    *(b'{"level": "error", "message": "panicked at x"}', b'  {"level": "info"}', b"{broken"),
    *(b" 10%\r 50%\r100%", b"\x1b[31mred\x1b[0m", b"\xff\xfe", b"x" * 5000, b"Traceback (most"),
)
FORMS = tuple(
    RowOptions(PALETTE, LogLook(json_form=json), states=states)
    for json in JsonForm
    for states in (False, True)
)


@given(
    lines=st.lists(st.sampled_from(LINES), min_size=1, max_size=12),
    later=st.lists(st.sampled_from(LINES), max_size=3),
    order=st.randoms(use_true_random=False),
    options=st.sampled_from(FORMS),
)
def test_lines_drawn_in_any_order_look_as_if_each_was_drawn_alone(
    lines: list[bytes], later: list[bytes], order: Random, options: RowOptions
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = LogStore.create(Path(folder))
        store.append(b"\n".join(lines))
        painter = _painter(store, options)
        _assert_rows_look_as_drawn_alone(store, painter, options, order)
        # The last line grows; then the log is cut and continues with another text.
        store.append(b" and more\n".join([b"", *later]))
        _assert_rows_look_as_drawn_alone(store, painter, options, order)
        store.cut(store.line_start(store.size // 2))
        store.append(b"panicked at\nelse")
        _assert_rows_look_as_drawn_alone(store, painter, options, order)
        store.close()


def _painter(store: LogStore, options: RowOptions) -> LogPainter:
    painter = LogPainter(store, PALETTE)
    painter.adjust(options)
    return painter


def _assert_rows_look_as_drawn_alone(
    store: LogStore, painter: LogPainter, options: RowOptions, order: Random
) -> None:
    starts = [0]
    while (next_start := store.next_start(starts[-1])) is not None:
        starts.append(next_start)
    shuffled = list(starts)
    order.shuffle(shuffled)
    for start in [*starts, *shuffled, *reversed(starts)]:
        new_painter = _painter(store, options)
        parts = new_painter.row_count(start)
        assert painter.row_count(start) == parts
        for part in range(parts):
            row = Row(start, part)
            drawn = painter.row(row, left=0, flags=0)
            assert list(drawn) == list(new_painter.row(row, left=0, flags=0))
            assert drawn.cell_length == 80
