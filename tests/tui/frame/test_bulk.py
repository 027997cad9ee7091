"""Bulk commands that are not sent, and which report f8 shows."""

from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

from studio_tui.errors import NotSent
from studio_tui.service.commands.batch import Batches
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.tui.frame.bulk import BulkCommand, run_bulk
from studio_tui.tui.frame.commands import Host


async def test_nothing_is_held_or_sent_while_the_local_studio_is_known_to_have_stopped() -> None:
    stopped: Snapshot[Any] = Snapshot(error=NotSent("The local Studio is not running."))
    jobs = SimpleNamespace(snapshot=stopped)
    session = SimpleNamespace(jobs=jobs, is_local=True, can_restart=True, is_restarting=False)
    host, command = mock.Mock(session=session), mock.AsyncMock()
    bulk: BulkCommand[str, None] = BulkCommand(
        doing="Creating", done="created", noun="job", items=("a",), name=str, command=command
    )
    assert await run_bulk(cast(Host, host), bulk) == ()
    words = "Nothing was sent: The local Studio is not running: ctrl+r starts it."
    host.notify_user.assert_called_once_with(words, "warning")
    command.assert_not_called()


async def test_nothing_is_sent_if_all_items_have_ended_meanwhile() -> None:
    host, command = mock.Mock(), mock.AsyncMock()
    bulk: BulkCommand[str, None] = BulkCommand(
        doing="Canceling", done="canceled", noun="job", items=(), name=str, command=command
    )
    assert await run_bulk(cast(Host, host), bulk) == ()
    words = "Nothing was sent, as nothing is left to do"
    host.notify_user.assert_called_once_with(words, "warning")


async def test_the_outcome_of_one_item_does_not_replace_the_report_about_several() -> None:
    host = mock.Mock()
    host.session.jobs.snapshot.error = None
    host.session.batches = Batches()
    for items in (("a", "b"), ("c",)):
        await run_bulk(
            cast(Host, host),
            BulkCommand[str, None](
                doing="Canceling",
                done="canceled",
                noun="job",
                items=items,
                name=str,
                command=mock.AsyncMock(),
                can_be_undone=False,
            ),
        )
    assert host.session.batches.last_report.heading == "2 of 2 jobs canceled"
    assert host.app.notify.call_args.args == ("c: canceled",)
