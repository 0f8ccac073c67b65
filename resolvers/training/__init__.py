"""Fitting and judging the models, over files and whole populations. Nothing that serves requests comes here.

Features are Ibis expressions, which DuckDB runs on one machine; what is left to do in Python is small.
"""
