"""Segments from the command line and the worker: definitions in and out, counts of the population."""
