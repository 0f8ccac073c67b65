"""Customers' grants at partners: the pages they come through, and what the worker does about them later."""
