"""The sandbox's vehicle rental: a transport operator that speaks TOMP-API 1.6.1.

Serves at the root: the connector's base URL is the address of the application itself.
"""

from sandbox.partners.rental.application import CREDENTIALS, app

__all__ = ["CREDENTIALS", "app"]
