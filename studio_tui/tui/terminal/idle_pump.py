"""Tells whether a widget has handled all of its messages; see docs/upstream/idle-pump.md."""

from collections.abc import Sized

from textual._queue import Queue
from textual.message import Message
from textual.message_pump import MessagePump


def is_idle(pump: MessagePump) -> bool:
    """Return whether a message pump waits for messages and has none; False if that is unknown."""
    queue: Queue[Message | None] = pump._message_queue
    waiters: Sized = getattr(queue.ready_event, "_waiters", ())
    return queue.empty() and len(waiters) > 0
