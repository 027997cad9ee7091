"""One form for several jobs: their common values, with changes applied to each."""

from collections.abc import Mapping, Sequence

from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.fields import FIELDS, value_of

UNCHANGED_HINT = "Each job keeps its own, unless something is typed here for all of them."


def common(drafts: Sequence[Draft]) -> Draft:
    """Return the values that all forms share; differing fields are empty."""
    differing = differences(drafts)
    return drafts[0].with_values({name: FIELDS[name].empty for name in differing})


def differences(drafts: Sequence[Draft]) -> dict[str, int]:
    """Return the number of distinct values of each field that differs."""
    counts = {name: len({value_of(name, draft) for draft in drafts}) for name in FIELDS}
    return {name: count for name, count in counts.items() if count > 1}


def typed_over(start: Draft, form: Draft) -> Mapping[str, FieldValue]:
    """Return the fields of `form` that differ from `start`, with their values."""
    typed = {name: value_of(name, form) for name in FIELDS}
    return {name: value for name, value in typed.items() if value != value_of(name, start)}


def differs(name: str, values: int) -> str:
    """Return the placeholder of a field whose value differs between jobs."""
    return f"(differs: {values} {'queries' if name == 'query' else 'values'})"
