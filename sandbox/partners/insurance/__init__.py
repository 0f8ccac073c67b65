"""An insurer that speaks Open Insurance Brasil, over the sandbox's population.

Served: personal and business identifications; the lists, details, premiums and claims of motor,
person and housing policies; consents. A customer's token belongs to a consent with its permissions:
no or an unknown token, and one whose consent was revoked or ran out, is a 401; one without the
permission a 403.

Every presence of the population holds a consent to everything from the start. A consent made through
the API waits for its customer; ``POST /_sandbox/consents`` (``{"consentId": …}``) is the customer
saying yes on the insurer's pages, and answers with the token.
"""

from sandbox.partners.insurance.application import BASE_PATH, CREDENTIALS, app
from sandbox.partners.insurance.consents import CLIENT_TOKEN

__all__ = ["BASE_PATH", "CLIENT_TOKEN", "CREDENTIALS", "app"]
