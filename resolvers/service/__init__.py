"""The pure rules of what the hub's own people keep of customers."""
