"""Checks whether a widget has handled all of its messages; see docs/upstream/idle-pump.md."""

import asyncio
from collections.abc import Callable, Sequence, Sized

from textual._queue import Queue
from textual.message import Message
from textual.message_pump import MessagePump
from textual.messages import Prompt


def is_idle(pump: MessagePump) -> bool:
    """Return whether a message pump has no message and waits for the next; False if unknown."""
    queue: Queue[Message | None] = pump._message_queue
    return queue.empty() and _is_awaited(queue)


def would_handle_next(pump: MessagePump) -> bool:
    """Return whether a message posted now would be the next to be handled; False if unknown.

    Textual's `Prompt`, which only wakes a widget, does not count.
    """
    queue: Queue[Message | None] = pump._message_queue
    return _is_awaited(queue) and all(type(message) is Prompt for message in queue.values)


def _is_awaited(queue: Queue[Message | None]) -> bool:
    waiters: Sized = getattr(queue.ready_event, "_waiters", ())
    return len(waiters) > 0


def call_when_idle(
    pumps: Sequence[MessagePump], turns: int, idle: Callable[[], object], busy: Callable[[], object]
) -> None:
    """Call `idle` once all pumps have been idle for `turns` turns of the event loop.

    In these turns, tasks that a message has started may post messages. As soon as a pump is not
    idle, call `busy` instead.
    """
    if not all(map(is_idle, pumps)):
        busy()
    elif turns:
        asyncio.get_running_loop().call_soon(call_when_idle, pumps, turns - 1, idle, busy)
    else:
        idle()
