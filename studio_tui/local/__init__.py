"""The local Studio: the same wire on this machine, with no account."""
