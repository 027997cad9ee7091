"""Finds out all there is to say of a form as it stands; call it in a thread."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from studio_tui import clock
from studio_tui.api.models import Cluster, QueryType
from studio_tui.presentation.form.checks import Surroundings, query_text, query_type
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS, hint
from studio_tui.presentation.form.job_request import check
from studio_tui.presentation.jobs.problems import Level, Problem
from studio_tui.presentation.schedules.cron_words import in_words
from studio_tui.service.commands.submitted import SentFile
from studio_tui.tui.form.code_area import Spans, colours
from studio_tui.tui.form.draft_files import facts_of
from studio_tui.tui.jobs.rerun import names_of


@dataclass(frozen=True)
class Checked:
    """What was found of one state of a form."""

    draft: Draft
    around: Surroundings
    problems: tuple[Problem, ...]
    notes: Mapping[str, tuple[str, ...]]
    """By field."""
    query: str
    """The text of the query, that of a file too."""
    colours: tuple[Spans, ...]
    """Of each line of that."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps the form from being sent."""
        return tuple(problem for problem in self.problems if problem.level is Level.ERROR)


Follow = Callable[[Checked], str]
"""Says of a form as it stands now what was said of it before; nothing where that has changed."""


def examine(
    draft: Draft,
    team: str,
    now: datetime,
    clusters: tuple[Cluster, ...] | None,
    uploads: Callable[[Collection[str]], Mapping[str, SentFile]] = lambda _: {},
    *,
    lost_values: Collection[str] = (),
) -> Checked:
    """Look at a form and the files that it names; `uploads` tells of those that Studio has.

    `lost_values` are names of variables whose values were not kept on disk.
    """
    sent = uploads(draft.uploads) if draft.uploads else {}
    around = Surroundings(
        team,
        now,
        clock.zone(),
        clusters,
        facts_of(draft),
        names_of(sent.values()),
        lost_values,
    )
    query = query_text(draft, around)
    language = "bash" if query_type(draft) is QueryType.SHELL else "python"
    notes = {name: hint(name, draft, around) for name in FIELDS}
    if expression := draft.cron_expression.strip():
        notes["cron_expression"] = (*in_words(expression), *notes["cron_expression"])
    return Checked(draft, around, check(draft, around), notes, query, colours(query, language))
