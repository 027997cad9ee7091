"""Leaves out httpx's command line, which is imported with it but not used here.

Its syntax highlighting and progress bars take 9 ms and 3 MB. httpx works without it wherever the
packages that it needs are not installed; `tests/api/test_bare_httpx.py` checks that.
"""

import sys

_COMMAND_LINE = "httpx._main"


def leave_out_command_line() -> None:
    """Let httpx be imported without its command line; call before its first import."""
    # `None` makes the import fail (see the documentation of `sys.modules`), which httpx expects.
    sys.modules.setdefault(_COMMAND_LINE, None)  # type: ignore[arg-type]
