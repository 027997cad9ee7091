"""URLs of jobs' pages: each contains a key for that one job, valid until the server ends."""

import hashlib
import hmac
import secrets

PAGES_PATH = "/jobs"
"""The pages are below this path; requests for all other paths need the token."""


class PageKeys:
    """Creates and checks the keys, which reveal neither the token nor each other."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._base = ""

    def set_base_url(self, base: str) -> None:
        """Set the server's base URL."""
        self._base = base

    def url(self, job_id: str) -> str:
        """Return the URL of a job's page."""
        return f"{self._base}{PAGES_PATH}/{job_id}/{self._key(job_id)}/"

    def is_valid(self, job_id: str, key: str) -> bool:
        """Whether a key is valid for a job."""
        return hmac.compare_digest(key.encode("utf-8", "replace"), self._key(job_id).encode())

    def _key(self, job_id: str) -> str:
        return hmac.new(self._secret, job_id.encode(), hashlib.sha256).hexdigest()[:40]
