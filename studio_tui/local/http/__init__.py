"""The REST API, the log websocket, and the pages of jobs."""
