"""The bytes of a log as they are on disk."""

import os

from studio_tui.service.logs.store.log_store import LogStore


def stored_bytes(store: LogStore) -> bytes:
    """Return all bytes of the file of a log, also those beyond the size of the store."""
    spool = store._spool
    return os.pread(spool._descriptor, spool.size + 1, 0)
