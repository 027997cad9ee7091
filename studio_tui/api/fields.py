"""Field types of the REST document's schemas, and base classes of received and sent models."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    model_validator,
)

from studio_tui.api.messages import message_block, message_line
from studio_tui.text import Verbatim, safe_line

_LONGEST_SHARED = 4096
"""Maximum characters of a text that is stored only once for all jobs that have it."""


def _as_aware(value: datetime) -> datetime:
    """Interpret a naive time as UTC. All UTC times share one tzinfo object, which saves memory."""
    # The offset is `None` for a naive time, and zero for UTC.
    return value if value.utcoffset() else value.replace(tzinfo=UTC)


def _upper_line(value: str) -> str:
    return sys.intern(safe_line(value).upper())


def _as_texts(value: object) -> object:
    """Convert the names and values of variables to texts, as some servers send numbers."""
    if isinstance(value, Mapping):
        return {
            safe_line(str(name)): "" if text is None else str(text) for name, text in value.items()
        }
    return value


def _metrics_as_texts(value: object) -> object:
    """Convert metrics of any type to text: strings unchanged, everything else as JSON."""
    if not isinstance(value, Mapping):
        return value
    return {
        safe_line(str(name)): safe_line(metric if isinstance(metric, str) else json.dumps(metric))
        for name, metric in value.items()
    }


@lru_cache(maxsize=1024)
def _share(text: Verbatim) -> Verbatim:
    return text


def _deduplicate(text: Verbatim) -> Verbatim:
    return _share(text) if len(text.text) <= _LONGEST_SHARED else text


Line = Annotated[str, AfterValidator(safe_line)]

MessageLine = Annotated[str, AfterValidator(message_line)]
"""One line of a message from Studio, safe to draw, with secrets redacted."""

Message = Annotated[str, AfterValidator(message_block)]
"""A message of any number of lines from Studio, safe to draw, with secrets redacted."""

Word = Annotated[str, AfterValidator(_upper_line)]
"""An upper-case enum value from Studio, kept even if it is unknown here."""

Moment = Annotated[datetime, AfterValidator(_as_aware)]
"""A time-zone-aware time, from year 1 to 9999."""

Source = Annotated[Verbatim, AfterValidator(_deduplicate)]
"""Text to be sent back unchanged, such as a query."""

Environment = Annotated[
    dict[str, SecretStr],
    BeforeValidator(_as_texts),
    # The JSON schema of a `SecretStr` would say that values are only sent, never returned.
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}}),
]

Metrics = Annotated[
    dict[str, str], BeforeValidator(_metrics_as_texts), WithJsonSchema({"type": "object"})
]
"""Names and values, each as a line that is safe to draw."""


_NO_FIELDS: set[str] = set()
"""Shared by all received models, as their set of received fields."""


class Received(BaseModel):
    """Base of received models: frozen and lenient.

    An optional field that cannot be parsed has its default. A required one makes the model invalid.
    """

    # Schemas are built on first use, so that jobs are shown before the schemas of pipelines exist.
    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )

    unreadable: Annotated[tuple[str, ...], Field(exclude=True, init=False)] = ()
    """Names of received fields that could not be parsed."""

    @model_validator(mode="wrap")
    @classmethod
    def _read_leniently(cls, data: Any, read: ValidatorFunctionWrapHandler) -> Self:
        model: Self
        try:
            model = read(data)
        except ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            bad = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
            readable = {key: value for key, value in data.items() if key not in bad}
            model = read(readable).model_copy(update={"unreadable": tuple(sorted(bad))})
        # pydantic's set of received fields is not used, and takes 2 KB, a third of a job's size.
        object.__setattr__(model, "__pydantic_fields_set__", _NO_FIELDS)
        return model


Texts = Annotated[tuple[str, ...], Field(fail_fast=True)]
"""A list of texts; its validation stops at the first invalid one."""


class Sent(BaseModel):
    """Base of models sent to Studio and accepted by the local Studio; rejects unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
