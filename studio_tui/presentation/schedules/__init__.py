"""Schedules as table rows, cron expressions in words, and start times."""
