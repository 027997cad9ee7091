"""Drawing of a graph: layers, columns, edges and boxes as characters."""
