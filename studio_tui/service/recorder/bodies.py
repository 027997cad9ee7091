"""The bodies of recorded items: JSON values of their fields, without secrets.

They lack the queries, requirements, repositories, URLs and environments of jobs. In other texts,
what looks like a secret is redacted.
"""

import json
import logging
import re
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import ValidationError

from studio_tui.api.fields import Received
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.redaction import without_secrets

R = TypeVar("R", bound=Received)

JOB, PIPELINE = "job", "pipeline"
MODELS: dict[str, type[Received]] = {JOB: Job, PIPELINE: Pipeline}

_NOT_RECORDED = {"query", "requirements", "repository", "environment", "url"}
_KEYS_WITHOUT_TEXT = re.compile(
    r"(?:id|.*_ids?|attempts|status|query_type|team|.*_at|scheduled_for)\Z"
)
"""Keys whose values are ids, times, Studio's words or a team; they are not redacted."""
_LENGTH_TO_COMPRESS = 1024

_log = logging.getLogger(__name__)


def body_of(model: Job | Pipeline | Cluster) -> dict[str, Any]:
    excluded = _NOT_RECORDED if isinstance(model, Job) else None
    body = model.model_dump(mode="json", exclude=excluded, exclude_none=True)
    safe: dict[str, Any] = safe_values(body)
    return safe


def safe_values(value: Any) -> Any:
    """Return a JSON value with everything redacted that looks like a secret."""
    match value:
        case str():
            return without_secrets(value)
        case dict():
            return {
                key: each if _KEYS_WITHOUT_TEXT.match(key) else _redact_by_name(key, each)
                for key, each in value.items()
            }
        case list():
            return [safe_values(each) for each in value]
        case _:
            return value


def _redact_by_name(name: str, value: Any) -> Any:
    """Return a redacted value; the name counts, so that any text of `DB_PASSWORD` is redacted."""
    if isinstance(value, list):
        return [_redact_by_name(name, each) for each in value]
    if not isinstance(value, str):
        return safe_values(value)
    prefix = f"{name}="
    redacted = without_secrets(f"{prefix}{value}")
    return redacted.removeprefix(prefix) if redacted.startswith(prefix) else without_secrets(value)


def pack(value: Any) -> bytes:
    """Return a JSON value as bytes, which are equal for equal values."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    plain = text.encode("utf-8", "replace")
    return plain if len(plain) < _LENGTH_TO_COMPRESS else zlib.compress(plain, 1)


def unpack(packed: bytes) -> Any:
    """Return the JSON value of bytes from `pack`; raise `ValueError` for other bytes."""
    # JSON never begins with the first byte of zlib data, 0x78, which is an "x".
    try:
        return json.loads(zlib.decompress(packed) if packed[:1] == b"\x78" else packed)
    except (zlib.error, TypeError) as error:
        raise ValueError("The recorded data cannot be read.") from error


def model_of(kind: type[R], body: Any) -> R | None:
    """Return the item with this body; `None` if it is invalid."""
    try:
        return kind.model_validate(body)
    except ValidationError:
        _log.warning("What was recorded of a %s cannot be read", kind.__name__)
        return None


def models_of(kind: type[R], packed: Iterable[bytes]) -> Sequence[R]:
    """Return the items with these packed bodies that can be read."""
    models = (model_of(kind, _unpack_if_possible(each)) for each in packed)
    return [model for model in models if model is not None]


def _unpack_if_possible(packed: bytes) -> Any:
    with suppress(ValueError):
        return unpack(packed)
