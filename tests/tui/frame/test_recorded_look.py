from datetime import timedelta

from studio_tui.presentation.cells import Tone
from studio_tui.tui.frame.recorded_rows import as_recorded, recorded_fact
from tests.jobs import NOON, job, row_of


def test_the_state_of_a_recorded_row_has_a_tilde_and_no_color() -> None:
    row = row_of(job(1, "RUNNING"), NOON)
    state, *other_cells = as_recorded(row)
    assert (state.text, state.tone) == ("~ RUNNING", Tone.DIM)
    assert [cell.text for cell in other_cells] == [cell.text for cell in row[1:]]


def test_a_recorded_row_has_a_fact_with_the_time_it_was_last_seen() -> None:
    fact = recorded_fact(NOON - timedelta(days=3), NOON)
    assert fact.value.text == "last seen 3d ago; no longer in Studio's list"
