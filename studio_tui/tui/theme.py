"""The themes: our own dark and light theme, and two of Textual's for terminals with 16 colors."""

from textual.theme import Theme

DARK = Theme(
    name="studio-dark",
    dark=True,
    primary="#6cb0f5",
    secondary="#8fa3bf",
    accent="#c99af0",
    success="#7cc98a",
    warning="#e3b562",
    error="#f2777a",
    foreground="#d5d9e0",
    background="#12151a",
    surface="#181c23",
    panel="#222832",
    variables={
        "border": "#3a4353",
        "scrollbar": "#3a4353",
        "scrollbar-background": "#181c23",
        "block-cursor-background": "#2d405c",
        "block-cursor-foreground": "#ffffff",
    },
)

LIGHT = Theme(
    name="studio-light",
    dark=False,
    primary="#0b61c4",
    secondary="#57606a",
    accent="#7d3fc9",
    success="#1a7431",
    warning="#8a5a00",
    error="#c4232f",
    foreground="#1f2328",
    background="#fcfcfb",
    surface="#f3f4f6",
    panel="#e6e9ed",
    variables={
        "border": "#b9c0c9",
        "scrollbar": "#b9c0c9",
        "scrollbar-background": "#f3f4f6",
        "block-cursor-background": "#cfe2fb",
        "block-cursor-foreground": "#0a0c10",
    },
)

ANSI_DARK = "ansi-dark"
ANSI_LIGHT = "ansi-light"
FOR_16_COLORS = frozenset({ANSI_DARK, ANSI_LIGHT})
"""Textual's themes in the terminal's palette."""

THEMES = (DARK, LIGHT)


def theme_for(*, dark: bool, colors: int) -> str:
    """Return the name of the theme for a terminal's background and number of colors."""
    if colors <= 16:
        return ANSI_DARK if dark else ANSI_LIGHT
    return DARK.name if dark else LIGHT.name
