"""The question before a form, or the dashboard with an open form, is closed."""

from studio_tui.tui.form.saved_forms import NOT_SAVED
from studio_tui.tui.frame.dialogs import Confirm


def confirm_leaving(*, quits: bool) -> Confirm:
    """Return the question whether to leave a form, or the dashboard, which loses some values."""
    what, fate = ("dashboard", "lost when") if quits else ("form", "kept until")
    return Confirm(
        f"Leave the {what}?",
        (
            "Your input is saved for the next time.",
            "",
            NOT_SAVED,
            f"They are {fate} the dashboard is closed.",
        ),
        yes="Leave",
        no="Stay",
        default_yes=not quits,
    )
