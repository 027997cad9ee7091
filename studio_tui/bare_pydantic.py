"""Leaves out the search of pydantic for plug-ins in all installed packages; none are used here.

It imports `importlib.metadata` even if the search is disabled, which takes 5 ms and 1 MB with what
it imports in turn. `tests/test_bare_pydantic.py` checks that models are built without it.
"""

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_METADATA = "importlib.metadata"


class _Late(ModuleType):
    """A package that is imported when something of it is first used."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name)
        self.__path__ = [path]

    def __getattr__(self, name: str) -> Any:
        if name == "__file__":  # `inspect` looks for it in every module
            raise AttributeError(name)
        if name == "entry_points":  # pydantic imports it, but does not call it
            return self._call_entry_points
        return getattr(self._loaded(), name)

    def _call_entry_points(self, **chosen: Any) -> Any:
        return self._loaded().entry_points(**chosen)

    def _loaded(self) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return importlib.import_module(self.__name__)


def leave_out_plugins() -> None:
    """Let pydantic be imported without plug-ins; call before its first import."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if _METADATA not in sys.modules:
        path = str(Path(importlib.__file__).with_name("metadata"))
        sys.modules[_METADATA] = _Late(_METADATA, path)
