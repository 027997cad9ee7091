"""The commands on the job of a log, with keys that do not conflict with the log's."""

from dataclasses import replace
from typing import Any, ClassVar

from studio_tui.tui.frame.commands import Command, Host
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.logs.member_choice import MemberChoice
from studio_tui.tui.messages import OpenLog


class JobOfLog(JobController):
    """Controller of a log's job; its commands have other keys than `l` and `e`, the log's own."""

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = tuple(
        replace(command, id="log.edit", keys="ctrl+e", label="edit the job")
        if command.id == "job.edit"
        else command
        for command in JobController.COMMANDS
        if command.id != "job.log"
    )


class JobOfLine(JobOfLog):
    """Controller of the current job of a merged log; `enter` shows the log of that job."""

    def __init__(self, host: Host, choice: MemberChoice) -> None:
        super().__init__(host, choice.job_at_hand)
        self._choice = choice

    def open_line(self) -> None:
        """Show the log of the current job: at the current line, unless another job is chosen."""
        if job := self._at_hand():
            self._host.post_message(OpenLog(job.id, job, self._choice.start_at_hand()))

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        *JobOfLog.COMMANDS,
        Command(
            "job.log",
            "enter",
            "log of the job",
            "Show the log of the job whose line this is by itself, at the line",
            open_line,
            JobController.why_no_id,
        ),
    )
