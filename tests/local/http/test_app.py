import json
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.models import ComputeClusterOutput, UploadFileOutput
from tests.studios import ThreadStudio

DOCUMENT = Path(__file__).parents[2] / "doc_examples"

SCHEMAS = (
    "JobOutput",
    "JobInput",
    "ActionFeedback",
    "JobCancelInput",
    "UploadFileOutput",
    "ComputeClusterOutput",
    "JobPipelineOutput",
    "JobPipelineRunOutput",
    "PipelineOutput",
    "TriggerPipelineInput",
    "PipelineInput",
    "RemoveJobFromPipelineInput",
)
"""The schemas of the API document, in its order; their keys are those of its examples."""

NEWER = {
    "JobOutput": {
        "started_at",
        "compute_cluster_id",
        "compute_cluster_name",
        "steps",
        "schedule",
        "scheduled_by",
        "scheduled_for",
        "waits_for",
        "metrics",
    },
    "JobInput": {"rerun_from_job_id", "reset", "time_zone"},
    "ComputeClusterOutput": {
        "cloud_region",
        "instance_type",
        "compute_class",
        "disk_size",
        "active_workers",
        "busy_workers",
        "problem",
    },
    "JobPipelineOutput": {"warnings", "scheduled_by", "removed"},
    "JobPipelineRunOutput": {"attempts"},
}
"""Keys that the document does not have: of the newer published client, or of this Studio alone."""

OWN_SCHEMAS = {
    "ErrorBody",
    "JobSchedule",
    "JobStep",
    "QueryType",
    "RemovedJobOutput",
    "ScheduleRun",
}
"""Schemas that the document does not have."""


@pytest.fixture
def description(shared_studio: ThreadStudio) -> dict[str, Any]:
    return dict(shared_studio.request("GET", "/openapi.json").json())


def test_the_openapi_has_the_paths_and_methods_of_the_document(description: dict[str, Any]) -> None:
    endpoints = {
        f"{method.upper()} {path}"
        for path, methods in description["paths"].items()
        for method in methods
    }
    assert endpoints == set((DOCUMENT / "endpoints.txt").read_text().splitlines())


def test_the_openapi_has_the_schemas_of_the_document(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    assert set(schemas) == {*SCHEMAS, *OWN_SCHEMAS}
    for name in SCHEMAS:
        documented = json.loads((DOCUMENT / f"{name}.json").read_text())
        older_keys = [key for key in schemas[name]["properties"] if key not in NEWER.get(name, ())]
        assert older_keys == [*documented], name
        assert NEWER.get(name, set()) <= set(schemas[name]["properties"])


def test_every_operation_has_a_response_schema_of_the_document(description: dict[str, Any]) -> None:
    for path, methods in description["paths"].items():
        for operation in methods.values():
            responses = operation["responses"]
            for error in ("422", "4XX", "5XX"):
                schema = responses[error]["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorBody"}
            if path.endswith("/logs"):
                assert set(responses) == {"200", "206", "304", "416", "422", "4XX", "5XX"}
                assert set(responses["200"]["content"]) == {"text/plain"}
                continue
            assert set(responses) == {"200", "422", "4XX", "5XX"}
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            reference = schema.get("items", schema)["$ref"]
            assert reference.rpartition("/")[2] in SCHEMAS


def test_a_response_has_the_keys_that_the_client_reads(shared_studio: ThreadStudio) -> None:
    cluster = shared_studio.request("GET", "/datachain/clusters/").json()[0]
    assert cluster.keys() == ComputeClusterOutput.model_fields.keys() - {"unreadable"}
    path = f"/datachain/jobs/files?team_name={shared_studio.team}"
    upload = shared_studio.request("POST", path, files={"file": b"x"}).json()
    assert upload.keys() == UploadFileOutput.model_fields.keys() - {"unreadable"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("GET", "/datachain/jobs", 404),
        ("GET", "/docs", 404),
        ("GET", "/datachain/jobs/x/logs", 404),
        ("PUT", "/datachain/jobs/", 405),
        ("DELETE", "/datachain/jobs/x/cancel", 405),
        ("GET", "/datachain/jobs/", 422),
    ],
)
def test_every_error_response_has_a_sentence_as_its_message(
    shared_studio: ThreadStudio, method: str, path: str, status: int
) -> None:
    response = shared_studio.request(method, path)
    assert response.status_code == status
    assert response.json()["message"].endswith(".")
    assert response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("OPTIONS", "/datachain/jobs/", "GET, POST"),
        ("PUT", "/datachain/jobs/", "GET, POST"),
        ("DELETE", "/datachain/jobs/x/cancel", "POST"),
        ("POST", "/datachain/jobs/x/logs", "GET"),
    ],
)
def test_a_405_lists_all_methods_of_the_path(
    shared_studio: ThreadStudio, method: str, path: str, allowed: str
) -> None:
    response = shared_studio.request(method, path)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)


def test_a_404_quotes_a_path_with_braces_unchanged(shared_studio: ThreadStudio) -> None:
    assert "{path}" in shared_studio.request("GET", "/{path}{0}").json()["message"]


def test_an_exception_in_a_route_is_a_500_with_a_sentence_and_no_details(
    shared_studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr("studio_tui.local.http.job_routes._states", lambda _status: 1 // 0)
    response = shared_studio.request("GET", "/datachain/jobs/?team_name=local&status=active")
    assert response.status_code == 500
    assert response.json()["message"].endswith(".")
    assert "ZeroDivision" not in response.text
