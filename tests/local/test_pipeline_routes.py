import pytest

from tests.studios import ThreadStudio


def test_no_pipelines_are_listed(shared_studio: ThreadStudio) -> None:
    for query in ({}, {"status": "FAILED"}, {"status": "failed"}, {"search": "x", "limit": "5"}):
        response = shared_studio.request(
            "GET", "/datachain/pipeline/list", params={"team_name": "local", **query}
        )
        assert (response.status_code, response.json()) == (200, [])


def test_the_filter_of_the_document_comes_in_the_body(shared_studio: ThreadStudio) -> None:
    path = "/datachain/pipeline/list?team_name=local"
    assert shared_studio.request("GET", path, json=["RUNNING", "paused"]).json() == []
    assert shared_studio.request("GET", path, json=["nonsense"]).status_code == 422


def test_an_unknown_dataset_is_not_found_by_name(shared_studio: ThreadStudio) -> None:
    body = {"datasets": ["@ns.project.cats@1.0.0"], "team_name": "local", "review": True}
    response = shared_studio.request("POST", "/datachain/pipeline/trigger", json=body)
    assert response.status_code == 404
    assert "@ns.project.cats@1.0.0" in response.json()["message"]


@pytest.mark.parametrize("datasets", [[], [""], "cats"])
def test_a_trigger_without_a_dataset_is_refused(
    shared_studio: ThreadStudio, datasets: object
) -> None:
    body = {"datasets": datasets, "team_name": "local"}
    response = shared_studio.request("POST", "/datachain/pipeline/trigger", json=body)
    assert response.status_code == 422
    assert "datasets" in response.json()["message"]


@pytest.mark.parametrize("action", ["pause", "resume", "remove-job"])
def test_an_unknown_pipeline_is_not_found_by_name(shared_studio: ThreadStudio, action: str) -> None:
    body = {"name": "rathe-kyat", "team_name": "local"}
    if action == "remove-job":
        body["job_id"] = "x"
    path = f"/datachain/pipeline/{action}"
    response = shared_studio.request("POST", path, json=body)
    assert response.status_code == 404
    assert "rathe-kyat" in response.json()["message"]
    del body["name"]
    assert shared_studio.request("POST", path, json=body).status_code == 422
    foreign = {**body, "team_name": "foreign"}
    assert shared_studio.request("POST", path, json=foreign).status_code == 403


def test_the_status_of_an_unknown_pipeline_is_not_found(shared_studio: ThreadStudio) -> None:
    path = "/datachain/pipeline/status"
    query = {"team_name": "local", "name": "rathe-kyat"}
    response = shared_studio.request("GET", path, params=query)
    assert response.status_code == 404
    assert "rathe-kyat" in response.json()["message"]
    assert shared_studio.request("GET", path, params={"team_name": "local"}).status_code == 422
