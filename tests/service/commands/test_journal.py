import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.models import JobInput
from studio_tui.errors import NotSent
from studio_tui.service.commands.journal import (
    Intent,
    IntentOutcome,
    Journal,
    JournalEntry,
    query_digest,
)
from tests.jobs import NOON, job

PLACE = "https://studio.example.com\nvision"
REQUEST = JobInput(
    query="print('canary-query')",
    team_name="vision",
    query_name="train.py",
    environment="KEY=canary-value",
)


def intent(minutes: int = 0, request: JobInput = REQUEST) -> Intent:
    return Intent.of(request, NOON + timedelta(minutes=minutes), is_labelled=True)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, PLACE)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_outcome_of_an_intent_is_read_back(journal: Journal) -> None:
    open_, made, refused, given_up = (intent(minutes) for minutes in range(4))
    notes = [journal.begin(each) for each in (open_, made, refused, given_up)]
    notes[1].end(IntentOutcome.APPLIED, job(1))
    notes[2].end(IntentOutcome.REFUSED)
    notes[3].end(IntentOutcome.GIVEN_UP)
    assert journal.entries() == [
        JournalEntry(open_, IntentOutcome.SENT),
        JournalEntry(made, IntentOutcome.APPLIED, job(1).id, "ann"),
        JournalEntry(refused, IntentOutcome.REFUSED),
        JournalEntry(given_up, IntentOutcome.GIVEN_UP),
    ]
    notes[0].close()


def test_the_journal_is_private_and_holds_neither_query_nor_environment(
    journal: Journal, tmp_path: Path
) -> None:
    journal.begin(intent()).end(IntentOutcome.APPLIED, job(1, environment={"A": "canary-value"}))
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "canary" not in path.read_text()


def test_an_intent_that_somebody_is_at_is_left_to_them(journal: Journal) -> None:
    note = journal.begin(intent())
    assert journal.claim_open() == []
    note.close()
    (taken,) = journal.claim_open()
    assert taken.intent == note.intent
    assert journal.claim_open() == []
    taken.end(IntentOutcome.GIVEN_UP)
    assert journal.claim_open() == []


def test_a_team_does_not_see_the_intents_of_another(journal: Journal, tmp_path: Path) -> None:
    journal.begin(intent()).close()
    assert Journal(tmp_path, "https://studio.example.com\nother").claim_open() == []
    (note,) = journal.claim_open()
    note.close()


def test_an_end_that_is_cut_short_leaves_the_intent_open_until_it_is_written_again(
    journal: Journal, tmp_path: Path
) -> None:
    journal.begin(intent()).close()
    (path,) = files(tmp_path)
    with path.open("ab") as file:
        file.write(b'\n{"fate": "appl')
    (note,) = journal.claim_open()
    note.end(IntentOutcome.APPLIED, job(1))
    assert [entry.outcome for entry in journal.entries()] == [IntentOutcome.APPLIED]


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"[]", b'{"id": 3}', b"{" * 100_000])
def test_a_file_that_means_nothing_is_passed_over(
    journal: Journal, tmp_path: Path, content: bytes
) -> None:
    note = journal.begin(intent())
    (path,) = files(tmp_path)
    path.with_name("other.intent").write_bytes(content)
    assert [entry.intent for entry in journal.entries()] == [note.intent]
    assert journal.claim_open() == []
    note.close()


def test_the_oldest_files_go_but_for_open_intents(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_tui.service.commands.journal.MAX_ENTRIES", 5)
    open_ = intent(0)
    journal.begin(open_).close()
    (path,) = files(tmp_path)
    os.utime(path, (0, 0))
    for minutes in range(1, 20):
        each = intent(minutes)
        journal.begin(each).end(IntentOutcome.REFUSED)
        (path,) = tmp_path.rglob(f"{each.id}.intent")
        os.utime(path, (minutes, minutes))
    assert [entry.intent.sent_at.minute for entry in journal.entries()] == [0, 15, 16, 17, 18, 19]


def test_a_disk_that_takes_no_note_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotSent, match=r"Nothing was sent.*STUDIO_TUI_STATE_DIR"):
        Journal(tmp_path / "file", PLACE).begin(intent())


@pytest.mark.starts_processes
def test_a_program_that_is_killed_lets_go_of_its_intent(journal: Journal, tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from tests.service.commands.test_journal import PLACE, Journal, intent\n"
        "note = Journal(Path(sys.argv[1]), PLACE).begin(intent())\n"
        "print(note.intent.id, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stdout is not None
        intent_id = process.stdout.readline().strip()
        assert [entry.intent.id for entry in journal.entries()] == [intent_id]
        assert journal.claim_open() == []
        process.send_signal(signal.SIGKILL)
    (note,) = journal.claim_open()
    assert note.intent.id == intent_id
    note.close()


def test_a_query_is_known_again_whatever_becomes_of_its_line_ends() -> None:
    assert query_digest("a\r\n  b\r\n") == query_digest("a\n  b")
    assert query_digest("a\n b") != query_digest("a\n  b")


@pytest.mark.parametrize(
    ("fields", "resembles"),
    [
        ({}, True),
        ({"query": "print(2)"}, False),
        ({"query": None}, False),
        ({"query_type": "SHELL"}, False),
        ({"name": "other.py"}, False),
    ],
)
def test_a_job_resembles_an_intent_of_its_name_and_query(
    fields: dict[str, Any], resembles: bool
) -> None:
    known: dict[str, Any] = {"name": "train.py", "query": REQUEST.query, **fields}
    assert intent().resembles(job(1, **known)) is resembles


def test_a_name_that_was_left_to_studio_may_be_any() -> None:
    unnamed = intent(request=REQUEST.model_copy(update={"query_name": None}))
    assert unnamed.resembles(job(1, name="query.py", query=REQUEST.query))
