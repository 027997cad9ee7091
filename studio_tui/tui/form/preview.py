"""A dialog with the request of a form before it is sent."""

from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.highlight import highlight
from textual.widgets import Static

from studio_tui.presentation.form.job_request import request
from studio_tui.presentation.form.request_preview import as_curl, as_datachain, as_json
from studio_tui.presentation.format import plural
from studio_tui.tui.form.validation import Checked, path_of
from studio_tui.tui.frame.dialog import Dialog, pager_keys
from studio_tui.tui.frame.dialog_box import DialogBody
from studio_tui.tui.terminal.clipboard import copy

FORMATS = (("JSON", "json"), ("curl", "bash"), ("datachain", "bash"))
"""Name of each format of the request, and the language for highlighting."""


class Preview(Dialog[None]):
    """A request in three formats; secrets are hidden until the user shows them."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f6", "dismiss(None)", "close", id="preview.close"),
        Binding("1", "show(0)", "JSON", id="preview.json"),
        Binding("2", "show(1)", "curl", id="preview.curl"),
        Binding("3", "show(2)", "datachain", id="preview.datachain"),
        Binding("s,f7", "secrets", "values", id="preview.secrets"),
        Binding("y", "copy", "copy", id="preview.copy"),
        *pager_keys("preview"),
    ]

    def __init__(self, texts: Callable[[bool], tuple[str, ...]]) -> None:
        """Make a dialog; `texts` returns a safe text per format, with secrets if passed True."""
        super().__init__("")
        self._texts = texts
        self._format = 0
        """Index of the shown format."""
        self._with_secrets = False

    def body(self) -> ComposeResult:
        yield DialogBody(Static(markup=False, id="preview-text"))
        yield Static(
            "1 JSON  2 curl  3 datachain  s shows secrets  y copies  esc closes",
            markup=False,
            classes="keys",
        )

    def on_mount(self) -> None:
        self._paint()

    def action_show(self, index: int) -> None:
        self._format = index
        self._paint()

    def action_secrets(self) -> None:
        self._with_secrets = not self._with_secrets
        self._paint()

    @work(name="copy", group="copy")
    async def action_copy(self) -> None:
        text = self._texts(self._with_secrets)[self._format]
        await copy(self.app, text, plural(len(text.splitlines()), "line"))

    def _paint(self) -> None:
        name, language = FORMATS[self._format]
        self.query_one(".question", Static).update(f"The request as {name}")
        text = self._texts(self._with_secrets)[self._format]
        self.query_one("#preview-text", Static).update(highlight(text, language=language))


def request_texts(checked: Checked, url: str, with_secrets: bool) -> tuple[str, ...]:
    """Return the request of a valid form in each of `FORMATS`, safe to draw."""
    draft, job_input = checked.draft, request(checked.draft, checked.context)
    # Quoted for a shell, `~` would not be the home of the user.
    query_file, *files = (
        str(path_of(path)) if path.startswith("~") else path
        for path in (draft.query_file, *draft.files)
    )
    return (
        as_json(job_input, files, with_secrets=with_secrets),
        as_curl(job_input, url, files, with_secrets=with_secrets),
        as_datachain(job_input, query_file, files, with_secrets=with_secrets),
    )
