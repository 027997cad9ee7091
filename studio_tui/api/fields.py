"""The types of fields of the REST document's schemas, and the bases of what is received and sent.

What Studio sends is read forgivingly: a field that cannot be read becomes `None` and is named in
`unreadable`. What is sent to Studio is strict. All text of what Studio sends is safe to draw,
except `Verbatim` and secrets.
"""

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
    model_validator,
)

from studio_tui.api.messages import message_block, message_line
from studio_tui.text import Verbatim, safe_block, safe_line

_LONGEST_SHARED = 4096
"""Characters of a text that equal ones share."""


def _aware(value: datetime) -> datetime:
    """Read a naive time as UTC; all times in UTC share one time zone, which saves memory."""
    return value if value.utcoffset() else value.replace(tzinfo=UTC)


def _upper_line(value: str) -> str:
    return sys.intern(safe_line(value).upper())


def _texts(value: object) -> object:
    """Let environment values be numbers, as some servers send them."""
    if isinstance(value, Mapping):
        return {safe_line(str(k)): "" if v is None else str(v) for k, v in value.items()}
    return value


def _measured(value: object) -> object:
    """Let metrics be anything: numbers as they are written, all else as JSON."""
    if not isinstance(value, Mapping):
        return value
    texts = {key: v if isinstance(v, str) else json.dumps(v) for key, v in value.items()}
    return {safe_line(str(key)): safe_line(text) for key, text in texts.items()}


@lru_cache(maxsize=1024)
def _shared(text: Verbatim) -> Verbatim:
    return text


def _kept_once(text: Verbatim) -> Verbatim:
    """Return the one object for a text: jobs are run again and again. Long texts are not kept."""
    return _shared(text) if len(text.text) <= _LONGEST_SHARED else text


Line = Annotated[str, AfterValidator(safe_line)]
"""One line, safe to draw."""

Block = Annotated[str, AfterValidator(safe_block)]
"""Many lines, safe to draw."""

MessageLine = Annotated[str, AfterValidator(message_line)]
"""One line that Studio says, safe to draw and without secrets."""

Message = Annotated[str, AfterValidator(message_block)]
"""Many lines that Studio says, safe to draw and without secrets."""

Word = Annotated[str, AfterValidator(_upper_line)]
"""An upper-case word of Studio's, kept even when it is not known here."""

Moment = Annotated[datetime, AfterValidator(_aware)]
"""An aware time; may be as extreme as year 1 or 9999."""

Source = Annotated[Verbatim, AfterValidator(_kept_once)]
"""Text to be sent back as it came, such as a query."""

Environment = Annotated[dict[str, SecretStr], BeforeValidator(_texts)]
"""Names and values; values are secret until asked for."""

Metrics = Annotated[dict[str, str], BeforeValidator(_measured)]
"""Names and values, as lines that are safe to draw."""


_NO_FIELDS: set[str] = set()


class Received(BaseModel):
    """Base of what Studio sends: frozen, forgiving, and honest about what it could not read."""

    # Built when first used: a dashboard that shows jobs need not wait for pipelines.
    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )

    unreadable: Annotated[tuple[str, ...], Field(exclude=True, init=False)] = ()
    """Names of fields that Studio sent in a form that cannot be read; they are `None` here."""

    @model_validator(mode="wrap")
    @classmethod
    def _forgive(cls, data: Any, read: ValidatorFunctionWrapHandler) -> Self:
        model: Self
        try:
            model = read(data)
        except ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            bad = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
            rest = {key: value for key, value in data.items() if key not in bad}
            model = read(rest).model_copy(update={"unreadable": tuple(sorted(bad))})
        # Which fields were sent is never asked, and takes 2 KB a job: a third of it.
        object.__setattr__(model, "__pydantic_fields_set__", _NO_FIELDS)
        return model


Texts = Annotated[tuple[str, ...], Field(fail_fast=True)]
"""Of a list of many wrong things the first is told."""


class Sent(BaseModel):
    """Base of what is sent to Studio and of what the local Studio accepts: strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
