"""The models read the examples of the API document, which `tests/doc_examples` has verbatim."""

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from studio_tui.api import models, routes
from studio_tui.api.fields import Received, Sent
from studio_tui.api.ids import is_usable_id
from studio_tui.api.models import Cluster, Job, JobInput, Pipeline
from studio_tui.api.states import JobState, PipelineState
from studio_tui.text import Verbatim, safe_line

EXAMPLES = Path(__file__).parent.parent / "doc_examples"
SCHEMAS = sorted(path.stem for path in EXAMPLES.glob("[A-Z]*.json"))

EXCHANGES: dict[str, type[BaseModel]] = {
    "cancel_job.body": models.JobCancelInput,
    "cancel_job.response": models.ActionFeedback,
    "create_job.body": models.JobInput,
    "create_job.response": models.JobOutput,
    "get_clusters.response": models.ComputeClusterOutput,
    "get_jobs.response": models.JobOutput,
    "get_pipeline.response": models.JobPipelineOutput,
    "list_pipelines.response": models.JobPipelineOutput,
    "pause_pipeline.body": models.PipelineInput,
    "pause_pipeline.response": models.PipelineOutput,
    "remove_job_from_pipeline.body": models.RemoveJobFromPipelineInput,
    "remove_job_from_pipeline.response": models.PipelineOutput,
    "resume_pipeline.body": models.PipelineInput,
    "resume_pipeline.response": models.PipelineOutput,
    "trigger_pipeline.body": models.TriggerPipelineInput,
    "trigger_pipeline.response": models.PipelineOutput,
    "upload_file.response": models.UploadFileOutput,
}
"""The model of each example of an endpoint; if the example is a list, of its items."""


def document_example(name: str) -> Any:
    """Return an example of the API document, e.g. of `get_jobs.response`."""
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def assert_read_completely(value: dict[str, Any], model: BaseModel) -> None:
    """Check that each key of an example is a field of the model that was read, with a value."""
    if isinstance(model, Received):
        assert model.unreadable == ()
    for key, part in value.items():
        field = getattr(model, key)
        assert field is not None, key
        if isinstance(part, dict) and isinstance(field, BaseModel):
            assert_read_completely(part, field)
        if isinstance(part, list) and part and isinstance(part[0], dict):
            assert_read_completely(part[0], field[0])


def test_the_document_has_twelve_schemas_and_each_has_a_model() -> None:
    assert len(SCHEMAS) == 12
    assert all(issubclass(getattr(models, name), Received | Sent) for name in SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_of_the_document_is_read_completely(name: str) -> None:
    value = document_example(name)
    assert_read_completely(value, getattr(models, name).model_validate(value))


@pytest.mark.parametrize("name", EXCHANGES)
def test_each_example_of_an_endpoint_is_read_completely(name: str) -> None:
    value = document_example(name)
    for row in value if isinstance(value, list) else [value]:
        assert_read_completely(row, EXCHANGES[name].model_validate(row))


def test_every_example_of_an_endpoint_is_tested() -> None:
    examples = {path.stem for path in EXAMPLES.glob("[a-z]*.json")}
    # `list_pipelines.body` is the body of a GET request: the client sends ?status= instead
    assert examples == EXCHANGES.keys() | {"list_pipelines.body"}


@pytest.mark.parametrize("name", [name for name in EXCHANGES if name.endswith(".body")])
def test_each_sent_body_equals_its_example_in_the_document(name: str) -> None:
    value = document_example(name)
    assert EXCHANGES[name].model_validate(value).model_dump(mode="json", exclude_none=True) == value


DOCUMENTED = [each for each in vars(routes).values() if isinstance(each, routes.Route)][:12]
"""The endpoints of the API document, in its order."""


def test_the_routes_are_those_of_the_document() -> None:
    listed = (EXAMPLES / "endpoints.txt").read_text("utf-8").splitlines()
    assert [f"{route.method} /api{route.path}" for route in DOCUMENTED] == listed


def test_an_unknown_key_in_a_sent_body_is_refused() -> None:
    with pytest.raises(ValidationError):
        JobInput.model_validate({"query": "1", "team_name": "t", "workesr": 3})


def test_an_unknown_key_in_a_received_body_is_ignored_and_an_unreadable_field_is_named() -> None:
    job = Job.model_validate({"id": 7, "workers": "many", "name": "n", "brand_new": 1})
    assert (job.id, job.workers, job.name) == ("7", None, "n")
    assert job.unreadable == ("workers",)


def test_a_pipeline_with_an_unreadable_job_is_read() -> None:
    runs = [{"job_id": "a"}, {"job_id": None}]
    pipeline = Pipeline.model_validate({"pipeline_id": "p", "status": "paused", "job_runs": runs})
    assert (pipeline.state, pipeline.job_runs) == (PipelineState.PAUSED, ())
    assert pipeline.unreadable == ("job_runs",)


@pytest.mark.parametrize(
    ("model", "field"), [(Job, "id"), (Cluster, "id"), (Pipeline, "pipeline_id")]
)
@pytest.mark.parametrize("identifier", [None, True, 1.5, [], {}])
def test_a_row_without_an_id_is_refused(
    model: type[Received], field: str, identifier: object
) -> None:
    with pytest.raises(ValidationError):
        model.model_validate({field: identifier})


UNUSABLE = ["", ".", "..", "a\nb", "\u202eb", "x" * 513, "\ud800", "⊘0123456789ab"]


@pytest.mark.parametrize(
    ("model", "field"), [(Job, "id"), (Cluster, "id"), (Pipeline, "pipeline_id")]
)
def test_a_row_with_an_unusable_id_gets_a_unique_placeholder(
    model: type[Received], field: str
) -> None:
    ids = [getattr(model.model_validate({field: identifier}), field) for identifier in UNUSABLE]
    same_ids = [
        getattr(model.model_validate({field: identifier}), field) for identifier in UNUSABLE
    ]
    assert ids == same_ids
    assert len(set(ids)) == len(UNUSABLE)
    assert not any(map(is_usable_id, ids))
    assert [safe_line(each) for each in ids] == ids


@pytest.mark.parametrize("identifier", UNUSABLE)
def test_an_unusable_id_of_another_object_is_unreadable(identifier: str) -> None:
    job = Job.model_validate({"id": "1", "compute_cluster_id": identifier})
    assert job.compute_cluster_id is None
    assert job.unreadable == ("compute_cluster_id",)


def test_an_unknown_status_keeps_its_word() -> None:
    job = Job.model_validate({"id": "a", "status": "hibernating"})
    assert (job.status, job.state) == ("HIBERNATING", JobState.UNKNOWN)
    assert not job.state.is_finished


@pytest.mark.parametrize(("sent", "read"), [("python", "PYTHON"), (1, "PYTHON"), (2, "SHELL")])
def test_a_query_type_is_read_from_a_word_or_a_number(sent: object, read: str) -> None:
    assert Job.model_validate({"id": "a", "query_type": sent}).query_type == read


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "2021-01-01T00:00"]
)
def test_any_time_is_read_and_is_aware(time: str) -> None:
    job = Job.model_validate({"id": "a", "created_at": time})
    assert job.created_at
    assert job.created_at.utcoffset() is not None


def test_the_name_of_a_job_is_sanitized_and_its_query_is_verbatim() -> None:
    untrusted = "\x1b]52;c;x\x07[/]\u202e"
    job = Job.model_validate({"id": "a", "name": untrusted, "query": untrusted})
    assert job.name == "␛]52;c;x␇[/]"
    assert job.query == Verbatim(untrusted)


def test_environment_values_are_secret() -> None:
    job = Job.model_validate({"id": "a", "environment": {"KEY": "hush", "N": 3, "E": None}})
    assert "hush" not in repr(job)
    assert job.environment
    assert [value.get_secret_value() for value in job.environment.values()] == ["hush", "3", ""]


def test_equal_queries_of_jobs_share_memory_unless_they_are_long() -> None:
    for length, is_shared in ((100, True), (1024 * 1024, False)):
        bodies = [json.dumps({"id": str(number), "query": "x" * length}) for number in (1, 2)]
        first, second = map(Job.model_validate_json, bodies)
        assert (first.query is second.query) is is_shared
        assert first.query == second.query


def test_jobs_share_equal_values() -> None:
    row = {"id": "1", "status": "complete", "created_at": "2026-01-01T00:00:00Z", "name": "a.py"}
    first, second = Job.model_validate(row), Job.model_validate(row | {"workers": 1})
    assert first.status is second.status
    assert first.created_at is not None
    assert first.created_at.tzinfo is UTC
    assert first.model_fields_set is second.model_fields_set
    changed = first.model_copy(update={"workers": 1})
    assert changed == second
    assert not first.model_fields_set
