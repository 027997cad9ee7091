"""Writing to a terminal that has gone."""

import os

from textual.drivers._writer_thread import WriterThread

from studio_tui.tui.ending.driver import LastingFile
from tests.waiting import eventually, no_hang


def test_what_is_written_to_a_terminal_that_has_gone_is_dropped_and_that_is_told_once() -> None:
    master, slave = os.openpty()
    told: list[bool] = []
    with open(slave, "w", encoding="utf-8") as terminal:  # noqa: PTH123 (it has a number alone)
        writer = WriterThread(LastingFile(terminal, lambda: told.append(True)))  # type: ignore[arg-type]
        writer.start()
        writer.write("seen")
        eventually(lambda: os.read(master, 4) == b"seen")
        os.close(master)
        with no_hang("writing to a terminal that has gone"):
            for _ in range(100):
                writer.write("x" * 1000)
            writer.stop()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, slave)  # for what is still in a buffer
        os.close(nowhere)
    assert told == [True]
