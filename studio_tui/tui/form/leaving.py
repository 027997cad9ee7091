"""The question before a form, or the dashboard with an open form, is closed."""

from studio_tui.tui.form.saved_forms import NOT_SAVED, NOT_STORED
from studio_tui.tui.frame.dialogs import Confirm


def confirm_leaving(*, quits: bool, is_stored: bool) -> Confirm:
    """Return the question whether to leave a form, or the dashboard, which loses some values.

    `is_stored` is whether the disk accepts the form.
    """
    what, fate = ("dashboard", "lost when") if quits else ("form", "kept until")
    saved = ("Your input is saved for the next time.", "", NOT_SAVED)
    subject = "They are" if is_stored else "It is"
    lines = saved if is_stored else (f"{NOT_STORED}.",)
    return Confirm(
        f"Leave the {what}?",
        (*lines, f"{subject} {fate} the dashboard is closed."),
        yes="Leave",
        no="Stay",
        default_yes=not quits,
    )
