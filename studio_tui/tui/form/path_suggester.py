"""Completes local paths while they are typed."""

import asyncio
import os
from pathlib import Path

from textual.suggester import Suggester

from studio_tui.tui.form.validation import path_of


class PathSuggester(Suggester):
    """Suggests the first path that begins with the input."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(_first_path, value) if value else None


def _first_path(typed: str) -> str | None:
    """Return the first path that begins with a text; that of a folder ends in `/`."""
    folder, _, prefix = typed.rpartition("/")
    folder_path = path_of(f"{folder}/") if folder or typed.startswith("/") else Path()
    try:
        with os.scandir(folder_path) as entries:
            names = [
                f"{entry.name}/" if entry.is_dir() else entry.name
                for entry in entries
                if entry.name.startswith(prefix)
                and (prefix or not entry.name.startswith("."))
                and entry.name.isprintable()
            ]
    except (OSError, ValueError):
        return None
    return typed.removesuffix(prefix) + min(names) if names else None
