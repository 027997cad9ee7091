"""The data directory of the local Studio, its team and its clusters."""
