"""Prints and logs a report of an uncaught exception; imports the log only then."""

import sys
from types import TracebackType


def install_crash_hook() -> None:
    """Print and log `crash_report` for an uncaught exception, except for `KeyboardInterrupt`."""
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
