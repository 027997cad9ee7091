"""Jobs as table rows and facts, their states, filters, and log headers."""
