import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guardian import MARK, marked
from tests.soak import at_length
from tests.waiting import HANG, eventually

pytestmark = pytest.mark.starts_processes

PROGRAM = """
import signal, sys
from pathlib import Path
from tests.guardian import guarded
from tests.studios import ProcessStudio

signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background ignores it
with guarded() as mark:
    studio = ProcessStudio(Path(sys.argv[1]))
    query = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\\n"
    job = studio.submit(query + "print('up', flush=True); time.sleep(600)")
    studio.wait_for_state(job["id"], "RUNNING")
    print(mark, flush=True)
    if sys.argv[2] == "end":
        sys.exit()
    signal.pause()
"""


@pytest.fixture
def short_path() -> Iterator[str]:
    """A directory for sockets, whose paths have a limit of about 100 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder


ENDS = ["SIGINT", "SIGKILL", "end"]
"""How the test process ends: by a signal, or by itself. Other signals act like SIGKILL."""


@pytest.mark.parametrize("end", at_length(ENDS, [*ENDS, "SIGTERM"]))
def test_no_server_shim_or_job_outlives_the_test_process(
    tmp_path: Path, short_path: str, end: str
) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "studio"), end],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={
            **{name: value for name, value in os.environ.items() if name != MARK},
            "TMPDIR": short_path,  # for the socket that a killed fork server leaves behind
        },
        cwd=Path(__file__).parents[1],
    )
    assert program.stdout is not None
    mark = program.stdout.readline().decode().strip()
    assert mark.startswith(MARK)
    if end != "end":
        assert len(marked(mark)) >= 4, "the fork server, the server, the shim and the job"
        program.send_signal(signal.Signals[end])
    program.wait(HANG)
    program.stdout.close()
    eventually(lambda: not marked(mark), lambda: marked(mark))
