"""The reasons why commands on pipelines are disabled."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui.api.ids import NO_ID
from studio_tui.api.models import Pipeline
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.pipelines.controller import PipelineController
from tests.pipelines import pipeline


def controller(current: Pipeline | None, marked: Sequence[Pipeline]) -> PipelineController:
    session: Any = SimpleNamespace(is_local=True)
    host = cast(Host, SimpleNamespace(session=session, read_only=False))
    return PipelineController(
        host, lambda: current, marked=lambda: marked, unmark=lambda _pipeline_id: None
    )


ENDED = pipeline(1, status="COMPLETED", runs={"a": "COMPLETE"})
ALSO_ENDED = pipeline(2, status="COMPLETED", runs={"a": "COMPLETE"})
RUNNING = pipeline(3, status="RUNNING", runs={"a": "RUNNING"})


def test_the_reason_is_about_the_current_pipeline_if_none_is_marked() -> None:
    commands = controller(ENDED, ())
    assert commands.why_not_stop() == "Nothing runs in it, and nothing will start"
    assert "marked" not in (commands.why_not_pause_or_resume() or "")
    assert commands.why_not_pause_or_resume()


@pytest.mark.parametrize("current", [ENDED, RUNNING])
def test_the_reason_is_about_all_marked_pipelines(current: Pipeline) -> None:
    commands = controller(current, (ENDED, ALSO_ENDED))
    assert (
        commands.why_not_pause_or_resume()
        == "None of the 2 marked pipelines can be paused or resumed"
    )
    assert commands.why_not_stop() == (
        "Nothing runs in the 2 marked pipelines, and nothing will start"
    )


def test_an_unusable_id_of_the_current_pipeline_does_not_matter_if_others_are_marked() -> None:
    unusable = RUNNING.model_copy(update={"pipeline_id": ".."})
    assert controller(unusable, (unusable, RUNNING)).why_no_id() is None
    assert controller(RUNNING, (unusable,)).why_no_id() == NO_ID


def test_marked_pipelines_without_a_usable_id_and_the_current_one_are_left_out() -> None:
    nameless = RUNNING.model_copy(update={"pipeline_id": "⊘0123456789ab"})
    commands = controller(RUNNING, (nameless,))
    assert commands.why_no_id() == commands.why_not_stop() == NO_ID
    assert commands.why_not_pause_or_resume() == NO_ID
    commands = controller(RUNNING, (nameless, ENDED))
    assert commands.why_no_id() is None
    assert commands.why_not_stop() == (
        "Nothing runs in the 2 marked pipelines, and nothing will start"
    )


def test_marked_pipelines_have_logs_even_if_a_filter_hides_all_pipelines() -> None:
    commands = controller(None, (ENDED,))
    assert commands.why_no_logs() is None
    assert controller(None, ()).why_no_logs() == "There is no pipeline here"


def test_a_command_is_enabled_if_it_applies_to_one_of_the_marked_pipelines() -> None:
    commands = controller(ENDED, (ENDED, RUNNING))
    assert commands.why_not_stop() is None
    assert commands.why_not_pause_or_resume() is None
