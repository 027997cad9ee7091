"""The smallest Textual program: what the start of every other one includes."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class HelloApp(App[None]):
    """Says hello."""

    def compose(self) -> ComposeResult:
        """Compose one widget."""
        yield Static("hello world")


if __name__ == "__main__":
    HelloApp().run()
