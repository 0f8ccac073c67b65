"""Segments: customers told apart by value, risk and where they stand, and what a company does about each."""
