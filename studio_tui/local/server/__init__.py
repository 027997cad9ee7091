"""The server as a process: command line, endpoint, start and stop."""
