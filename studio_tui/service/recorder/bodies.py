"""The recorded part of a job, a pipeline or a list: the fields that screens show, and no secret.

Never recorded are queries, requirements, repositories, the values of environments, and the URLs of
jobs, which may hold a key. In all other text, what looks like a secret is redacted.
"""

import json
import logging
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from studio_tui.api.fields import Received
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.redaction import without_secrets

R = TypeVar("R", bound=Received)

JOB, PIPELINE = "job", "pipeline"
MODELS: dict[str, type[Received]] = {JOB: Job, PIPELINE: Pipeline}
"""Model by kind of recorded item."""

ENVIRONMENT_NAMES = "environment_names"
"""Key for the names of a job's variables, whose values are not recorded."""

_NEVER = {"query", "requirements", "repository", "environment", "url"}
_PLAIN = re.compile(r"(?:id|.*_ids?|attempts|status|query_type|team|.*_at|.*_for)\Z")
"""Keys whose values are ids, Studio's words or times, not text that people write."""
_WORTH_PACKING = 1024
"""Length in characters from which text is compressed."""

_log = logging.getLogger(__name__)


def body_of(model: Job | Pipeline | Cluster) -> dict[str, Any]:
    """Return the recorded JSON values of an item."""
    body = model.model_dump(
        mode="json", exclude=_NEVER if isinstance(model, Job) else None, exclude_none=True
    )
    if isinstance(model, Job) and model.environment:
        body[ENVIRONMENT_NAMES] = sorted(model.environment)
    safe: dict[str, Any] = safe_values(body)
    return safe


def safe_values(value: Any) -> Any:
    """Return a JSON value with everything redacted that looks like a secret."""
    match value:
        case str():
            return without_secrets(value)
        case dict():
            return {
                key: each if _PLAIN.match(key) else _named(key, each) for key, each in value.items()
            }
        case list():
            return [safe_values(each) for each in value]
        case _:
            return value


def _named(name: str, value: Any) -> Any:
    """Return a value, also redacted by its name: `DB_PASSWORD: x` is secret due to the name."""
    if not isinstance(value, str):
        return safe_values(value)
    sign = f"{name}="
    redacted = without_secrets(f"{sign}{value}")
    return redacted.removeprefix(sign) if redacted.startswith(sign) else without_secrets(value)


def pack(value: Any) -> bytes:
    """Return JSON values as bytes; equal values give equal bytes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    plain = text.encode("utf-8", "replace")
    return plain if len(plain) < _WORTH_PACKING else zlib.compress(plain, 1)


def unpack(packed: bytes) -> Any:
    """Return the packed values.

    Raises:
        ValueError: the bytes are not packed JSON.
    """
    # JSON never begins with the first byte of zlib data.
    try:
        return json.loads(zlib.decompress(packed) if packed[:1] == b"\x78" else packed)
    except (zlib.error, TypeError) as error:
        raise ValueError("The recorded data cannot be read.") from error


def model_of(kind: type[R], body: Any) -> R | None:
    """Return the recorded item; `None`, with a log message, if it is invalid."""
    try:
        return kind.model_validate(body)
    except ValidationError:
        _log.warning("What was recorded of a %s cannot be read", kind.__name__)
        return None


def models_of(kind: type[R], packed: Iterable[bytes]) -> Sequence[R]:
    """Return the recorded items, without those that cannot be read."""
    models = []
    for each in packed:
        try:
            model = model_of(kind, unpack(each))
        except ValueError:
            _log.warning("What was recorded of a %s cannot be read", kind.__name__)
            continue
        if model is not None:
            models.append(model)
    return models
