"""Jobs as rows and facts, their states, filters, and the header of their logs."""
