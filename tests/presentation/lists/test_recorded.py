from datetime import timedelta

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.rows import cells
from studio_tui.presentation.lists.recorded import as_recorded, recorded_fact
from tests.jobs import NOON, job


def test_the_state_of_a_recorded_row_is_marked_without_colour() -> None:
    row = cells(job(1, "RUNNING"), NOON)
    state, *rest = as_recorded(row)
    assert (state.text, state.tone) == ("~ RUNNING", Tone.DIM)
    assert [cell.text for cell in rest] == [cell.text for cell in row[1:]]


def test_a_recorded_row_says_when_it_was_seen_so() -> None:
    fact = recorded_fact(NOON - timedelta(days=3), NOON)
    assert fact.value.text == "last seen 3d ago; no longer in Studio's list"
