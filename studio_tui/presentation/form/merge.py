"""One form for several jobs: what they have in common, and what is typed laid over each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS

LEFT_ALONE = "Each job keeps its own, unless something is typed here for all of them."


def common(drafts: Sequence[Draft]) -> Draft:
    """Return what all forms have in common; a field that differs is as in an empty form."""
    differing = differences(drafts)
    return replace(drafts[0], **{name: getattr(Draft(), name) for name in differing})


def differences(drafts: Sequence[Draft]) -> dict[str, int]:
    """Return how many values there are of each field that differs."""
    counts = {name: len({getattr(draft, name) for draft in drafts}) for name in FIELDS}
    return {name: count for name, count in counts.items() if count > 1}


def typed_over(start: Draft, form: Draft) -> Mapping[str, Any]:
    """Return the fields, with their values, that a form has changed since its start."""
    return {
        name: getattr(form, name) for name in FIELDS if getattr(form, name) != getattr(start, name)
    }


def differs(name: str, values: int) -> str:
    """Return what stands in a field that the jobs do not share."""
    return f"(differs: {values} {'queries' if name == 'query' else 'values'})"
