"""studio-tui: a terminal dashboard for DataChain Studio, with a local Studio inside."""

__version__ = "0.1.0"
