"""Triggers pipelines, so that no request creates two pipelines.

If no clear answer arrives, the list of pipelines is searched for a new one with the same datasets.
If the search finds none, or several, the user decides whether the request is sent again, with the
same idempotency key.
"""

import asyncio
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.models import Pipeline
from studio_tui.errors import OutcomeUnknown, StudioError
from studio_tui.service.commands.create_job import SKEW
from studio_tui.service.commands.retries import KEY_LIFETIME, send_with_retries
from studio_tui.service.polling.pipelines_feed import PAGE

_LOOKS = (0.0, 4.0)
"""Seconds to wait before each search of the list."""


@dataclass(frozen=True, slots=True)
class TriggerRequest:
    datasets: tuple[str, ...]
    environment: str | None = field(default=None, repr=False)
    """Lines of `NAME=VALUE`."""
    review: bool = True
    """Whether the pipeline starts paused."""
    only: bool = False
    """Whether only `datasets` are rebuilt, and not the datasets that they are made from."""


@dataclass(frozen=True, slots=True)
class Triggered:
    """The request created this pipeline."""

    pipeline: Pipeline
    is_guess: bool = False
    """Whether the pipeline was recognized by its datasets and its age."""


@dataclass(frozen=True, slots=True)
class UnconfirmedPipeline:
    """It is unknown whether the request created a pipeline, so the user is asked."""

    request: TriggerRequest
    why: StudioError
    """Why there is no clear answer, or why the list could not be read before sending again."""
    key: str
    sent_at: datetime
    before: frozenset[str]
    """Ids of the pipelines that were known before the request."""


class PipelineTrigger:
    def __init__(self, client: StudioClient) -> None:
        self._client = client
        self._unconfirmed: dict[TriggerRequest, tuple[UnconfirmedPipeline, datetime]] = {}
        """Requests whose outcome stayed unknown, and when each was last found to be unknown."""

    async def trigger(
        self, request: TriggerRequest, before: Collection[str]
    ) -> Triggered | UnconfirmedPipeline:
        """Trigger a pipeline; `before` are the ids of the pipelines that are known already.

        If the outcome of an equal request became unknown less than `KEY_LIFETIME` seconds ago, that
        request is sent again, as by `send_again`.

        Raises:
            StudioError: no pipeline was created.
        """
        earlier, unknown_since = self._unconfirmed.pop(request, (None, clock.now()))
        if earlier is not None and clock.now() - unknown_since < timedelta(seconds=KEY_LIFETIME):
            return await self.send_again(earlier)
        new = UnconfirmedPipeline(
            request, OutcomeUnknown(""), uuid.uuid4().hex, clock.now(), frozenset(before)
        )
        return await self._send_or_search(new, may_exist=False)

    async def send_again(self, unconfirmed: UnconfirmedPipeline) -> Triggered | UnconfirmedPipeline:
        """Send a request again, under the same key, if its pipeline is still not in the list."""
        try:
            triggered = await self._search_once(unconfirmed)
        except StudioError as error:
            return self._keep(replace(unconfirmed, why=error))
        return triggered or await self._send_or_search(unconfirmed, may_exist=True)

    async def _send_or_search(
        self, unconfirmed: UnconfirmedPipeline, *, may_exist: bool
    ) -> Triggered | UnconfirmedPipeline:
        """Send a request; search for its pipeline if it is unknown whether there is one.

        `may_exist` is whether an earlier attempt may have created the pipeline.
        """
        request = unconfirmed.request
        try:
            pipeline = await send_with_retries(
                lambda: self._client.trigger_pipeline(
                    request.datasets,
                    environment=request.environment,
                    review=request.review,
                    only=request.only,
                    idempotency_key=unconfirmed.key,
                )
            )
        except StudioError as error:
            if not may_exist and not isinstance(error, OutcomeUnknown):
                raise
            return await self._search(replace(unconfirmed, why=error))
        return Triggered(pipeline)

    async def _search(self, unconfirmed: UnconfirmedPipeline) -> Triggered | UnconfirmedPipeline:
        for rest in _LOOKS:
            await asyncio.sleep(rest)
            try:
                triggered = await self._search_once(unconfirmed)
            except StudioError:
                continue
            if triggered is not None:
                return triggered
        return self._keep(unconfirmed)

    def _keep(self, unconfirmed: UnconfirmedPipeline) -> UnconfirmedPipeline:
        self._unconfirmed[unconfirmed.request] = unconfirmed, clock.now()
        return unconfirmed

    async def _search_once(self, unconfirmed: UnconfirmedPipeline) -> Triggered | None:
        page = await self._client.pipelines(limit=PAGE)
        likely = [pipeline for pipeline in page.items if _resembles(pipeline, unconfirmed)]
        return Triggered(likely[0], is_guess=True) if len(likely) == 1 else None


def _resembles(pipeline: Pipeline, unconfirmed: UnconfirmedPipeline) -> bool:
    """Whether a pipeline is new and has the requested datasets.

    It is not documented how Studio writes several datasets into `triggered_from`. So the pipeline
    matches if this field contains the bare name of each dataset.
    """
    target = pipeline.triggered_from
    if pipeline.pipeline_id in unconfirmed.before or target is None:
        return False
    if pipeline.created_at is None or pipeline.created_at < unconfirmed.sent_at - SKEW:
        return False
    return all(bare_name(dataset) in target for dataset in unconfirmed.request.datasets)


def bare_name(dataset: str) -> str:
    """Return the name without namespace, project and version: `cats` of `lab.pets.cats@v1.0.0`."""
    qualified_name = dataset.rpartition("@")[0] or dataset
    return qualified_name.rpartition(".")[2]
