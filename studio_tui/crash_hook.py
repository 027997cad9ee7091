"""Prints and logs a report of an uncaught exception.

The hook is installed before the first paint, so it imports the log only when there is an exception.
"""

import sys
from types import TracebackType


def install_crash_hook() -> None:
    """Print and log `crash_report` for an uncaught exception, instead of the default traceback.

    A `KeyboardInterrupt` keeps the default traceback, and is not logged.
    """
    sys.excepthook = _report_crash


def _report_crash(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    from studio_tui.log import crash_report, logger  # noqa: PLC0415 (not before the first paint)

    report = crash_report(error)
    logger.critical("the program ended because of a bug\n%s", report)
    sys.stderr.write(report)
