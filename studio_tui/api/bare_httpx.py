"""Prevents httpx from importing its command line, which takes 9 ms and 3 MB.

httpx expects that import to fail, as the packages of its command line may be missing;
`tests/api/test_bare_httpx.py` checks that.
"""

import sys

_COMMAND_LINE = "httpx._main"


def leave_out_command_line() -> None:
    """Make later imports of httpx skip its command line; call before the first one."""
    # `None` makes the import of that module fail (see the documentation of `sys.modules`).
    sys.modules.setdefault(_COMMAND_LINE, None)  # type: ignore[arg-type]
