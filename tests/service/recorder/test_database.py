from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from studio_tui.service.recorder.database import Database

AT_ONCE = 6


def test_all_that_use_a_new_file_at_once_can(tmp_path: Path) -> None:
    together = Barrier(AT_ONCE)

    def calls(database: Database) -> list[tuple[int]] | None:
        together.wait()
        return database.read(
            lambda connection: connection.execute("SELECT count(*) FROM call").fetchall()
        )

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for attempt in range(40):
            database = Database(tmp_path / str(attempt), "studio")
            assert list(threads.map(calls, [database] * AT_ONCE)) == [[(0,)]] * AT_ONCE
            database.close()
