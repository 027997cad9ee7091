"""Schedules as rows, cron rules in words, and start times."""
