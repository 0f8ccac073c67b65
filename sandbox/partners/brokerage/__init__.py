"""The sandbox's custodian: a bank that speaks OpenWealth Custody Services 3.2.0.

Serves at the root: the connector's base URL is the address of the application itself.
"""

from sandbox.partners.brokerage.application import CREDENTIALS, app

__all__ = ["CREDENTIALS", "app"]
