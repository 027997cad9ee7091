"""Addresses of jobs' pages: each holds a key for that one job, which ends with the server."""

import hashlib
import hmac
import secrets

FOLDER = "/jobs"
"""Below it lie the pages; all else of the server needs the token."""


class PageKeys:
    """Makes and checks the keys. None of them is the token, nor leads to it or to another job."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._base = ""

    def serve_at(self, base: str) -> None:
        """Take where the server is: scheme, host and port."""
        self._base = base

    def url(self, job_id: str) -> str:
        """Return the address of a job's page."""
        return f"{self._base}{FOLDER}/{job_id}/{self._key(job_id)}/"

    def opens(self, job_id: str, key: str) -> bool:
        """Whether a key is the one of a job."""
        return hmac.compare_digest(key.encode("utf-8", "replace"), self._key(job_id).encode())

    def _key(self, job_id: str) -> str:
        return hmac.new(self._secret, job_id.encode(), hashlib.sha256).hexdigest()[:40]
