"""What the hub's own people keep of customers, as objects of the graph."""
