"""Questions before a form, or the dashboard with one, is left."""

from studio_tui.tui.form.saved_forms import NOT_KEPT
from studio_tui.tui.frame.dialogs import Confirm

_KEPT = "What you typed is kept for the next time."


def confirm_leaving() -> Confirm:
    """Return the question whether a form is to be left, which harms nothing yet."""
    return Confirm(
        "Leave the form?",
        (_KEPT, "", NOT_KEPT, "They stay until the dashboard ends."),
        yes="Leave",
        no="Go on",
        default_yes=True,
    )


def confirm_losing() -> Confirm:
    """Return the question whether the dashboard may end, and what is kept nowhere with it."""
    return Confirm(
        "Leave the dashboard?",
        (_KEPT, "", NOT_KEPT, "They are lost when the dashboard ends."),
        yes="Leave",
        no="Go on",
    )
