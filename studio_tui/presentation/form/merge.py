"""One form for several jobs."""

from collections.abc import Mapping, Sequence

from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.fields import FIELDS, value_of

UNCHANGED_HINT = "Each job keeps its own, unless something is typed here for all of them."


def common_form(drafts: Sequence[Draft]) -> Draft:
    """Return the form with the values that all `drafts` share; fields that differ are empty."""
    differing = differences(drafts)
    return drafts[0].with_values({name: FIELDS[name].empty for name in differing})


def differences(drafts: Sequence[Draft]) -> dict[str, int]:
    """Return the number of different values of each field that differs, by its name."""
    counts = {name: len({value_of(name, draft) for draft in drafts}) for name in FIELDS}
    return {name: count for name, count in counts.items() if count > 1}


def changed_values(start: Draft, form: Draft) -> Mapping[str, FieldValue]:
    """Return the values in `form` that differ from the values in `start`, by field."""
    values = {name: value_of(name, form) for name in FIELDS}
    return {name: value for name, value in values.items() if value != value_of(name, start)}


def differs_placeholder(name: str, count: int) -> str:
    """Return the placeholder of a field that differs between the jobs: `(differs: 3 values)`."""
    return f"(differs: {count} {'queries' if name == 'query' else 'values'})"
