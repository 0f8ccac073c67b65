"""Consents, objections, and what follows from them, as the graph shows and changes them."""
