"""studio-tui: a terminal dashboard for DataChain Studio that includes a local Studio."""

__version__ = "0.1.0"
