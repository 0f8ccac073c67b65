"""Where events are delivered, and what becomes of them, on the graph."""
