"""The local Studio: a server on this machine with the same API, which needs no account."""
