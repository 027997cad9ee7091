from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.cells import NOTHING, Cell, Pieces, Tone
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.listing import Listing
from studio_tui.presentation.pipelines.graph.estimate import Estimate
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.rows import (
    BAR_WIDTH,
    COLUMNS,
    LOOKS,
    PIPELINES,
    StatusCache,
    cells,
    pipelines_with,
    state_cell,
    target_cell,
)
from tests.columns import by_key
from tests.hostile import control_characters
from tests.jobs import NOON
from tests.pipelines import pipeline

FAILED = pipeline(2, "FAILED", {"a": "COMPLETE", "b": "FAILED", "c": "PENDING"})


def text(cell: Cell | Pieces) -> str:
    return cell.text if isinstance(cell, Cell) else "".join(part.text for part in cell.parts)


def row(shown: Pipeline) -> list[str]:
    return [text(cell) for cell in cells(shown, StatusCache(), NOON, Estimate())]


def matching_names(terms: str, *pipelines: Pipeline) -> list[str | None]:
    listing: Listing[Pipeline] = Listing(PIPELINES)
    listing.replace(pipelines)
    return [listing[key].name for key in listing.ids(Terms(terms, PIPELINES), "age", NOON)]


def test_a_row_shows_the_state_name_target_progress_and_times_of_a_pipeline() -> None:
    values = by_key(COLUMNS, row(FAILED))
    assert values["state"] == "✗ FAILED"
    assert values["name"] == "pipeline-2"
    assert values["target"] == "report  local.local"
    assert len(values["progress"]) == BAR_WIDTH
    assert "✗" in values["progress"]
    assert values["done"] == "1/3"
    assert values["jobs"].split() == ["✓1", "✗1", "⊘1"]
    assert (values["age"], values["updated"], values["id"]) == ("2h", "1h", "00000002")


def test_an_estimate_is_shown_with_the_number_of_runs_if_there_is_room() -> None:
    estimate = Estimate(3900.0, few_runs=2)
    cell = by_key(COLUMNS, cells(pipeline(1), StatusCache(), NOON, estimate))["eta"]
    assert cell == Cell("~1h 05m, from 2 runs", Tone.PLAIN, ("~1h 05m",))
    unknown = Estimate(reason="no ETA: no past runs of a.py")
    assert by_key(COLUMNS, cells(pipeline(1), StatusCache(), NOON, unknown))["eta"] == NOTHING


def test_a_failure_among_a_thousand_jobs_is_visible_in_the_bar() -> None:
    runs = {f"j{number}": "COMPLETE" for number in range(999)} | {"bad": "FAILED"}
    assert "✗" in row(pipeline(1, "FAILED", runs))[3]


def test_a_pipeline_without_its_jobs_shows_the_counts_that_studio_sends() -> None:
    cache = StatusCache()
    running = pipeline(1, "RUNNING", completed=2, total=5)
    assert cache.numbers(running)[NodeState.DONE] == 2
    assert cache.numbers(running)[NodeState.WAITING] == 3
    ended = pipeline(2, "FAILED", completed=7, total=5)
    assert cache.numbers(ended)[NodeState.DONE] == 5
    assert row(pipeline(3, completed=None, total=None))[4] == ""


def test_the_statuses_of_a_received_pipeline_are_computed_once() -> None:
    cache = StatusCache()
    assert cache.statuses(FAILED) is cache.statuses(FAILED)
    assert cache.statuses(FAILED.model_copy()) is not cache.statuses(FAILED)
    statuses = cache.statuses(FAILED)
    cache.keep({FAILED.pipeline_id})
    assert cache.statuses(FAILED) is statuses
    cache.keep(())
    assert cache.statuses(FAILED) is not statuses


@pytest.mark.parametrize("state", PipelineState)
def test_every_state_has_its_own_sign_and_word(state: PipelineState) -> None:
    cell = state_cell(pipeline(1, state))
    assert cell == Cell(f"{LOOKS[state].glyph} {state}", LOOKS[state].tone)
    assert len({look.glyph for look in LOOKS.values()}) == len(LOOKS)


def test_an_unknown_state_is_shown_with_a_question_mark() -> None:
    assert state_cell(pipeline(1, "Simmering")) == Cell("? SIMMERING", Tone.WARN)
    assert state_cell(Pipeline(pipeline_id="p")).text == "? UNKNOWN"


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("report", "report"),
        ("ns.proj.report", "report  ns.proj"),
        ("ns.proj.report@1.2.0", "report@1.2.0  ns.proj"),
        ("@ns.proj.report", "report  @ns.proj"),
        ("@ns.proj.report@1.2.0", "report@1.2.0  @ns.proj"),
        ("a.b.c, d.e.f", "a.b.c, d.e.f"),
        ("trailing.", "trailing."),
        (None, "–"),
    ],
)
def test_a_target_is_shown_with_its_name_before_its_namespace(
    target: str | None, shown: str
) -> None:
    assert text(target_cell(pipeline(1, triggered_from=target))) == shown


def test_a_narrow_table_shows_the_number_of_rerun_jobs_instead_of_their_names() -> None:
    rerun = pipeline(1, triggered_from="jobs publish.py, export.py", total=2)
    assert target_cell(rerun) == Cell("jobs publish.py, export.py", shorter=("2 jobs",))


@given(st.text())
def test_no_received_text_brings_a_control_character_into_a_cell(name: str) -> None:
    shown = pipeline(1, name[:20], {name or "x": name[:9]}, name=name, triggered_from=name)
    for cell in row(shown):
        assert not control_characters(cell)


def test_fields_that_cannot_be_read_are_marked() -> None:
    broken = pipeline(1, name=7, triggered_from=["x"], created_at="soon")
    assert [row(broken)[place] for place in (1, 2, 7)] == ["?", "?", "?"]


def test_extreme_times_sort_without_an_error() -> None:
    listing: Listing[Pipeline] = Listing(PIPELINES)
    listing.replace(
        [
            pipeline(1, created_at=datetime.min.replace(tzinfo=UTC).isoformat()),
            pipeline(2, created_at=datetime.max.replace(tzinfo=UTC).isoformat(), name=None),
            pipeline(3, created_at=None, updated_at=None, triggered_from=None),
        ]
    )
    for sort in PIPELINES.sorts:
        assert len(listing.ids(Terms("", PIPELINES), sort, NOON)) == 3


def test_pipelines_without_an_estimate_come_after_the_others_when_sorted_by_eta() -> None:
    shown = [pipeline(number) for number in range(3)]
    unknown, late, soon = (each.pipeline_id for each in shown)
    estimates = {late: Estimate(90.0), soon: Estimate(30.0)}
    kind = pipelines_with(lambda key: estimates.get(key, Estimate()))
    listing = Listing(kind)
    listing.replace(shown)
    assert listing.ids(Terms("", kind), "eta", NOON) == [soon, late, unknown]


def test_failed_pipelines_come_first_when_sorted_by_state() -> None:
    listing: Listing[Pipeline] = Listing(PIPELINES)
    listing.replace([pipeline(1, "COMPLETED"), pipeline(2, "RUNNING"), pipeline(3, "FAILED")])
    names = [listing[key].name for key in listing.ids(Terms("", PIPELINES), "state", NOON)]
    assert names == ["pipeline-3", "pipeline-2", "pipeline-1"]


@pytest.mark.parametrize(
    ("terms", "names"),
    [
        ("", ["pipeline-1", "pipeline-2", "pipeline-3"]),
        ("status=problem", ["pipeline-2"]),
        ("status=active", ["pipeline-1", "pipeline-3"]),
        ("status=pau", ["pipeline-3"]),
        ("target=index", ["pipeline-1"]),
        ("job=b.py", ["pipeline-2"]),
        ("!status=paused age<150m", ["pipeline-1", "pipeline-2"]),
        ("name~-[23]$", ["pipeline-2", "pipeline-3"]),
        ("REPORT pipeline-3", ["pipeline-3"]),
    ],
)
def test_pipelines_can_be_filtered_by_their_fields(terms: str, names: list[str]) -> None:
    pipelines = (pipeline(1, triggered_from="ns.proj.index"), FAILED, pipeline(3, "PAUSED"))
    assert matching_names(terms, *pipelines) == names


@pytest.mark.parametrize("term", ["by=ann", "status=nonsense", "age<soon", "name~("])
def test_an_invalid_term_is_an_error(term: str) -> None:
    assert Terms(term, PIPELINES).problem


def test_every_term_that_completion_offers_is_valid() -> None:
    for term in PIPELINES.completions:
        assert not Terms(term, PIPELINES).problem
