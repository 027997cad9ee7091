"""What all lists share: columns, order, and the terms of a filter."""
