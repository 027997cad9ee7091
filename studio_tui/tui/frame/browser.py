"""Opening a URL received from Studio in the browser, or copying it to the clipboard."""

import asyncio
import os
import sys
import webbrowser
from collections.abc import Mapping
from typing import Any

from textual.app import App

from studio_tui.addresses import address
from studio_tui.tui.frame.dialogs import confirm_open
from studio_tui.tui.terminal.clipboard import copy


async def open_page(app: App[Any], url: str, *, own: str) -> None:
    """Open the page at `url`, which is safe text; call from a worker.

    Ask first unless the page's origin is `own`, that of Studio, and the URL has no login. If the
    page cannot be opened, copy the URL to the clipboard.
    """
    page = address(url)
    if page is None or not page.is_web:
        # A browser would pass any other scheme to a program that Studio chose.
        await copy(app, url, f"{url} (not a web page)")
        return
    if not _has_desktop(sys.platform, os.environ):
        await copy(app, url, f"{url} (no browser here)")
        return
    is_own = page.origin == own and not page.has_user
    if not is_own and not await app.push_screen_wait(confirm_open(page, own)):
        return
    if not await asyncio.to_thread(webbrowser.open, url):
        await copy(app, url, f"{url} (no browser here)")


def _has_desktop(platform: str, environ: Mapping[str, str]) -> bool:
    """Without a desktop, `webbrowser` could start a text browser in this terminal."""
    if platform == "darwin":
        return "SSH_CONNECTION" not in environ
    return bool(
        environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") or "WSL_DISTRO_NAME" in environ
    )
