"""Triggers pipelines so that one request never makes two.

A request is sent once. If no clear answer arrives, the list of pipelines is searched for a new one
with the same datasets. If that is inconclusive, the user is asked before the request is sent again,
under the same idempotency key.
"""

import asyncio
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.models import Pipeline
from studio_tui.errors import OutcomeUnknown, StudioError
from studio_tui.service.commands.attempts import send_with_retries
from studio_tui.service.commands.create_job import SKEW
from studio_tui.service.polling.pipelines_feed import PAGE

_LOOKS = (0.0, 4.0)
"""Seconds before each search of the list for a pipeline."""


@dataclass(frozen=True, slots=True)
class TriggerRequest:
    """A request to trigger a pipeline."""

    datasets: tuple[str, ...]
    environment: str | None = field(default=None, repr=False)
    """Lines of `NAME=VALUE`."""
    review: bool = True
    """Whether the pipeline starts paused."""
    only: bool = False
    """Whether the datasets' own sources are left as they are."""


@dataclass(frozen=True, slots=True)
class Triggered:
    """The request made exactly this pipeline."""

    pipeline: Pipeline
    is_guess: bool = False
    """Whether it was found in the list and is only a likely match."""


@dataclass(frozen=True, slots=True)
class UnconfirmedPipeline:
    """It is unknown whether the request made a pipeline, so the user is asked."""

    request: TriggerRequest
    why: StudioError
    key: str
    sent_at: datetime
    before: frozenset[str]
    """Ids of pipelines that were known before the request."""


class PipelineTrigger:
    """Triggers pipelines for one team."""

    def __init__(
        self,
        client: StudioClient,
        changed: Callable[[], None] = lambda: None,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Initialise; `changed` is called when there may be another pipeline."""
        self._client = client
        self._changed = changed
        self._now = now

    async def trigger(
        self, request: TriggerRequest, before: Collection[str]
    ) -> Triggered | UnconfirmedPipeline:
        """Trigger a pipeline; `before` are the ids of the known pipelines.

        Raises:
            StudioError: Studio refused, or the request did not arrive; there is no pipeline.
        """
        return await self._make(
            UnconfirmedPipeline(
                request, OutcomeUnknown(""), uuid.uuid4().hex, self._now(), frozenset(before)
            )
        )

    async def send_again(self, unconfirmed: UnconfirmedPipeline) -> Triggered | UnconfirmedPipeline:
        """Send a request again, under the same key, if its pipeline is still not in the list.

        Raises:
            StudioError: Studio refused the repeated request.
        """
        try:
            found = await self._seek(unconfirmed)
        except StudioError as error:
            return replace(unconfirmed, why=error)
        return found or await self._make(unconfirmed)

    async def _make(self, sent: UnconfirmedPipeline) -> Triggered | UnconfirmedPipeline:
        try:
            try:
                return Triggered(await self._send(sent))
            except OutcomeUnknown as error:
                return await self._look_up(replace(sent, why=error))
        finally:
            self._changed()

    async def _send(self, sent: UnconfirmedPipeline) -> Pipeline:
        """Send a request; retry only if it cannot have arrived."""
        return await send_with_retries(
            lambda: self._client.trigger_pipeline(
                sent.request.datasets,
                environment=sent.request.environment,
                review=sent.request.review,
                **({"only": True} if sent.request.only else {}),
                idempotency_key=sent.key,
            )
        )

    async def _look_up(self, sent: UnconfirmedPipeline) -> Triggered | UnconfirmedPipeline:
        for rest in _LOOKS:
            await asyncio.sleep(rest)
            try:
                pipeline = await self._seek(sent)
            except StudioError:
                continue
            if pipeline is not None:
                return pipeline
        return sent

    async def _seek(self, sent: UnconfirmedPipeline) -> Triggered | None:
        """Return the only pipeline in the list that is a likely match."""
        page = await self._client.pipelines(limit=PAGE)
        likely = [pipeline for pipeline in page.items if _resembles(pipeline, sent)]
        return Triggered(likely[0], is_guess=True) if len(likely) == 1 else None


def _resembles(pipeline: Pipeline, sent: UnconfirmedPipeline) -> bool:
    """Whether a pipeline is new and has the requested datasets.

    How Studio writes several datasets into `triggered_from` is not documented, so it is searched
    for the bare name of each.
    """
    if pipeline.pipeline_id in sent.before or pipeline.triggered_from is None:
        return False
    if pipeline.created_at is None or pipeline.created_at < sent.sent_at - SKEW:
        return False
    return all(bare_name(dataset) in pipeline.triggered_from for dataset in sent.request.datasets)


def bare_name(dataset: str) -> str:
    """Return the name of a dataset without namespace, project and version."""
    whole, _, version = dataset.rpartition("@")
    return (whole or version).rpartition(".")[2]
