"""The smallest Textual program: what every other pays to start."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class HelloApp(App[None]):
    """Says hello."""

    def compose(self) -> ComposeResult:
        """One widget."""
        yield Static("hello world")


if __name__ == "__main__":
    HelloApp().run()
