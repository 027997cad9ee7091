"""Why a program failed, in the words that it printed; of the standard library alone."""
