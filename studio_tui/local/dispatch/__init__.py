"""Decides which job runs next: the dispatcher for the queue, the scheduler for schedules."""
