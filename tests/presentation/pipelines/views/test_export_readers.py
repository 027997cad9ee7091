"""Graphviz itself reads exported graphs, if it is installed."""

import html
import json
import re
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio_tui.api.models import Pipeline, PipelineJob
from studio_tui.presentation.pipelines.views.export import dot
from studio_tui.text import safe_line
from tests import needs
from tests.presentation.pipelines.graphs import any_pipelines, pipeline_of
from tests.presentation.pipelines.views.test_export import (
    HOSTILE,
    edges_of,
    named_pipelines,
    statuses_of,
)
from tests.soak import at_length

DOT = shutil.which("dot")
pytestmark = [
    pytest.mark.starts_processes,
    needs.program("dot"),
]


def graphviz(source: str, output_format: str) -> str:
    """Return the output of Graphviz in a format, such as `svg`, for a graph in its language."""
    assert DOT is not None
    command = [DOT, "-Kdot", f"-T{output_format}"]
    run = subprocess.run(command, input=source.encode(), capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout.decode()


@settings(
    max_examples=at_length(15, 1000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.one_of(any_pipelines(), named_pipelines()),
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)).map(safe_line),
)
def test_graphviz_finds_each_job_and_edge_and_nothing_else(sent: Pipeline, name: str) -> None:
    statuses = statuses_of(sent)
    graph = json.loads(graphviz(dot(statuses, name), "json0"))
    assert graph["directed"] is True
    objects = {each["_gvid"]: each for each in graph.get("objects", [])}
    assert len(objects) == len(statuses.plan.nodes)
    edges = {
        (objects[each["tail"]]["name"], objects[each["head"]]["name"])
        for each in graph.get("edges", [])
    }
    assert edges == edges_of(statuses.plan)


def test_graphviz_shows_every_name_unchanged() -> None:
    sent = pipeline_of(
        [
            PipelineJob.model_validate({"job_id": f"id {index}", "name": name})
            for index, name in enumerate(HOSTILE)
        ]
    )
    statuses = statuses_of(sent)
    labels = re.findall(r"<text [^>]*>(.*?)</text>", graphviz(dot(statuses, "x"), "svg"))
    label_texts = [html.unescape(text).replace("\u00a0", " ") for text in labels]
    names = [
        f"{statuses.look(node.id).glyph} {node.name}".replace("\u00a0", " ")
        for node in statuses.plan.nodes.values()
    ]
    assert sorted(label_texts) == sorted(names)
