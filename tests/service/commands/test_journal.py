import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from studio_tui.api.models import JobInput
from studio_tui.errors import NotSent
from studio_tui.service.commands import journal as journal_module
from studio_tui.service.commands.journal import (
    Intent,
    IntentOutcome,
    Journal,
    JournalEntry,
)
from studio_tui.service.commands.submitted import Submitted
from tests.jobs import NOON
from tests.journals import entries

PROFILE = "https://studio.example.com\nvision"
REQUEST = JobInput(
    query="print('canary-query')",
    team_name="vision",
    query_name="train.py",
    environment="KEY=canary-value",
)


def new_intent(minutes: int = 0, request: JobInput = REQUEST) -> Intent:
    """Return an intent that was sent `minutes` after noon."""
    return Intent.of(request, NOON + timedelta(minutes=minutes), is_labeled=True)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, PROFILE)


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_outcome_of_an_intent_is_read_back(journal: Journal) -> None:
    sent, applied, refused, given_up = (journal.begin(new_intent(minutes)) for minutes in range(4))
    applied.end(IntentOutcome.APPLIED)
    refused.end(IntentOutcome.REFUSED)
    given_up.end(IntentOutcome.GIVEN_UP)
    assert entries(journal) == [
        JournalEntry(sent.intent, IntentOutcome.OPEN),
        JournalEntry(applied.intent, IntentOutcome.APPLIED),
        JournalEntry(refused.intent, IntentOutcome.REFUSED),
        JournalEntry(given_up.intent, IntentOutcome.GIVEN_UP),
    ]
    sent.close()


def test_many_intents_begin_at_once_while_the_oldest_files_are_deleted(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(journal_module, "MAX_ENTRIES", 20)

    def begin_and_end(_: int) -> None:
        journal.begin(new_intent()).end(IntentOutcome.REFUSED)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(begin_and_end, range(300)))
    assert len(files_in(tmp_path)) < 30


def test_the_journal_is_private_and_holds_neither_query_nor_environment(
    journal: Journal, tmp_path: Path
) -> None:
    journal.begin(new_intent()).end(IntentOutcome.APPLIED)
    (path,) = files_in(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "canary" not in path.read_text()


def test_an_open_intent_is_claimed_only_once_it_is_closed(journal: Journal) -> None:
    open_intent = journal.begin(new_intent())
    assert journal.claim_open() == []
    open_intent.close()
    (claimed,) = journal.claim_open()
    assert claimed.intent == open_intent.intent
    assert journal.claim_open() == []
    claimed.end(IntentOutcome.GIVEN_UP)
    assert journal.claim_open() == []


def test_a_team_does_not_see_the_intents_of_another_team(journal: Journal, tmp_path: Path) -> None:
    journal.begin(new_intent()).close()
    assert Journal(tmp_path, "https://studio.example.com\nother").claim_open() == []
    (open_intent,) = journal.claim_open()
    open_intent.close()


def test_an_intent_with_an_incomplete_outcome_is_open_until_the_outcome_is_written_again(
    journal: Journal, tmp_path: Path
) -> None:
    journal.begin(new_intent()).close()
    (path,) = files_in(tmp_path)
    with path.open("ab") as file:
        file.write(b'\n{"fate": "appl')
    (open_intent,) = journal.claim_open()
    open_intent.end(IntentOutcome.APPLIED)
    assert [entry.outcome for entry in entries(journal)] == [IntentOutcome.APPLIED]


@pytest.mark.parametrize("submitted", ['"{"', "3", '["files"]', "null", '{"priority": "high"}'])
def test_an_intent_whose_submission_cannot_be_read_is_kept(
    journal: Journal, tmp_path: Path, submitted: str
) -> None:
    intent = new_intent()
    journal.begin(intent).close()
    (path,) = files_in(tmp_path)
    with path.open("a") as file:
        file.write(f'\n{{"submitted": {submitted}}}')
    (entry,) = entries(journal)
    assert (entry.intent.id, entry.intent.submitted) == (intent.id, Submitted())


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"[]", b'{"id": 3}', b"{" * 100_000])
def test_an_invalid_file_is_ignored(journal: Journal, tmp_path: Path, content: bytes) -> None:
    open_intent = journal.begin(new_intent())
    (path,) = files_in(tmp_path)
    path.with_name("other.intent").write_bytes(content)
    assert [entry.intent for entry in entries(journal)] == [open_intent.intent]
    assert journal.claim_open() == []
    open_intent.close()


def test_the_oldest_files_are_deleted_except_those_of_open_intents(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_tui.service.commands.journal.MAX_ENTRIES", 5)
    journal.begin(new_intent()).close()
    (path,) = files_in(tmp_path)
    os.utime(path, (0, 0))
    for minutes in range(1, 20):
        intent = new_intent(minutes)
        journal.begin(intent).end(IntentOutcome.REFUSED)
        (path,) = tmp_path.rglob(f"{intent.id}.intent")
        os.utime(path, (minutes, minutes))
    assert [entry.intent.sent_at.minute for entry in entries(journal)] == [0, 15, 16, 17, 18, 19]


def test_an_intent_that_cannot_be_written_is_reported_as_not_sent(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotSent, match=r"Nothing was sent.*STUDIO_TUI_STATE_DIR"):
        Journal(tmp_path / "file", PROFILE).begin(new_intent())


@pytest.mark.starts_processes
def test_the_intent_of_a_killed_program_can_be_claimed(journal: Journal, tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from tests.service.commands.test_journal import PROFILE, Journal, new_intent\n"
        "open_intent = Journal(Path(sys.argv[1]), PROFILE).begin(new_intent())\n"
        "print(open_intent.intent.id, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stdout is not None
        intent_id = process.stdout.readline().strip()
        assert [entry.intent.id for entry in entries(journal)] == [intent_id]
        assert journal.claim_open() == []
        process.send_signal(signal.SIGKILL)
    (open_intent,) = journal.claim_open()
    assert open_intent.intent.id == intent_id
    open_intent.close()
