"""Polling Studio: when requests are sent, the latest answers and their age."""
