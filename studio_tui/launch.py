"""Runs the dashboard in the terminal, with a connection that its caller makes.

Imports are inside functions, so that they run while garbage collection is disabled.
"""

import gc
import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from studio_tui.tui.app import Connect
    from studio_tui.tui.frame.choices import Choice


def run_dashboard(
    connect: "Connect",
    *,
    waiting_for: str,
    first_choice: "Choice | None" = None,
    theme: str | None = None,
    last_list: "Path | None" = None,
) -> int:
    """Run the dashboard with the connection made by `connect`; return the exit code.

    `connect` is called in a thread, with `first_choice`; meanwhile the screen shows the text
    `waiting_for`, or the list in the file `last_list`. Without a `theme`, the one that the user
    chose last is used. If there is none, or NO_COLOR is set, one that suits the terminal is used.
    """
    # Imports leave hardly any garbage, but a collector would take a tenth of their time. The app
    # enables the collection again after its first paint.
    gc.disable()
    try:
        from studio_tui.tui.app import StudioApp
        from studio_tui.tui.terminal import probe
        from studio_tui.tui.theme import theme_for

        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            sys.stderr.write("studio-tui needs a terminal; see `studio-tui --help`.\n")
            return 2
        if reason := probe.why_unusable(os.environ):
            sys.stderr.write(f"studio-tui: {reason}\n")
            return 2
        sys.excepthook = report_crash
        dark = theme != "light" and (theme == "dark" or probe.has_dark_background(os.environ))
        colors = 16 if theme == "ansi" else probe.color_count(os.environ)
        app = StudioApp(
            connect,
            first_choice=first_choice,
            theme=theme_for(dark=dark, colors=colors),
            waiting_for=waiting_for,
            is_theme_fixed=theme is not None or bool(os.environ.get("NO_COLOR")),
            last_list_file=last_list,
        )
        app.run()
        return app.return_code or 0
    finally:
        gc.enable()


def report_crash(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print and log `crash_report` for an uncaught exception, except for `KeyboardInterrupt`."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    from studio_tui.log import crash_report, logger

    report = crash_report(error)
    logger.critical("the program ended because of a bug\n%s", report)
    sys.stderr.write(report)
