"""Actions at partners as objects of the graph."""
