"""Lists the keys of each screen and the free letters: `make keys`."""

import string
from collections.abc import Iterable, Iterator

from textual.binding import Binding

from studio_tui.tui.activity.list_screen import ActivityScreen
from studio_tui.tui.app import StudioApp
from studio_tui.tui.clusters.list_screen import ClustersScreen
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.frame.commands import Controller
from studio_tui.tui.frame.page import Page
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.jobs.detail_screen import JobScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.logs.merged_screen import MergedScreen
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.pipelines.controller import PipelineController
from studio_tui.tui.pipelines.graph.graph_view import GraphView
from studio_tui.tui.pipelines.graph.rows_view import DagTable
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from studio_tui.tui.pipelines.list_screen import PipelinesScreen
from studio_tui.tui.schedules.controller import ScheduleController
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
    "activity": (ActivityScreen, BigTable),
    "schedules": (SchedulesScreen, BigTable),
    "form": (SubmitScreen,),
    "everywhere": (Page, StudioApp),
}
"""Classes that handle keys, by their names in README's table."""

TOGETHER: dict[str, tuple[type, ...]] = {
    **{place: (*owners, *OWNERS["everywhere"]) for place, owners in OWNERS.items()},
    "graph": (PipelineScreen, DagTable, *OWNERS["everywhere"]),
    "drawn graph": (PipelineScreen, GraphView, *OWNERS["everywhere"]),
}
"""Classes that handle keys at the same time."""

NEARER = {"logs.dismiss", "graph.leave", "graph.enter", "graph.left", "graph.right", "table.left",
          "table.right"}  # fmt: skip
"""Commands that intentionally share a key: the one closest to the cursor handles it."""

NAMES = {
    "/": "slash",
    "\\": "backslash",
    ",": "comma",
    ";": "semicolon",
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
"""Textual's names of keys other than letters and digits."""


def keys_of(owners: tuple[type, ...]) -> set[str]:
    """Return the keys that the classes declare themselves, in Textual's names."""
    return {key for owner in owners for key, _ in _declared(owner)}


def commands_at(place: str) -> dict[str, set[str]]:
    """Return the ids of the commands of each key in a place, including inherited ones."""
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


CONTROLLERS: tuple[type[Controller], ...] = (JobController, PipelineController, ScheduleController)
"""Controllers whose commands are available in several places."""


def free_at(places: Iterable[str]) -> str:
    """Return the letters that are not used as keys in any of these places, separated by blanks."""
    taken = {key for place in places for key in commands_at(place)}
    return " ".join(key for key in string.ascii_letters if key not in taken)


def places_of(controller: type[Controller]) -> list[str]:
    """Return the places that have most of a controller's commands; some have only a few."""
    own = {command.id for command in controller.COMMANDS}
    return [
        place
        for place in TOGETHER
        if len(own & {each for ids in commands_at(place).values() for each in ids}) > len(own) / 2
    ]


def main() -> None:
    """Print the table."""
    for controller in CONTROLLERS:
        places = places_of(controller)
        print(f"{controller.__name__}, on {', '.join(places)}: free are {free_at(places)}")
    for place in TOGETHER:
        commands = commands_at(place)
        print(f"{place}, free: {free_at([place])}")
        for key in sorted(commands, key=lambda key: (len(key), key.lower(), key)):
            print(f"  {key:24}{', '.join(sorted(commands[key]))}")


if __name__ == "__main__":
    main()
