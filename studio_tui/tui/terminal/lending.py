"""Lending the terminal to another program, such as an editor, until it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual.app import App

from studio_tui.tui.terminal.pager import discard_typed


@contextmanager
def terminal_lent(app: App[Any]) -> Iterator[None]:
    """Suspend the app within the block, in which another program uses the terminal.

    However the block ends, the app takes the terminal over again; with Textual's `suspend`, only
    without an exception.

    Raises:
        SuspendNotSupported: the app has no terminal to lend.
    """
    failure: BaseException | None = None
    with app.batch_update(), app.suspend():
        try:
            yield
        except BaseException as error:  # noqa: BLE001 (raised below)
            failure = error
        discard_typed()
    if failure is not None:
        raise failure
