import re
from pathlib import Path

from textual.binding import Binding

from studio_tui.tui.app import StudioApp
from studio_tui.tui.clusters.list_screen import ClustersScreen
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.frame.page import Page
from studio_tui.tui.jobs.detail_screen import JobScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.logs.merged_screen import MergedScreen
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.pipelines.graph.dag_table import DagTable
from studio_tui.tui.pipelines.graph.graph_view import GraphView
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from studio_tui.tui.pipelines.list_screen import PipelinesScreen
from studio_tui.tui.schedules.list_screen import SchedulesScreen
from studio_tui.tui.widgets.big_table import BigTable

ROOT = Path(__file__).parent.parent
OWNERS: dict[str, tuple[type, ...]] = {
    "jobs": (JobsScreen, BigTable),
    "job": (JobScreen,),
    "log": (LogScreen, LogView),
    "merged": (MergedScreen, LogView),
    "pipelines": (PipelinesScreen, BigTable),
    "graph": (PipelineScreen, DagTable, GraphView),
    "clusters": (ClustersScreen, BigTable),
    "schedules": (SchedulesScreen, BigTable),
    "form": (SubmitScreen,),
    "everywhere": (Page, StudioApp),
}
NAMES = {
    "/": "slash",
    "*": "asterisk",
    "!": "exclamation_mark",
    "?": "question_mark",
    "#": "number_sign",
    "{": "left_curly_bracket",
    "}": "right_curly_bracket",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    ".": "full_stop",
    "&": "ampersand",
    ":": "colon",
    "'": "apostrophe",
    '"': "quotation_mark",
}


def keys_of(owners: tuple[type, ...]) -> set[str]:
    return {
        key.strip()
        for owner in owners
        for binding in vars(owner).get("BINDINGS", ())
        if isinstance(binding, Binding)
        for key in binding.key.split(",")
    }


def test_every_key_of_the_readme_does_something_where_it_says() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]+`) \| ([a-z, ]+) \|", readme.split("<!-- keys")[1], re.MULTILINE)
    assert len(rows) > 15
    for shown, places in rows:
        for key in re.findall(r"`(\S+)`", shown):
            for place in places.split(", "):
                assert NAMES.get(key, key) in keys_of(OWNERS[place]), f"{key} on {place}"


def test_the_documents_point_to_files_that_exist() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / name).read_text("utf-8")):
            assert (ROOT / target).exists(), f"{name} points to {target}"


def test_every_binding_has_a_dotted_id_and_says_what_it_does() -> None:
    for owners in OWNERS.values():
        for owner in owners:
            for binding in vars(owner).get("BINDINGS", ()):
                assert isinstance(binding, Binding)
                assert binding.id, f"{binding.key} of {owner.__name__}"
                assert re.fullmatch(r"[a-z]+\.[a-z_]+", binding.id)
                assert binding.description or binding.tooltip
