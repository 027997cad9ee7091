from studio_tui.presentation.pipelines.start_order import IN_ORDER, order_lines
from studio_tui.service.polling.pipelines_feed import PipelineList
from tests.pipelines import pipeline

DONE = {"a": "COMPLETE", "b": "COMPLETE", "c": "COMPLETE"}
FAILED = {"a": "COMPLETE", "b": "FAILED", "c": "PENDING", "d": "PENDING"}


def test_a_warning_about_dependent_jobs_started_at_once_names_the_alternatives() -> None:
    done = pipeline(status="COMPLETED", runs=DONE)
    assert order_lines([done], {"run-1-a", "run-1-c"}, {}, is_kept=False) == (
        "In the pipeline pipeline-1, c.py depends on others of these.",
        "This Studio cannot keep that order: all would start at once,",
        "and read the old datasets.",
        "t rebuilds local.local.report, in order.",
    )
    failed = pipeline(status="FAILED", runs=FAILED)
    lines = order_lines([failed], {"run-1-b", "run-1-c", "run-1-d"}, {}, is_kept=False)
    assert "Instead, R on b.py alone may let pipeline-1 go on." in lines


def test_a_note_states_that_the_order_is_kept_and_how_a_failed_pipeline_continues() -> None:
    done = pipeline(status="COMPLETED", runs=DONE)
    assert order_lines([done], {"run-1-a", "run-1-b", "run-1-c"}, {}, is_kept=True) == (
        "In the pipeline pipeline-1, b.py, c.py depend on others of these.",
        IN_ORDER,
    )
    failed = pipeline(status="FAILED", runs=FAILED)
    lines = order_lines([failed], {"run-1-b", "run-1-c"}, {}, is_kept=True)
    assert lines[-1] == "Instead, R on b.py alone lets pipeline-1 go on."


def test_there_is_no_warning_for_jobs_that_do_not_wait_for_each_other() -> None:
    done = pipeline(status="COMPLETED", runs=DONE)
    assert order_lines([done], {"run-1-b"}, {}, is_kept=False) == ()
    assert order_lines([done], {"others", "run-2-b"}, {}, is_kept=False) == ()
    assert order_lines([], {"run-1-a", "run-1-b"}, {}, is_kept=False) == ()


def test_runs_of_several_pipelines_depend_on_each_other_as_their_originals_do() -> None:
    first = pipeline(1, status="COMPLETED", runs=DONE)
    second = pipeline(2, status="COMPLETED", runs=DONE)
    originals = PipelineList((second, first)).originals()
    for marked in ({"job-a", "job-b"}, {"job-a", "run-1-b"}, {"run-1-a", "run-2-b"}):
        lines = order_lines([second, first], marked, originals, is_kept=False)
        assert any("b.py depends on others of these" in line for line in lines), marked


def test_other_pipelines_of_the_same_jobs_are_not_named_if_one_ran_all_marked_jobs() -> None:
    first = pipeline(1, status="FAILED", runs=FAILED)
    second = pipeline(2, status="FAILED", runs=FAILED)
    originals = PipelineList((second, first)).originals()
    lines = order_lines([second, first], {"run-1-b", "run-1-c"}, originals, is_kept=True)
    assert lines == (
        "In the pipeline pipeline-1, c.py depends on others of these.",
        IN_ORDER,
        "Instead, R on b.py alone lets pipeline-1 go on.",
    )
