"""Which keys each screen has, for what, and which are free: `make keys`."""

import string
from collections.abc import Iterator

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
"""What answers to keys, by the name that README's table has for it."""

TOGETHER: dict[str, tuple[type, ...]] = {
    **{place: (*owners, *OWNERS["everywhere"]) for place, owners in OWNERS.items()},
    "graph": (PipelineScreen, DagTable, *OWNERS["everywhere"]),
    "drawn graph": (PipelineScreen, GraphView, *OWNERS["everywhere"]),
}
"""What answers to keys at the same time."""

NEARER = {"logs.dismiss", "dag.leave", "dag.enter", "graph.left", "graph.right", "table.left",
          "table.right"}  # fmt: skip
"""Commands that share a key with another on purpose: the one nearer to the cursor has it."""

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
"""Textual's names of keys that a letter or digit does not name."""


def keys_of(owners: tuple[type, ...]) -> set[str]:
    """Return the keys that the classes themselves have, in Textual's names."""
    return {key for owner in owners for key, _ in _declared(owner)}


def commands_at(place: str) -> dict[str, set[str]]:
    """Return the ids of the commands of each key in a place, inherited ones too."""
    found: dict[str, set[str]] = {}
    for owner in TOGETHER[place]:
        for kind in owner.__mro__:
            if kind.__module__.startswith("studio_tui."):
                for key, command in _declared(kind):
                    found.setdefault(key, set()).add(command)
    return found


def _declared(owner: type) -> Iterator[tuple[str, str]]:
    for binding in vars(owner).get("BINDINGS", ()):
        if isinstance(binding, Binding):
            for key in binding.key.split(","):
                yield key.strip(), binding.id or ""


def main() -> None:
    """Print the table."""
    for place in TOGETHER:
        commands = commands_at(place)
        print(f"{place}, free: {' '.join(k for k in string.ascii_letters if k not in commands)}")
        for key in sorted(commands, key=lambda key: (len(key), key.lower(), key)):
            print(f"  {key:24}{', '.join(sorted(commands[key]))}")


if __name__ == "__main__":
    main()
