"""A Square seller: a customer directory and a loyalty programme over the population.

Served below :data:`BASE_PATH`: the searches and batches of Customers and Loyalty, version 2025-08-20.
"""

from __future__ import annotations

from sandbox.partners.loyalty.application import BASE_PATH, CREDENTIALS, app

__all__ = ["BASE_PATH", "CREDENTIALS", "app"]
