"""One form for several jobs: their common values, with changes applied to each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS

LEFT_ALONE = "Each job keeps its own, unless something is typed here for all of them."


def common(drafts: Sequence[Draft]) -> Draft:
    """Return the values that all forms share; differing fields are empty."""
    differing = differences(drafts)
    return replace(drafts[0], **{name: getattr(Draft(), name) for name in differing})


def differences(drafts: Sequence[Draft]) -> dict[str, int]:
    """Return the number of distinct values of each field that differs."""
    counts = {name: len({getattr(draft, name) for draft in drafts}) for name in FIELDS}
    return {name: count for name, count in counts.items() if count > 1}


def typed_over(start: Draft, form: Draft) -> Mapping[str, Any]:
    """Return the fields of `form` that differ from `start`, with their values."""
    return {
        name: getattr(form, name) for name in FIELDS if getattr(form, name) != getattr(start, name)
    }


def differs(name: str, values: int) -> str:
    """Return the placeholder of a field whose value differs between jobs."""
    return f"(differs: {values} {'queries' if name == 'query' else 'values'})"
