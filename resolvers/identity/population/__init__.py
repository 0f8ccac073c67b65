"""Who is the same person, over the whole population: files in, clusters and weights out.

The only package that imports Splink and PyArrow; nothing that serves requests imports it.
"""
