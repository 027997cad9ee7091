"""Questions before a form, or the dashboard with an open form, is closed."""

from studio_tui.tui.form.saved_forms import NOT_SAVED
from studio_tui.tui.frame.dialogs import Confirm

_KEPT = "Your input is saved for the next time."


def confirm_leaving() -> Confirm:
    """Return the question whether to leave a form; all its input stays in memory."""
    return Confirm(
        "Leave the form?",
        (_KEPT, "", NOT_SAVED, "They are kept until the dashboard is closed."),
        yes="Leave",
        no="Continue",
        default_yes=True,
    )


def confirm_losing() -> Confirm:
    """Return the question whether to quit the dashboard; it says which values are lost."""
    return Confirm(
        "Leave the dashboard?",
        (_KEPT, "", NOT_SAVED, "They are lost when the dashboard is closed."),
        yes="Leave",
        no="Continue",
    )
