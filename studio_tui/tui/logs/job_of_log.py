"""The commands on the job of a log, with keys that do not conflict with the log's."""

from dataclasses import replace
from typing import Any, ClassVar

from studio_tui.tui.frame.commands import Command
from studio_tui.tui.jobs.controller import JobController


class JobOfLog(JobController):
    """Controller of a log's job; `l` and `e` are keys of the log."""

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = tuple(
        replace(command, id="log.edit", keys="ctrl+e", label="edit the job")
        if command.id == "job.edit"
        else command
        for command in JobController.COMMANDS
        if command.id != "job.log"
    )


class JobOfLine(JobOfLog):
    """Controller of a merged log; `enter` shows the log of the current line's job."""

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        *JobOfLog.COMMANDS,
        Command(
            "job.log",
            "enter",
            "log of the job",
            "Show the log of the job whose line this is by itself",
            JobController.open_log,
            JobController.why_no_id,
        ),
    )
