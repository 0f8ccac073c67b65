"""A hotel group on Cloudbeds: guests, reservations and notes over the population.

Served below :data:`BASE_PATH`: the operations of PMS v1.3 that read guests, hotels and reservations.
"""

from __future__ import annotations

from sandbox.partners.hotel.application import BASE_PATH, CREDENTIALS, PACE, app

__all__ = ["BASE_PATH", "CREDENTIALS", "PACE", "app"]
