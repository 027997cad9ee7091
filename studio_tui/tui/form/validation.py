"""Validates a form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from studio_tui.api.models import QueryType
from studio_tui.presentation.form.checks import query_text, query_type
from studio_tui.presentation.form.context import FormContext
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS, default_words, hint
from studio_tui.presentation.form.job_request import check
from studio_tui.presentation.form.problems import Level, Problem
from studio_tui.tui.form.code_area import Spans, colors
from studio_tui.tui.form.draft_files import facts_of


@dataclass(frozen=True)
class Checked:
    """The result of validating a draft."""

    draft: Draft
    context: FormContext
    problems: tuple[Problem, ...]
    notes: Mapping[str, tuple[str, ...]]
    """The lines of each field's note, by the field's name."""
    placeholders: Mapping[str, str]
    """The safe words shown while each field is empty, by the field's name."""
    query: str
    """The text of the query, typed or from a file."""
    colors: tuple[Spans, ...]
    """Of each line of the query; empty for a long query."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems other than warnings."""
        return tuple(problem for problem in self.problems if problem.level is Level.ERROR)


MessageUpdate = Callable[[Checked], str]
"""Returns the text of a message after a validation; empty if the message no longer applies."""


def check_draft(draft: Draft, context: FormContext) -> Checked:
    """Validate a form and the files that it names, which are read here: call it in a thread."""
    context = replace(context, files=facts_of(draft))
    query = query_text(draft, context)
    language = "bash" if query_type(draft) is QueryType.SHELL else "python"
    notes = {name: hint(name, draft, context) for name in FIELDS}
    placeholders = {name: default_words(name, draft, context) for name in FIELDS}
    spans = colors(query, language)
    return Checked(draft, context, check(draft, context), notes, placeholders, query, spans)
