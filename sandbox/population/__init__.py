"""A made-up but consistent population: people and companies, their partners, their life."""

from sandbox.population import ledger
from sandbox.population.people import Population

__all__ = ["Population", "ledger"]
