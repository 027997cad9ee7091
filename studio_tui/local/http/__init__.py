"""The REST API and the log websocket."""
