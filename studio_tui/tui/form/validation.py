"""Validates a form."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from studio_tui import clock
from studio_tui.api.models import Cluster, QueryType
from studio_tui.presentation.form.checks import FormContext, query_text, query_type
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS, hint
from studio_tui.presentation.form.job_request import check
from studio_tui.presentation.form.problems import Level, Problem
from studio_tui.service.commands.submitted import SentFile
from studio_tui.tui.form.code_area import Spans, colours
from studio_tui.tui.form.draft_files import facts_of
from studio_tui.tui.jobs.rerun import names_of


@dataclass(frozen=True)
class Checked:
    """The result of validating a draft."""

    draft: Draft
    context: FormContext
    problems: tuple[Problem, ...]
    notes: Mapping[str, tuple[str, ...]]
    """The lines of each field's note, by the field's name."""
    query: str
    """The text of the query, typed or from a file."""
    colours: tuple[Spans, ...]
    """Of each line of the query; empty for a long query."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems other than warnings."""
        return tuple(problem for problem in self.problems if problem.level is Level.ERROR)


Follow = Callable[[Checked], str]
"""Returns the text of a message after a validation; empty if the message no longer applies."""


def examine(
    draft: Draft,
    team: str,
    now: datetime,
    clusters: tuple[Cluster, ...] | None,
    uploads: Callable[[Collection[str]], Mapping[str, SentFile]] = lambda _: {},
    *,
    lost_values: Collection[str] = (),
    is_local: bool = False,
    is_origin_known: bool = True,
) -> Checked:
    """Validate a form and the files that it names; call it in a thread.

    Args:
        draft: The form.
        team: The team for which the job is created.
        now: The present time.
        clusters: `None` if not known yet.
        uploads: Returns the files that were uploaded from here, of the ids in its argument.
        lost_values: Variables whose values were not saved to disk.
        is_local: Whether this is the local Studio.
        is_origin_known: Whether the job from whose checkpoints to continue is known here.
    """
    uploaded = uploads(draft.uploads) if draft.uploads else {}
    context = FormContext(
        team,
        now,
        clock.zone(),
        clusters,
        facts_of(draft),
        names_of(uploaded.values()),
        lost_values,
        is_local,
        is_origin_known,
    )
    query = query_text(draft, context)
    language = "bash" if query_type(draft) is QueryType.SHELL else "python"
    notes = {name: hint(name, draft, context) for name in FIELDS}
    return Checked(draft, context, check(draft, context), notes, query, colours(query, language))
