"""The commands on the job of a log, with keys that do not conflict with the log's."""

from dataclasses import replace
from typing import Any, ClassVar

from studio_tui.tui.frame.commands import Command, Host
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.logs.member_choice import MemberChoice
from studio_tui.tui.messages import OpenLog


class JobOfLog(JobController):
    """Controller of a log's job; it does not use the keys `l` and `e`, which move in the log."""

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = tuple(
        replace(command, id="log.edit", keys="ctrl+e", label="edit the job")
        if command.id == "job.edit"
        else command
        for command in JobController.COMMANDS
        if command.id != "job.log"
    )


class JobOfLine(JobOfLog):
    """Controller of the job to which commands on a merged log apply."""

    def __init__(self, host: Host, choice: MemberChoice) -> None:
        super().__init__(host, choice.job_at_hand, why_no_job=choice.no_job_words)
        self._choice = choice

    def open_line(self) -> None:
        """Show the current line in the log of its job, whichever job is chosen for commands.

        Without a current line, open the log of the chosen job.
        """
        job, start = self._choice.line_at_hand() or (self._at_hand(), None)
        if job is not None:
            self._host.post_message(OpenLog(job.id, job, start))

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        *JobOfLog.COMMANDS,
        Command(
            "job.log",
            "enter",
            "log of the job",
            "Show the current line in the log of its job",
            open_line,
            JobController.why_no_id,
        ),
    )
