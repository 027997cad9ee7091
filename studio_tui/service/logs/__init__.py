"""Reading logs: from several sources, with reconnections, each line once and in order."""
