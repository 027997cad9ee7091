"""Deciding which job runs next: the dispatcher and the scheduler."""
