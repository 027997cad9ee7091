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
from studio_tui.tui.help_and_palette import WithHelpAndPalette
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
    "everywhere": (Page, WithHelpAndPalette, StudioApp),
}
"""The classes that handle the keys of a screen, by the screen's name in `docs/keys.md`."""

ACTIVE_TOGETHER: dict[str, tuple[type, ...]] = {
    **{screen: (*owners, *OWNERS["everywhere"]) for screen, owners in OWNERS.items()},
    "graph": (PipelineScreen, DagTable, *OWNERS["everywhere"]),
    "drawn graph": (PipelineScreen, GraphView, *OWNERS["everywhere"]),
}
"""The classes that handle keys at the same time, by the name of the screen.

The screen `graph` shows its jobs either as rows or drawn.
"""

NEAREST_WINS = {"logs.dismiss", "graph.leave", "graph.enter", "graph.left", "graph.right",
                "table.left", "table.right", "app.find"}  # fmt: skip
"""Commands that share a key on purpose: the innermost widget around the focus handles the key."""

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
    return {key for owner in owners for key, _ in _declared_bindings(owner)}


def commands_on(screen: str) -> dict[str, set[str]]:
    """Return the ids of the commands of each key on a screen, including inherited ones."""
    commands: dict[str, set[str]] = {}
    for owner in ACTIVE_TOGETHER[screen]:
        for base in owner.__mro__:
            if base.__module__.startswith("studio_tui."):
                for key, command in _declared_bindings(base):
                    commands.setdefault(key, set()).add(command)
    return commands


def _declared_bindings(owner: type) -> Iterator[tuple[str, str]]:
    """Yield each key that a class itself declares, with the id of its command."""
    for binding in vars(owner).get("BINDINGS", ()):
        if isinstance(binding, Binding):
            for key in binding.key.split(","):
                yield key.strip(), binding.id or ""


CONTROLLERS: tuple[type[Controller], ...] = (JobController, PipelineController, ScheduleController)
"""Controllers whose commands are available on several screens."""


def free_letters(screens: Iterable[str]) -> str:
    """Return the letters that are not used as keys on any of the screens, separated by blanks."""
    taken = {key for screen in screens for key in commands_on(screen)}
    return " ".join(key for key in string.ascii_letters if key not in taken)


def screens_of(controller: type[Controller]) -> list[str]:
    """Return the screens that have most of a controller's commands; other screens have a few."""
    own = {command.id for command in controller.COMMANDS}
    return [screen for screen in ACTIVE_TOGETHER if len(own & _ids_on(screen)) > len(own) / 2]


def _ids_on(screen: str) -> set[str]:
    return {command for ids in commands_on(screen).values() for command in ids}


def main() -> None:
    """Print the free letters of each controller, and the keys of each screen."""
    for controller in CONTROLLERS:
        screens = screens_of(controller)
        print(f"{controller.__name__}, on {', '.join(screens)}: free are {free_letters(screens)}")
    for screen in ACTIVE_TOGETHER:
        commands = commands_on(screen)
        print(f"{screen}, free: {free_letters([screen])}")
        for key in sorted(commands, key=lambda key: (len(key), key.lower(), key)):
            print(f"  {key:24}{', '.join(sorted(commands[key]))}")


if __name__ == "__main__":
    main()
